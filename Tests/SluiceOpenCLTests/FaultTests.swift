import SluiceCompute
import Testing

@testable import SluiceOpenCL

/// What goes wrong around a device is told in words, and never ends in another device or a crash.
@Suite struct FaultTests {
  @Test func noLoader() throws {
    guard case .failure(let missing) = OpenCLLibrary.load(["/nowhere/libOpenCL.so.1"]) else {
      Issue.record("a library that does not exist was loaded")
      return
    }
    #expect(missing.reason.contains("no OpenCL loader"))
    #expect(missing.reason.contains("/nowhere/libOpenCL.so.1"))
    let none = OpenCLDeviceList(devices: [], absence: missing.reason)
    #expect(none.preferred == nil)
    let error = #expect(throws: ComputeError.self) { try none.device("opencl") }
    #expect(error?.code == .noDevice)
    #expect(error?.description.contains("no OpenCL loader") == true)
  }

  @Test func libraryThatIsNoLoader() {
    guard case .failure(let missing) = OpenCLLibrary.load(["libm.so.6"]) else {
      Issue.record("libm was taken for a loader")
      return
    }
    #expect(missing.reason.contains("clGetPlatformIDs"))
  }

  @Test(.enabled(if: TestDevice.exists)) func unknownDevice() {
    let error = #expect(throws: ComputeError.self) { try OpenCLBackend(id: "opencl:9.9") }
    #expect(error?.code == .noDevice)
    #expect(error?.description.contains("opencl:9.9") == true)
    #expect(error?.description.contains("opencl:0.0") == true)
  }

  @Test(.enabled(if: TestDevice.exists)) func limitsTooSmall() throws {
    let options = OpenCLOptions(localMemoryLimit: 8 << 10)
    let list = OpenCLDevice.all(options)
    let reason = try #require(list.devices.first?.device.unusableReason)
    #expect(reason.contains("8 KiB of local memory"))
    #expect(list.preferred == nil)
    let error = #expect(throws: ComputeError.self) { try OpenCLBackend(options: options) }
    #expect(error?.code == .unsupported)
    #expect(error?.description.contains(reason) == true)
  }

  @Test func shortcomings() {
    var capabilities = OpenCLCapabilities(
      vendor: "", version: "", localMemory: 48 << 10, workGroupSize: 1024,
      largestAllocation: 1 << 30, parameterSize: 4352, hasHalf: false, hasDouble: false,
      hasSubgroups: false)
    #expect(capabilities.shortcoming == nil)
    capabilities.workGroupSize = 128
    #expect(capabilities.shortcoming?.contains("128 items") == true)
    capabilities.workGroupSize = 256
    capabilities.parameterSize = 256
    #expect(capabilities.shortcoming?.contains("256 bytes") == true)
  }

  @Test(.enabled(if: TestDevice.exists)) func kernelThatDoesNotCompile() throws {
    let backend = try TestDevice.open()
    let source = Array("__kernel void broken() { int x = undeclared_name; }".utf8)
    let error = #expect(throws: ComputeError.self) {
      _ = try backend.kernels.build(source, file: "broken.cl")
    }
    let text = error?.description ?? ""
    #expect(text.contains("undeclared_name"))
    #expect(text.contains("broken.cl"))
    #expect(text.contains("clBuildProgram: CL_BUILD_PROGRAM_FAILURE"))
  }

  @Test(.enabled(if: TestDevice.exists)) func tooMuchMemory() throws {
    let backend = try TestDevice.open()
    let before = backend.memory
    let error = #expect(throws: ComputeError.self) {
      _ = try backend.makeBuffer(count: 1 << 40, elementType: .float32)
    }
    #expect(error?.code == .outOfMemory)
    #expect(error?.description.contains("\(4 << 20) MiB") == true)
    #expect(error?.description.contains("batch") == true)
    #expect(backend.memory == before)
    #expect(throws: ComputeError.self) {
      _ = try backend.makeBuffer(count: 1 << 61, elementType: .float32)
    }
    // And it goes on.
    let tensor = try backend.makeTensor([3], [Float(1), 2, 3])
    #expect(try backend.read(tensor) == [1, 2, 3])
  }

  @Test(.enabled(if: TestDevice.exists)) func limitOfMemory() throws {
    var options = TestDevice.options
    options.memoryLimit = 1 << 20
    let backend = try TestDevice.open(options)
    #expect(backend.device.globalMemory == 1 << 20)
    func take(_ kibibytes: Int) throws -> any Buffer {
      try backend.makeBuffer(count: kibibytes << 8, elementType: .float32)
    }
    // What is kept for later makes room for what is asked for now.
    for kibibytes in [600, 500, 700, 600] { _ = try take(kibibytes) }
    let held = try take(600)
    let error = #expect(throws: ComputeError.self) { _ = try take(500) }
    #expect(error?.code == .outOfMemory)
    #expect(error?.description.contains("1 MiB of its 1 MiB are in use") == true)
    _ = try take(300)
    #expect(held.count == 600 << 8)
  }

  @Test(.enabled(if: TestDevice.exists)) func indexOutOfRange() throws {
    let backend = try TestDevice.open()
    let table = try backend.makeTensor([5, 2], Array(repeating: Float(1), count: 10))
    let output = try backend.makeTensor([3, 2])
    let bad = try backend.makeTensor([3], [Int32(0), 7, 4])
    try backend.enqueue(EmbeddingForward(table: table, indices: bad, into: output))
    let error = #expect(throws: ComputeError.self) { try backend.synchronize() }
    #expect(error?.code == .indexOutOfRange)
    #expect(error?.description.contains("embedding index 7 at position 1, not in 0 ..< 5") == true)
    // Told once.
    try backend.synchronize()
    let good = try backend.makeTensor([3], [Int32(0), 1, 4])
    try backend.enqueue(EmbeddingForward(table: table, indices: good, into: output))
    #expect(try backend.read(output) == Array(repeating: 1, count: 6))
  }

  @Test(.enabled(if: TestDevice.exists)) func everyIndexIsChecked() throws {
    let backend = try TestDevice.open()
    let values = try backend.makeTensor([4, 3, 2], Array(repeating: Float(1), count: 24))
    let pooled = try backend.makeTensor([3, 2])
    let long = try backend.makeTensor([3], [Int32(4), 5, 0])
    try backend.enqueue(PoolForward(.mean, values, lengths: long, into: pooled))
    #expect(throws: ComputeError.self) { try backend.synchronize() }

    let logits = try backend.makeTensor([3, 2], Array(repeating: Float(1), count: 6))
    let classes = try backend.makeTensor([3], [Int32(0), -1, 1])
    let statistics = try backend.makeTensor([2])
    try backend.enqueue(
      Loss(.softmaxCrossEntropy, prediction: logits, target: classes, statistics: statistics))
    #expect(throws: ComputeError.self) { try backend.synchronize() }

    let starts = try backend.makeTensor([3], [Int32(0), 3, 1])
    let windows = try backend.makeTensor([2, 3, 2])
    let source = values.reshaped([1, 12, 2])
    try backend.enqueue(
      GatherWindows(source: source, series: nil, starts: starts, offset: -2, into: windows))
    #expect(throws: ComputeError.self) { try backend.synchronize() }
  }

  @Test(.enabled(if: TestDevice.exists)) func foreignTensor() throws {
    let backend = try TestDevice.open()
    let other = try TestDevice.open()
    let tensor = try other.makeTensor([2])
    let error = #expect(throws: ComputeError.self) { try backend.enqueue(Fill(tensor, with: 0)) }
    #expect(error?.code == .invalidArgument)
  }
}
