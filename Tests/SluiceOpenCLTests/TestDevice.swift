import Foundation
import SluiceCompute

@testable import SluiceOpenCL

/// The OpenCL device that tests run on.
enum TestDevice {
  static let options: OpenCLOptions = {
    var options = OpenCLOptions.fromEnvironment
    options.localMemoryLimit = 48 << 10
    return options
  }()

  /// `SLUICE_REQUIRE_OPENCL=1` makes tests fail where they would be left out.
  static let exists: Bool =
    ProcessInfo.processInfo.environment["SLUICE_REQUIRE_OPENCL"] == "1"
    || OpenCLDevice.all(options).preferred != nil

  static func open(_ options: OpenCLOptions = options) throws -> OpenCLBackend {
    let backend = try OpenCLBackend(id: "opencl", options: options)
    // Whatever has been tuned on this machine.
    backend.tuning = nil
    backend.kernelChoices = KernelChoices()
    return backend
  }
}
