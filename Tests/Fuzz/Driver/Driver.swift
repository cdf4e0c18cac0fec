import FuzzTargets
import SluicePlatform

/// Tries a target: `fuzz TARGET FILE…` with the files' bytes; built by Tests/Fuzz/run, with libFuzzer
/// and what its own arguments say.
@main enum Driver {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let name = arguments.first,
      let target = FuzzTarget.all.first(where: { $0.name == name })
    else { return print(FuzzTarget.all.map(\.name).joined(separator: "\n")) }
    #if LIBFUZZER
      fuzz(target)
    #else
      for file in arguments.dropFirst() {
        let start = ContinuousClock.now
        let isTaken = try target.run(FileReader.bytes(of: file))
        print("\(file): \(isTaken ? "taken" : "refused"), \(ContinuousClock.now - start)")
      }
    #endif
  }
}

#if LIBFUZZER
  /// libFuzzer's loop: its own flags and folders of inputs, and what to call with each input.
  @_silgen_name("LLVMFuzzerRunDriver")
  private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<
      UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    >,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
  ) -> Int32

  /// What libFuzzer's own `main` would call, which links in with the rest.
  @_cdecl("LLVMFuzzerTestOneInput")
  public func tryInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    do {
      try Driver.target?.run([UInt8](UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
      fatalError("an error without a message of ours: \(error)")
    }
    return 0
  }

  extension Driver {
    nonisolated(unsafe) fileprivate static var target: FuzzTarget?

    fileprivate static func fuzz(_ chosen: FuzzTarget) {
      target = chosen
      var count = CommandLine.argc - 1
      var arguments = CommandLine.unsafeArgv.advanced(by: 1)
      _ = runDriver(&count, &arguments) { tryInput($0, $1) }
    }
  }
#endif
