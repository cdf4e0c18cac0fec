import SluiceCompute

/// The one oracle: runs every operation in Double, plainly. What it gives is what a result really
/// is, and what every back end is held to.
///
/// Its buffers say float32, so that layers run on it unchanged; nothing in them is rounded before it
/// is read. It also runs operations on another back end's tensors, in mirrors of their buffers: so a
/// conformance case writes an operation down once and has both results.
///
/// Its formulas are those of ``Reference``, whose gradients are proven by finite differences, see
/// ``Conformance/gradientChecks``. The goldens of PyTorch are run on it too.
package final class DoubleBackend: Backend {
  /// Memory in Double. Integers stand in it exactly.
  package final class Storage: Buffer {
    package var values: [Double]
    package let elementType: ElementType
    package let owner: ObjectIdentifier

    init(_ values: [Double], elementType: ElementType, owner: ObjectIdentifier) {
      self.values = values
      self.elementType = elementType
      self.owner = owner
    }

    package var count: Int { values.count }
  }

  package let device = Device(
    id: "double", kind: .cpu, name: "Double", platform: "reference", driver: "", computeUnits: 1,
    globalMemory: 1 << 30, localMemory: 1 << 20)
  package let memory = MemoryUse()
  private var mirrors: [ObjectIdentifier: Storage] = [:]

  package init() {}

  // MARK: Memory

  package func makeBuffer(count: Int, elementType: ElementType) throws(ComputeError) -> any Buffer {
    storage(Array(repeating: .nan, count: count), elementType)
  }

  /// From now on holds `values` in place of what the other back end's `buffer` holds.
  ///
  /// - Note: `buffer` must outlive the mirror's use.
  func mirror(_ buffer: any Buffer, holding values: [Double]) {
    mirrors[ObjectIdentifier(buffer)] = storage(values, buffer.elementType)
  }

  private func storage(_ values: [Double], _ type: ElementType) -> Storage {
    Storage(values, elementType: type, owner: ObjectIdentifier(self))
  }

  /// The memory behind a tensor of this back end, or that of its mirror.
  ///
  /// - Throws: `ComputeError` with `.invalidArgument` where there is neither.
  package func storage(_ tensor: Tensor) throws(ComputeError) -> Storage {
    if let own = tensor.buffer as? Storage, own.owner == ObjectIdentifier(self) { return own }
    guard let mirror = mirrors[ObjectIdentifier(tensor.buffer)] else {
      throw ComputeError(.invalidArgument, "a buffer of another back end")
    }
    return mirror
  }

  /// The elements of a tensor, row by row, unrounded.
  package func values(_ tensor: Tensor) throws(ComputeError) -> [Double] {
    let all = try storage(tensor).values
    if tensor.isContiguous { return Array(all[tensor.offset..<tensor.offset + tensor.count]) }
    var values: [Double] = []
    values.reserveCapacity(tensor.count)
    for row in 0..<tensor.rows {
      let start = tensor.offset + row * tensor.rowStride
      values += all[start..<start + tensor.columns]
    }
    return values
  }

  func values(_ tensor: Tensor?) throws(ComputeError) -> [Double]? {
    guard let tensor else { return nil }
    return try values(tensor)
  }

  /// Indices, lengths or classes.
  ///
  /// - Throws: `ComputeError` with `.indexOutOfRange` where one is not below `bound`.
  func integers(_ tensor: Tensor, below bound: Int, _ what: String) throws(ComputeError) -> [Int] {
    let integers = try values(tensor).map { Int($0) }
    if let bad = integers.first(where: { $0 < 0 || $0 >= bound }) {
      throw ComputeError(.indexOutOfRange, "\(what) \(bad) of \(bound)")
    }
    return integers
  }

  /// Every row's length; T where a batch has none.
  func lengths(_ tensor: Tensor?, steps T: Int, batch N: Int) throws(ComputeError) -> [Int] {
    guard let tensor else { return Array(repeating: T, count: N) }
    return try integers(tensor, below: T + 1, "length")
  }

  /// Replaces the elements of a tensor, row by row, or adds to them.
  func set(_ tensor: Tensor, _ values: [Double], accumulate: Bool = false) throws(ComputeError) {
    let storage = try storage(tensor)
    let columns = tensor.columns
    for row in 0..<tensor.rows {
      let start = tensor.offset + row * tensor.rowStride
      for column in 0..<columns {
        let value = values[row * columns + column]
        storage.values[start + column] = accumulate ? storage.values[start + column] + value : value
      }
    }
  }

  package func write(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws(ComputeError) {
    switch tensor.elementType {
    case .float32: try set(tensor, bytes.bindMemory(to: Float.self).map(Double.init))
    case .int32: try set(tensor, bytes.bindMemory(to: Int32.self).map(Double.init))
    }
  }

  package func read(_ tensor: Tensor, into bytes: UnsafeMutableRawBufferPointer)
    throws(ComputeError)
  {
    for (index, value) in try values(tensor).enumerated() {
      switch tensor.elementType {
      case .float32: bytes.storeBytes(of: Float(value), toByteOffset: 4 * index, as: Float.self)
      case .int32: bytes.storeBytes(of: Int32(value), toByteOffset: 4 * index, as: Int32.self)
      }
    }
  }

  package func synchronize() throws(ComputeError) {}

  package func plan(for descriptor: RecurrentDescriptor) throws(ComputeError) -> RecurrentPlan {
    RecurrentPlan(strategy: .stepwise, reason: "plainly")
  }

  /// Always: then what folds elsewhere is compared with what does not, too.
  package func folds(
    _ tokens: RecurrentTokens, _ descriptor: RecurrentDescriptor, lengths: Tensor?
  ) -> Bool {
    true
  }
}
