import COpenCL
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
    untuned(try OpenCLBackend(id: "opencl", options: options))
  }

  /// The same device with a driver that neither compiles nor runs a kernel: for what is counted on the way
  /// there. All else is the driver's own.
  static func openIdle(_ options: OpenCLOptions = options) throws -> OpenCLBackend {
    // A driver that has been set up may be asked from several threads.
    _ = OpenCLDevice.all(options)
    let functions = try OpenCLLibrary.shared.get().functions.idle
    let device = try OpenCLDevice.all(functions, options).device("opencl")
    return untuned(try OpenCLBackend(device, options: options))
  }

  /// Whatever has been tuned on this machine.
  private static func untuned(_ backend: OpenCLBackend) -> OpenCLBackend {
    backend.tuning = nil
    backend.kernelChoices = KernelChoices()
    return backend
  }
}

extension OpenCLFunctions {
  /// Whatever takes a kernel succeeds at once.
  fileprivate var idle: OpenCLFunctions {
    var idle = self
    idle.buildProgram = { _, _, _, _, _, _ in CL_SUCCESS }
    idle.createKernel = { _, _, status in
      status.pointee = CL_SUCCESS
      return OpaquePointer(bitPattern: 1)
    }
    idle.releaseKernel = { _ in CL_SUCCESS }
    idle.setKernelArg = { _, _, _, _ in CL_SUCCESS }
    // It does not say what groups it takes: CL_INVALID_VALUE.
    idle.getKernelWorkGroupInfo = { _, _, _, _, _, _ in -30 }
    idle.enqueueNDRangeKernel = { _, _, _, _, _, _, _, _, _ in CL_SUCCESS }
    return idle
  }
}
