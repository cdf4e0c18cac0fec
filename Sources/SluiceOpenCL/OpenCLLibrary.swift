import COpenCL

import SluicePlatform

/// The OpenCL loader of this machine, found at run time.
///
/// `SLUICE_OPENCL_LIBRARY` names another file to load instead of the usual ones.
struct OpenCLLibrary: @unchecked Sendable {
  let functions: OpenCLFunctions

  /// Why there is none, in words for the user.
  struct Missing: Error {
    let reason: String
  }

  /// The library of this process, loaded once and never let go of.
  static let shared: Result<OpenCLLibrary, Missing> = {
    if let path = environment("SLUICE_OPENCL_LIBRARY") { return load([path]) }
    #if canImport(Darwin)
      return load(["/System/Library/Frameworks/OpenCL.framework/OpenCL"])
    #else
      return load(["libOpenCL.so.1", "libOpenCL.so"])
    #endif
  }()

  /// Loads the first of `paths` that can be loaded.
  static func load(_ paths: [String]) -> Result<OpenCLLibrary, Missing> {
    var reasons: [String] = []
    for path in paths {
      // Filled as a whole by the call: null pointers until then, which nobody calls.
      let functions = UnsafeMutablePointer<OpenCLFunctions>.allocate(capacity: 1)
      defer { functions.deallocate() }
      guard let reason = opencl_load(path, functions) else {
        return .success(OpenCLLibrary(functions: functions.pointee))
      }
      reasons.append(String(cString: reason))
    }
    return .failure(Missing(reason: "no OpenCL loader: \(reasons.first ?? "none is known")"))
  }
}

/// The value of an environment variable; nil where it is unset or empty.
func environment(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(cString: value)
}
