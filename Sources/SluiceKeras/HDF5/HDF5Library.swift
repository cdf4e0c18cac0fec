import CHDF5
import SluicePlatform
import Synchronization

/// The HDF5 library of this machine, found at run time.
///
/// `SLUICE_HDF5_LIBRARY` names another file to load instead of the usual ones.
package struct HDF5Library: @unchecked Sendable {
  let functions: HDF5Functions

  /// Debian's and Ubuntu's names of the versions 1.10 to 1.14, then everybody else's.
  static let names: [String] =
    ["103", "200", "310", "320"].map { "libhdf5_serial.so.\($0)" }
    + ["103", "200", "310", "320"].map { "libhdf5.so.\($0)" }
    + ["libhdf5_serial.so", "libhdf5.so", "libhdf5.dylib"]

  /// The library of this process, loaded once and never let go of; or why there is none.
  private static let shared: Result<HDF5Library, KerasError> = {
    if let path = getenv("SLUICE_HDF5_LIBRARY"), path.pointee != 0 {
      return load([String(cString: path)])
    }
    return load(names)
  }()

  /// It keeps its state in globals: one at a time.
  private static let lock = Mutex(())

  /// Why it is not here; nil where it is.
  package static var problem: KerasError? {
    if case .failure(let error) = shared { error } else { nil }
  }

  /// Runs `body`, which reads a file, and lets a crash of libhdf5 end the process with status 1 and an
  /// error that says that the file is damaged: on some such files it reads beyond its memory, or goes in
  /// circles, which two minutes end.
  ///
  /// For commands that read a file before they do anything else.
  ///
  /// - Parameter file: Its name.
  package static func exitingOnFailure<Result>(reading file: String, _ body: () throws -> Result)
    rethrows -> Result
  {
    let error = KerasError(file, "libhdf5 fails on it")
    // Never freed: it must stay to the end of the process.
    if let message = strdup("Error: \(error)\n") { hdf5_exit_on_failure(message, 120) }
    defer { hdf5_has_ended() }
    return try body()
  }

  /// Runs `body` with the library, which nobody else calls meanwhile.
  ///
  /// - Throws: ``KerasError`` where there is none; what `body` throws.
  static func use<Result>(_ body: (HDF5Library) throws -> Result) throws -> Result {
    let library = try shared.get()
    return try lock.withLock { _ in try body(library) }
  }

  /// Loads the first of `paths` that can be loaded.
  static func load(_ paths: [String]) -> Result<HDF5Library, KerasError> {
    var reasons: [String] = []
    for path in paths {
      // Filled as a whole by the call: null pointers until then, which nobody calls.
      let functions = UnsafeMutablePointer<HDF5Functions>.allocate(capacity: 1)
      defer { functions.deallocate() }
      guard let reason = hdf5_load(path, functions) else {
        return .success(HDF5Library(functions: functions.pointee))
      }
      reasons.append(String(cString: reason))
    }
    // A library that is there, but will not do, says more than those that are not.
    let reason =
      reasons.first { !$0.contains("cannot open shared object") } ?? reasons.first
      ?? "none is known"
    return .failure(
      KerasError(
        nil, "Keras files are HDF5, and its library libhdf5 is not here (\(reason))",
        remedy: """
          Install it: `apt install libhdf5-103-1` on Debian 12 and Ubuntu 22.04, `libhdf5-103-1t64` on \
          Ubuntu 24.04, `libhdf5-310` on Debian 13, `dnf install hdf5` on Fedora; or name the file in \
          SLUICE_HDF5_LIBRARY
          """))
  }
}
