import COpenCL
import SluiceCompute

/// An argument of a kernel. Its source says in which form it takes it.
enum KernelArgument {
  /// Address, and with it offset and distance of rows as declared; null and 0 where nil.
  case tensor(Tensor?)
  /// An `int`.
  case int(Int)
  /// An `int` that is 0 or 1.
  case bool(Bool)
  /// A `uint`.
  case uint(UInt32)
  /// A `uint2`.
  case uint2(UInt32, UInt32)
  /// A `float`.
  case float(Float)
  /// Local memory of this many bytes.
  case local(Int)
}

/// The arguments of a launch under the names that the kernel's source gives them, in its order.
///
/// One is not among them: every kernel that declares `fault` gets the back end's.
struct KernelArguments: ExpressibleByDictionaryLiteral {
  private(set) var list: [(name: String, value: KernelArgument)]

  init(dictionaryLiteral elements: (String, KernelArgument)...) {
    list = elements
  }

  static func + (left: Self, right: Self) -> Self {
    var both = left
    both.list += right.list
    return both
  }
}

extension OpenCLBackend {
  /// Items in a group of kernels that do not care.
  static let groupSize = 256

  /// Enqueues a kernel over `count` items in one dimension.
  ///
  /// - Throws: as ``launch(_:groups:local:_:)``.
  func launch(_ name: KernelName, count: Int, _ arguments: KernelArguments) throws(ComputeError) {
    let groups = (count + Self.groupSize - 1) / Self.groupSize
    try launch(name, groups: [groups], local: [Self.groupSize], arguments)
  }

  /// Enqueues a kernel over whole groups; does nothing where there are none.
  ///
  /// - Throws: ``ComputeError`` with `.invalidArgument` where the arguments are not those that the
  ///   kernel's source declares, with `.deviceFailure` where the driver fails.
  func launch(
    _ name: KernelName, groups: [Int], local: [Int], _ arguments: KernelArguments
  ) throws(ComputeError) {
    guard !groups.contains(0) else { return }
    let kernel = try kernels.kernel(name)
    var binding = KernelBinding(self, kernel)
    var given = 0
    for parameter in kernel.parameters {
      if parameter.name == "fault" {
        try binding.set(fault.handle as OpaquePointer?)
        continue
      }
      guard given < arguments.list.count, arguments.list[given].name == parameter.name else {
        let found = given < arguments.list.count ? arguments.list[given].name : "nothing"
        throw binding.mismatch("\(parameter.name), not \(found)")
      }
      try binding.set(parameter, arguments.list[given].value)
      given += 1
    }
    guard given == arguments.list.count else {
      throw binding.mismatch("no \(arguments.list[given].name)")
    }
    let global = zip(groups, local).map { $0 * $1 }
    let status = session.functions.enqueueNDRangeKernel(
      session.queue, kernel.handle, cl_uint(global.count), nil, global, local, 0, nil, nil)
    try OpenCLStatus.check(
      status, "clEnqueueNDRangeKernel",
      "\(device.id) cannot run \(name.name) of \(kernel.declaration.file)")
    tally.launches += 1
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

/// Gives a kernel its arguments, one after the other.
private struct KernelBinding {
  private let backend: OpenCLBackend
  private let kernel: CompiledKernel
  private var index: cl_uint = 0

  init(_ backend: OpenCLBackend, _ kernel: CompiledKernel) {
    self.backend = backend
    self.kernel = kernel
  }

  /// Sets the next parameter, and what belongs to it.
  ///
  /// - Throws: ``ComputeError`` with `.invalidArgument` where it is of another kind.
  mutating func set(
    _ parameter: KernelDeclaration.Parameter, _ argument: KernelArgument
  ) throws(ComputeError) {
    switch (parameter.kind, argument) {
    case (.address(let hasOffset, let hasStride), .tensor(let tensor?)):
      guard hasOffset || tensor.offset == 0, hasStride || tensor.isContiguous else {
        throw mismatch("\(parameter.name) from its buffer's start and contiguous")
      }
      try set(try backend.memory(tensor).handle as OpaquePointer?)
      if hasOffset { try set(Int64(tensor.offset)) }
      guard hasStride else { return }
      _ = try backend.int(tensor.rows * tensor.rowStride)
      try set(try backend.int(tensor.rowStride))
    case (.address(let hasOffset, let hasStride), .tensor(nil)):
      try set(nil as OpaquePointer?)
      if hasOffset { try set(Int64(0)) }
      if hasStride { try set(Int32(0)) }
    case (.int, .int(let value)): try set(try backend.int(value))
    case (.int, .bool(let value)): try set(Int32(value ? 1 : 0))
    case (.uint, .uint(let value)): try set(value)
    case (.uint2, .uint2(let x, let y)): try set(SIMD2(x, y))
    case (.float, .float(let value)): try set(value)
    case (.local, .local(let bytes)):
      try check(backend.session.functions.setKernelArg(kernel.handle, index, bytes, nil))
    default: throw mismatch("\(parameter.name) as \(parameter.kind), not \(argument)")
    }
  }

  /// Sets the next argument of the driver's count to these bytes.
  mutating func set<Value>(_ value: Value) throws(ComputeError) {
    let status = withUnsafeBytes(of: value) {
      backend.session.functions.setKernelArg(kernel.handle, index, $0.count, $0.baseAddress)
    }
    try check(status)
  }

  private mutating func check(_ status: cl_int) throws(ComputeError) {
    let declaration = kernel.declaration
    try OpenCLStatus.check(
      status, "clSetKernelArg",
      "argument \(index) of \(declaration.name) in \(declaration.file) is refused")
    index += 1
  }

  func mismatch(_ what: String) -> ComputeError {
    ComputeError(.invalidArgument, "the kernel \(kernel.declaration.name) takes \(what)")
  }
}
