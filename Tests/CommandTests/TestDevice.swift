import Foundation
import SluicePlatform

/// The OpenCL device that the command trains on in tests.
enum TestDevice {
  static let isRequired = ProcessInfo.processInfo.environment["SLUICE_REQUIRE_OPENCL"] == "1"

  /// The first usable one; nil where there is none.
  static let id: String? = {
    guard let folder = try? Folder(),
      let devices = try? Sluice.run("devices", "--json", in: folder).json()["devices"],
      let listed = devices as? [[String: Any]]
    else { return nil }
    let usable = listed.filter { $0["usable"] as? Bool == true }
    return usable.compactMap { $0["id"] as? String }.first { $0.hasPrefix("opencl") }
  }()
}
