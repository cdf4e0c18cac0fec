import SluiceCompute

/// Runs operations in Double, plainly: what a network's loss and gradients really are. Its buffers
/// say float32, so layers run on it unchanged.
final class DoubleBackend: Backend {
  final class Storage: Buffer {
    var values: [Double]
    let elementType: ElementType
    let owner: ObjectIdentifier

    init(count: Int, elementType: ElementType, owner: ObjectIdentifier) {
      values = [Double](repeating: .nan, count: count)
      self.elementType = elementType
      self.owner = owner
    }

    var count: Int { values.count }
  }

  let device = Device(
    id: "double", kind: .cpu, name: "Double", platform: "tests", driver: "", computeUnits: 1,
    globalMemory: 1 << 30, localMemory: 1 << 20)
  let memory = MemoryUse()

  func makeBuffer(count: Int, elementType: ElementType) throws(ComputeError) -> any Buffer {
    Storage(count: count, elementType: elementType, owner: ObjectIdentifier(self))
  }

  func storage(_ tensor: Tensor) throws(ComputeError) -> Storage {
    guard let storage = tensor.buffer as? Storage else {
      throw ComputeError(.invalidArgument, "a buffer of another back end")
    }
    return storage
  }

  /// The elements of a tensor, row by row.
  func values(_ tensor: Tensor) throws(ComputeError) -> [Double] {
    let all = try storage(tensor).values
    var values: [Double] = []
    for row in 0..<tensor.rows {
      let start = tensor.offset + row * tensor.rowStride
      values += all[start..<(start + tensor.columns)]
    }
    return values
  }

  /// Replaces the elements of a tensor, row by row.
  func set(_ tensor: Tensor, _ values: [Double]) throws(ComputeError) {
    let storage = try storage(tensor)
    for row in 0..<tensor.rows {
      for column in 0..<tensor.columns {
        storage.values[tensor.offset + row * tensor.rowStride + column] =
          values[row * tensor.columns + column]
      }
    }
  }

  /// Replaces the elements of a tensor, or adds to them.
  func set(_ tensor: Tensor, _ values: [Double], accumulate: Bool) throws(ComputeError) {
    if accumulate {
      try add(tensor, values)
    } else {
      try set(tensor, values)
    }
  }

  func add(_ tensor: Tensor, _ values: [Double]) throws(ComputeError) {
    try set(tensor, zip(try self.values(tensor), values).map { $0 + $1 })
  }

  func write(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws(ComputeError) {
    switch tensor.elementType {
    case .float32: try set(tensor, bytes.bindMemory(to: Float.self).map(Double.init))
    case .int32: try set(tensor, bytes.bindMemory(to: Int32.self).map(Double.init))
    }
  }

  func read(_ tensor: Tensor, into bytes: UnsafeMutableRawBufferPointer) throws(ComputeError) {
    for (index, value) in try values(tensor).enumerated() {
      switch tensor.elementType {
      case .float32: bytes.storeBytes(of: Float(value), toByteOffset: 4 * index, as: Float.self)
      case .int32: bytes.storeBytes(of: Int32(value), toByteOffset: 4 * index, as: Int32.self)
      }
    }
  }

  func synchronize() throws(ComputeError) {}

  func plan(for descriptor: RecurrentDescriptor) throws(ComputeError) -> RecurrentPlan {
    RecurrentPlan(strategy: .stepwise, reason: "plainly")
  }

  /// Always: then what folds elsewhere is compared with what does not, too.
  func folds(_ tokens: RecurrentTokens, _ descriptor: RecurrentDescriptor, lengths: Tensor?)
    -> Bool
  {
    true
  }

  func execute(_ operation: LinearCombination) throws(ComputeError) { throw lacks("averages") }
  func execute(_ operation: GatherWindows) throws(ComputeError) { throw lacks("windows") }
  func execute(_ operation: GatherRows) throws(ComputeError) { throw lacks("batches") }
  func execute(_ operation: GatherSequences) throws(ComputeError) { throw lacks("batches") }

  private func lacks(_ name: String) -> ComputeError {
    ComputeError(.unsupported, "the back end in Double has no \(name)")
  }
}
