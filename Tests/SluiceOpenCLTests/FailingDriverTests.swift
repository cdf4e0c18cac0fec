import Foundation
import SluiceCompute
import SluiceConformance
import Synchronization
import Testing

@testable import SluiceOpenCL

/// A driver that fails, at any of its calls: told in words, with the call and its status, or of no
/// consequence at all. Never a crash, and never other numbers.
@Suite(.serialized, .enabled(if: TestDevice.exists)) struct FailingDriverTests {
  static let calls = [
    "clGetPlatformIDs", "clGetPlatformInfo", "clGetDeviceIDs", "clGetDeviceInfo", "clCreateContext",
    "clReleaseContext", "clCreateCommandQueue", "clReleaseCommandQueue", "clCreateBuffer",
    "clReleaseMemObject", "clCreateProgramWithSource", "clBuildProgram", "clReleaseProgram",
    "clCreateKernel", "clReleaseKernel", "clSetKernelArg", "clEnqueueNDRangeKernel",
    "clEnqueueReadBuffer", "clEnqueueWriteBuffer", "clGetEventInfo", "clReleaseEvent", "clFlush",
    "clFinish",
  ]
  /// Their failure is of no consequence: what is asked twice, only told, or let go of.
  static let harmless: Set<String> = [
    "clGetPlatformInfo", "clReleaseContext", "clReleaseCommandQueue", "clReleaseMemObject",
    "clReleaseProgram", "clReleaseKernel", "clGetEventInfo", "clReleaseEvent", "clFlush",
    // At the end of a device, when all has been read.
    "clFinish",
  ]
  static let statuses: [Int: String] = [
    -2: "CL_DEVICE_NOT_AVAILABLE", -4: "CL_MEM_OBJECT_ALLOCATION_FAILURE",
    -5: "CL_OUT_OF_RESOURCES", -6: "CL_OUT_OF_HOST_MEMORY", -11: "CL_BUILD_PROGRAM_FAILURE",
    -36: "CL_INVALID_COMMAND_QUEUE", -9999: "OpenCL status -9999",
  ]

  /// What comes of a driver that does not fail, and how often it is asked.
  private static let sound = Result {
    let driver = try FailingDriver.load()
    let losses = try driver.train("")
    return (losses, Dictionary(uniqueKeysWithValues: calls.map { ($0, driver.countUses($0)) }))
  }

  /// Every call: from its first use on, at a middle one, and at its last.
  @Test(arguments: calls) func everyCallMayFail(call: String) throws {
    let driver = try FailingDriver.load()
    let (sound, allUses) = try Self.sound.get()
    let uses = Int(allUses[call] ?? 0)
    #expect(uses > 0, "\(call) is not used")
    var turn = Self.calls.firstIndex(of: call) ?? 0
    let codes = Self.statuses.keys.sorted()
    let middle = (uses + 1) / 2
    for place in ["1+", "\(middle)", "\(uses)"] {
      let code = codes[turn % codes.count]
      turn += 1
      let order = "\(call)=\(code)@\(place)"
      do {
        let losses = try driver.train(order)
        #expect(losses == sound, "\(order) changes numbers")
        // Memory is asked for once more, and some of what a device says is only told.
        let isSpared =
          ["clCreateBuffer", "clGetDeviceInfo"].contains(call) && !place.hasSuffix("+")
        #expect(Self.harmless.contains(call) || isSpared, "\(order) is not told")
      } catch let error as ComputeError {
        let text = error.description
        #expect(!Self.harmless.contains(call), "\(order): \(text)")
        #expect(text.contains("\(call): \(Self.statuses[code] ?? "")"), "\(order): \(text)")
        #expect(!error.remedy.isEmpty, "\(order): \(text)")
      }
    }
  }

  /// A call that does its work and yet says that it failed: what it made is not used, and nothing that the
  /// device may still read is let go of.
  @Test(arguments: [
    "clCreateContext", "clCreateCommandQueue", "clCreateBuffer", "clCreateKernel",
    "clEnqueueNDRangeKernel", "clEnqueueReadBuffer", "clEnqueueWriteBuffer",
  ])
  func failuresAfterTheWork(call: String) throws {
    let driver = try FailingDriver.load()
    let error = #expect(throws: ComputeError.self) { _ = try driver.train("\(call)=late-9999@1+") }
    #expect(error?.description.contains("\(call): OpenCL status -9999") == true)
  }

  /// What a wait finds failed is the work, also where the status is that of exhausted memory.
  @Test func aFailedWaitIsNoLackOfMemory() throws {
    let driver = try FailingDriver.load()
    let failed = #expect(throws: ComputeError.self) {
      _ = try driver.train("clEnqueueReadBuffer=-5@1")
    }
    #expect(failed?.code == .deviceFailure, "\(String(describing: failed))")
    #expect(failed?.description.contains("`resume`") == true)
    let lost = #expect(throws: ComputeError.self) { _ = try driver.train("clCreateBuffer=-2@5+") }
    #expect(lost?.code == .deviceFailure, "\(String(describing: lost))")
    let full = #expect(throws: ComputeError.self) { _ = try driver.train("clCreateBuffer=-4@5+") }
    #expect(full?.code == .outOfMemory, "\(String(describing: full))")
  }

  /// Every status of OpenCL 1.2 has its name there; its numbers are these without gaps.
  @Test func statusesAreNamed() {
    for code in Array(-19...0) + Array(-68...(-30)) {
      let text = OpenCLStatus(Int32(code)).description
      #expect(text.hasPrefix("CL_"), "\(code): \(text)")
    }
  }

  /// Only a compiler that found something is blamed on the kernel.
  @Test func aCompilerThatFails() throws {
    let driver = try FailingDriver.load()
    let error = #expect(throws: ComputeError.self) { _ = try driver.train("clBuildProgram=-6@1+") }
    let text = error?.description ?? ""
    #expect(text.contains("clBuildProgram: CL_OUT_OF_HOST_MEMORY"), "\(text)")
    #expect(!text.contains("report this"), "\(text)")
  }

  @Test func wrongInformation() throws {
    let driver = try FailingDriver.load()
    let unusable = [
      "local=1024": "1 KiB of local memory", "group=1": "work-groups of 1 items",
      "parameters=0": "0 bytes of kernel arguments", "available=0": "not available",
      "clGetDeviceInfo=-5@1+": "clGetDeviceInfo: CL_OUT_OF_RESOURCES",
    ]
    for (order, reason) in unusable {
      let list = driver.devices(order)
      #expect(list.preferred == nil)
      let told = list.devices.first?.device.unusableReason ?? ""
      #expect(told.contains(reason), "\(order): \(told)")
    }
    let sound = try driver.train("")
    for order in [
      "units=0", "memory=0", "allocation=0", "memory=0,allocation=0", "name=", "driver=",
    ] {
      #expect(TrainingCheck.difference(try driver.train(order), sound) < 1e-4, "\(order)")
    }
    for order in ["group=18446744073709551615", "units=4294967295", "memory=18446744073709551615"] {
      #expect(driver.devices(order).preferred != nil, "\(order)")
    }
    #expect(driver.devices("name=").preferred?.device.name == "a device without a name")
    let name = driver.devices("name=\u{1B}[31mred\u{7}\u{1B}]0;title").preferred?.device.name ?? ""
    #expect(name == "[31mred]0;title")
    for (order, told) in [
      "clGetPlatformIDs=-1001@1": "clGetPlatformIDs: CL_PLATFORM_NOT_FOUND_KHR",
      "clGetPlatformIDs=-6@2": "clGetPlatformIDs: CL_OUT_OF_HOST_MEMORY",
      "clGetDeviceIDs=-1@1": "clGetDeviceIDs: CL_DEVICE_NOT_FOUND",
      "clGetDeviceIDs=-5@2": "clGetDeviceIDs: CL_OUT_OF_RESOURCES",
    ] {
      let list = driver.devices(order)
      #expect(list.devices.isEmpty && list.absence.contains(told), "\(order): \(list.absence)")
    }
  }

  /// What is kept on disk is compiled anew where the driver does not take it, or does not give it.
  @Test func programsThatCannotBeKept() throws {
    let driver = try FailingDriver.load()
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-programs-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let device = try #require(driver.devices("").preferred)
    let compiler = ProgramCompiler(
      session: try OpenCLSession(device), cache: ProgramCache(folder: folder))
    let source = Array("__kernel void nothing(__global int *x) { x[0] = 1; }".utf8)
    func build(_ order: String) throws {
      driver.setOrders(order)
      let program = try compiler.build(source, file: "nothing.cl")
      _ = device.functions.releaseProgram(program)
    }
    for order in [
      "clGetProgramInfo=-5@1", "clGetProgramInfo=-30@2", "", "clCreateProgramWithBinary=-42@1",
      "clBuildProgram=-11@1", "clCreateProgramWithBinary=late-42@1",
    ] {
      try build(order)
    }
    driver.setOrders("")
    try build("")
    #expect(driver.countUses("clCreateProgramWithBinary") == 1)
  }

  @Test func aLongWaitIsTold() throws {
    let driver = try FailingDriver.load()
    let backend = try OpenCLBackend(
      driver.devices("clFinish=slow400@1+").device("opencl"), options: TestDevice.options)
    let calls = Mutex<[String]>([])
    backend.onLongWait(seconds: 0.05) { call in calls.withLock { $0.append(call) } }
    try backend.synchronize()
    #expect(calls.withLock { $0 } == ["clFinish"])
  }

  @Test func slowCallsChangeNothing() throws {
    let driver = try FailingDriver.load()
    let sound = try driver.train("")
    let slow = try driver.train(
      "clEnqueueReadBuffer=slow100@1+,clBuildProgram=slow50@2,clFlush=slow20@1+")
    #expect(slow == sound)
  }
}
