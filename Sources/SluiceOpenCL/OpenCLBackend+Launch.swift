import COpenCL
import SluiceCompute

/// One or more consecutive arguments of a kernel.
enum KernelArgument {
  /// Address and offset; null and 0 where nil.
  case tensor(Tensor?)
  /// Address, offset and distance of rows.
  case rows(Tensor?)
  /// An address alone.
  case memory(DeviceMemory?)
  /// An address and offset within memory of our own.
  case part(DeviceMemory, Int)
  case int(Int)
  case bool(Bool)
  case word(UInt32)
  case words(UInt32, UInt32)
  case float(Float)
  /// Local memory of this many bytes.
  case local(Int)
}

extension OpenCLBackend {
  /// Items in a group of kernels that do not care.
  static let groupSize = 256

  /// Enqueues a kernel over `count` items in one dimension.
  func launch(_ name: KernelName, count: Int, _ arguments: [KernelArgument]) throws(ComputeError) {
    guard count > 0 else { return }
    let groups = (count + Self.groupSize - 1) / Self.groupSize
    try launch(name, groups: [groups], local: [Self.groupSize], arguments)
  }

  /// Enqueues a kernel over whole groups.
  func launch(
    _ name: KernelName, groups: [Int], local: [Int], _ arguments: [KernelArgument]
  ) throws(ComputeError) {
    let kernel = try kernels.kernel(name)
    var index: cl_uint = 0
    for argument in arguments { try set(argument, of: kernel, name, &index) }
    let global = zip(groups, local).map { $0 * $1 }
    let status = session.functions.enqueueNDRangeKernel(
      session.queue, kernel, cl_uint(global.count), nil, global, local, 0, nil, nil)
    try OpenCLStatus.check(
      status, "clEnqueueNDRangeKernel", "\(device.id) cannot run \(name.name) of \(name.file).cl")
    tally.launches += 1
  }

  private func set(
    _ argument: KernelArgument, of kernel: OpaquePointer, _ name: KernelName,
    _ index: inout cl_uint
  ) throws(ComputeError) {
    switch argument {
    case .tensor(let tensor):
      try setAddress(
        try tensor.map { tensor throws(ComputeError) in try memory(tensor) }, kernel, name, &index)
      try setValue(Int64(tensor?.offset ?? 0), kernel, name, &index)
    case .rows(let tensor):
      try setAddress(
        try tensor.map { tensor throws(ComputeError) in try memory(tensor) }, kernel, name, &index)
      try setValue(Int64(tensor?.offset ?? 0), kernel, name, &index)
      if let tensor { _ = try int(tensor.rows * tensor.rowStride) }
      try setValue(try int(tensor?.rowStride ?? 0), kernel, name, &index)
    case .memory(let memory):
      try setAddress(memory, kernel, name, &index)
    case .part(let memory, let offset):
      try setAddress(memory, kernel, name, &index)
      try setValue(Int64(offset), kernel, name, &index)
    case .int(let value): try setValue(try int(value), kernel, name, &index)
    case .bool(let value): try setValue(Int32(value ? 1 : 0), kernel, name, &index)
    case .word(let value): try setValue(value, kernel, name, &index)
    case .words(let x, let y): try setValue(SIMD2(x, y), kernel, name, &index)
    case .float(let value): try setValue(value, kernel, name, &index)
    case .local(let bytes):
      try check(session.functions.setKernelArg(kernel, index, bytes, nil), name, index)
      index += 1
    }
  }

  private func setAddress(
    _ memory: DeviceMemory?, _ kernel: OpaquePointer, _ name: KernelName, _ index: inout cl_uint
  ) throws(ComputeError) {
    try setValue(memory?.handle, kernel, name, &index)
  }

  private func setValue<Value>(
    _ value: Value, _ kernel: OpaquePointer, _ name: KernelName, _ index: inout cl_uint
  ) throws(ComputeError) {
    let status = withUnsafeBytes(of: value) {
      session.functions.setKernelArg(kernel, index, $0.count, $0.baseAddress)
    }
    try check(status, name, index)
    index += 1
  }

  private func check(_ status: cl_int, _ name: KernelName, _ index: cl_uint) throws(ComputeError) {
    try OpenCLStatus.check(
      status, "clSetKernelArg", "argument \(index) of \(name.name) in \(name.file).cl is refused")
  }

  /// An extent as kernels take it.
  ///
  /// - Throws: ``ComputeError`` with `.unsupported` from 2³¹ on.
  func int(_ value: Int) throws(ComputeError) -> Int32 {
    guard let value = Int32(exactly: value) else {
      throw ComputeError(
        .unsupported, "a tensor of \(value) elements on an OpenCL device, which takes 2^31 at most",
        remedy: "Use a smaller batch or fewer steps.")
    }
    return value
  }
}
