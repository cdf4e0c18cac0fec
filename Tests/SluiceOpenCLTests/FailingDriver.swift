import Foundation
import SluiceConformance
import Testing

@testable import SluiceOpenCL

/// The loader that fails on order, `Tests/FailingDriver/driver.c`, compiled when first needed.
enum FailingDriver {
  /// Where the shared library lies.
  static let path: Result<String, any Error> = Result {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    let interface = tests.deletingLastPathComponent().appendingPathComponent("Sources/COpenCL")
    let library = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("failing-driver-\(getpid()).so")
    let clang = Process()
    clang.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    clang.arguments = [
      "clang", "-std=gnu2x", "-O1", "-shared", "-fPIC", "-Wno-nullability-completeness",
      "-Wl,-Bsymbolic", "-I", interface.appendingPathComponent("include").path, "-o", library.path,
      tests.appendingPathComponent("FailingDriver/driver.c").path,
      interface.appendingPathComponent("COpenCL.c").path, "-ldl", "-lpthread",
    ]
    try clang.run()
    clang.waitUntilExit()
    try #require(clang.terminationStatus == 0, "clang cannot compile the driver")
    // A process that has it open keeps it.
    atexit { if case .success(let path) = FailingDriver.path { unlink(path) } }
    return library.path
  }

  /// The driver in this process, its orders shared by all who use it.
  static func load() throws -> InProcess {
    let path = try path.get()
    let library = try OpenCLLibrary.load([path]).get()
    let handle = try #require(dlopen(path, RTLD_NOW | RTLD_LOCAL))
    let order = try #require(dlsym(handle, "failing_driver_order"))
    let uses = try #require(dlsym(handle, "failing_driver_uses"))
    return InProcess(
      library: library,
      setOrders: unsafeBitCast(order, to: (@convention(c) (UnsafePointer<CChar>) -> Void).self),
      countUses: unsafeBitCast(uses, to: (@convention(c) (UnsafePointer<CChar>) -> UInt).self))
  }

  struct InProcess {
    let library: OpenCLLibrary
    let setOrders: @convention(c) (UnsafePointer<CChar>) -> Void
    let countUses: @convention(c) (UnsafePointer<CChar>) -> UInt

    /// The devices as the driver tells of them under these orders.
    func devices(_ orders: String) -> OpenCLDeviceList {
      setOrders(orders)
      return OpenCLDevice.all(library.functions, TestDevice.options)
    }

    /// Opens the device and takes two training steps, all under these orders.
    func train(_ orders: String) throws -> [Float] {
      let backend = try OpenCLBackend(devices(orders).device("opencl"), options: TestDevice.options)
      backend.tuning = nil
      return try TrainingCheck.losses(on: backend, count: 2)
    }
  }
}
