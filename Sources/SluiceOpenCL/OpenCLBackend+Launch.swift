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

  /// Those of these names, with `suffix` after each.
  func named(_ suffix: String, without others: Set<String> = []) -> Self {
    var named = self
    named.list = list.filter { !others.contains($0.name) }.map { ($0.name + suffix, $0.value) }
    return named
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
  ///   kernel's source declares, with `.deviceFailure` where the driver fails. A kernel that
  ///   does not compile is told by a later call, by `read` and `synchronize` at the latest.
  func launch(
    _ name: KernelName, groups: [Int], local: [Int], _ arguments: KernelArguments
  ) throws(ComputeError) {
    guard !groups.contains(0) else { return }
    let kernel = try kernels.kernel(name)
    var binding = KernelBinding(self, kernel)
    var given = 0
    for parameter in kernel.parameters {
      if parameter.name == "fault" {
        binding.append(fault.handle as OpaquePointer?)
        continue
      }
      guard given < arguments.list.count, arguments.list[given].name == parameter.name else {
        let found = given < arguments.list.count ? arguments.list[given].name : "nothing"
        throw binding.mismatch("\(parameter.name), not \(found)")
      }
      try binding.append(parameter, arguments.list[given].value)
      given += 1
    }
    guard given == arguments.list.count else {
      throw binding.mismatch("no \(arguments.list[given].name)")
    }
    try queue.enqueue(
      Launch(kernel: kernel, arguments: binding.values, groups: groups, local: local))
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

/// Collects a kernel's arguments, one after the other.
private struct KernelBinding {
  private let backend: OpenCLBackend
  private let kernel: Kernel
  private(set) var values: [ArgumentValue] = []

  init(_ backend: OpenCLBackend, _ kernel: Kernel) {
    self.backend = backend
    self.kernel = kernel
  }

  /// Appends the next parameter, and what belongs to it.
  ///
  /// - Throws: ``ComputeError`` with `.invalidArgument` where it is of another kind.
  mutating func append(
    _ parameter: KernelDeclaration.Parameter, _ argument: KernelArgument
  ) throws(ComputeError) {
    switch (parameter.kind, argument) {
    case (.address(let hasOffset, let hasStride), .tensor(let tensor?)):
      guard hasOffset || tensor.offset == 0, hasStride || tensor.isContiguous else {
        throw mismatch("\(parameter.name) from its buffer's start and contiguous")
      }
      append(try backend.memory(tensor).handle as OpaquePointer?)
      if hasOffset { append(Int64(tensor.offset)) }
      guard hasStride else { return }
      _ = try backend.int(tensor.rows * tensor.rowStride)
      append(try backend.int(tensor.rowStride))
    case (.address(let hasOffset, let hasStride), .tensor(nil)):
      append(nil as OpaquePointer?)
      if hasOffset { append(Int64(0)) }
      if hasStride { append(Int32(0)) }
    case (.int, .int(let value)): append(try backend.int(value))
    case (.int, .bool(let value)): append(Int32(value ? 1 : 0))
    case (.uint, .uint(let value)): append(value)
    case (.uint2, .uint2(let x, let y)): append(SIMD2(x, y))
    case (.float, .float(let value)): append(value)
    case (.local, .local(let bytes)):
      values.append(ArgumentValue(local: bytes))
    default: throw mismatch("\(parameter.name) as \(parameter.kind), not \(argument)")
    }
  }

  /// Appends the next argument of the driver's count.
  mutating func append<Value: BitwiseCopyable>(_ value: Value) {
    values.append(ArgumentValue(value))
  }

  func mismatch(_ what: String) -> ComputeError {
    ComputeError(.invalidArgument, "the kernel \(kernel.declaration.name) takes \(what)")
  }
}
