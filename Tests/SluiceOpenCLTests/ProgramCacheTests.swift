import Foundation
import Testing

@testable import SluiceOpenCL

/// What is kept on disk is trusted only whole and only for what it was made from.
@Suite struct ProgramCacheTests {
  private let key = ProgramCache.Key(high: 0x1234, low: 0xABCD)
  private let binary: [UInt8] = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-cache-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test func keepsAndFinds() throws {
    try withFolder { folder in
      let cache = ProgramCache(folder: folder.path + "/deep/er")
      #expect(cache.binary(for: key) == nil)
      cache.keep(binary, for: key)
      #expect(cache.binary(for: key) == binary)
      #expect(cache.binary(for: ProgramCache.Key(high: 0x1234, low: 0xABCE)) == nil)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/deep/er")
      #expect(names == [key.name])
    }
  }

  @Test func distrustsWhatIsNotWhole() throws {
    try withFolder { folder in
      let cache = ProgramCache(folder: folder.path)
      cache.keep(binary, for: key)
      let file = folder.appendingPathComponent(key.name)
      let whole = try Data(contentsOf: file)
      for count in [0, 1, 47, 48, 49, whole.count - 1] {
        try whole.prefix(count).write(to: file)
        #expect(cache.binary(for: key) == nil, "cut to \(count) bytes")
      }
      try (whole + Data([0])).write(to: file)
      #expect(cache.binary(for: key) == nil, "one byte more")
      for position in [0, 9, 17, 33, 41, 48, whole.count - 1] {
        var corrupt = whole
        corrupt[position] ^= 1
        try corrupt.write(to: file)
        #expect(cache.binary(for: key) == nil, "byte \(position) changed")
      }
      // Another key's file under this name.
      let other = ProgramCache.Key(high: 1, low: 2)
      cache.keep(binary, for: other)
      try Data(contentsOf: folder.appendingPathComponent(other.name)).write(to: file)
      #expect(cache.binary(for: key) == nil)
      cache.keep(binary, for: key)
      #expect(cache.binary(for: key) == binary)
    }
  }

  @Test func doesWithoutAFolder() {
    let cache = ProgramCache(folder: "/proc/no/such/folder")
    cache.keep(binary, for: key)
    #expect(cache.binary(for: key) == nil)
  }

  /// What cannot get its name is removed again, and what has it stays as it is.
  @Test func leavesNothingHalfDone() throws {
    try withFolder { folder in
      let cache = ProgramCache(folder: folder.path)
      let place = folder.appendingPathComponent(key.name)
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      cache.keep(binary, for: key)
      #expect(cache.binary(for: key) == nil)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [key.name])
    }
  }

  /// A pipe under a program's name must not be waited for.
  @Test(.timeLimit(.minutes(1))) func readsNothingButFiles() throws {
    try withFolder { folder in
      let cache = ProgramCache(folder: folder.path)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      #expect(mkfifo(folder.appendingPathComponent(key.name).path, 0o600) == 0)
      #expect(cache.binary(for: key) == nil)
    }
  }

  @Test(.enabled(if: TestDevice.exists)) func everythingIsInTheKey() throws {
    let device = try OpenCLDevice.all(TestDevice.options).device("opencl")
    let cache = ProgramCache(folder: "/nowhere")
    let keys: Set = [
      cache.key(source: [1, 2], options: "-DA=1", device: device),
      cache.key(source: [1, 3], options: "-DA=1", device: device),
      cache.key(source: [1, 2], options: "-DA=2", device: device),
    ]
    #expect(keys.count == 3)
    #expect(keys.contains(cache.key(source: [1, 2], options: "-DA=1", device: device)))
  }

  @Test(.enabled(if: TestDevice.exists)) func driverThatRefusesABinary() throws {
    try withFolder { folder in
      let device = try OpenCLDevice.all(TestDevice.options).device("opencl")
      let session = try OpenCLSession(device)
      let cache = ProgramCache(folder: folder.path)
      let source = Array("__kernel void nothing(__global int *x) { x[0] = 1; }".utf8)
      let key = cache.key(source: source, options: "-cl-std=CL1.2", device: device)
      // Well kept, but no program of any driver.
      cache.keep(binary, for: key)
      let library = KernelLibrary(session, cache: cache)
      let program = try library.build(source, file: "nothing.cl")
      _ = session.functions.releaseProgram(program)
      let kept = try #require(cache.binary(for: key))
      #expect(kept != binary)
      let again = try library.build(source, file: "nothing.cl")
      _ = session.functions.releaseProgram(again)
    }
  }
}
