import SluiceCompute

/// How a tensor lies in its buffer.
enum Layout: Hashable, Sendable {
  /// The tensor is all of the buffer.
  case packed
  /// Contiguous, but it starts in the middle of the buffer, aligned to nothing.
  case shifted
  /// A block of columns of a wider matrix.
  case wide
}

/// Where one case draws its inputs, places them on the device and on the oracle, runs operations on
/// both and compares what comes back.
///
/// Everything around a view is filled with one certain NaN: whoever reads past the view gets NaN,
/// and whoever writes past it is found out at the end. Inputs are checked to be unchanged.
final class Workspace {
  let backend: any Backend
  /// Holds a mirror of every buffer.
  private let oracle = DoubleBackend()
  private let stream: RandomStream
  private var position: UInt64 = 0
  private let tolerance: Double
  private var worstError = 0.0
  private var failures: [String] = []
  /// Of every bit that is compared.
  private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
  /// Whether results are compared with the oracle's; else only their bits are taken down.
  private let isCompared: Bool
  private var placed: [Placed] = []

  /// A buffer as it was first written, and whether the view inside may change.
  private struct Placed {
    var tensor: Tensor
    var bits: [UInt32]
    var isConstant: Bool
  }

  /// A quiet NaN that no computation makes.
  static let guardBits: UInt32 = 0x7FC0_BEEF

  init(backend: any Backend, seed: String, tolerance: Double, isCompared: Bool = true) {
    self.backend = backend
    self.tolerance = tolerance
    self.isCompared = isCompared
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in seed.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    stream = RandomStream(seed: hash, stream: 0)
  }

  // MARK: Drawing

  /// Uniform numbers in `[−scale, scale)`.
  func draw(_ count: Int, scale: Float = 1) -> [Float] {
    words(count).map { (Float($0 >> 8) * 0x1p-23 - 1) * scale }
  }

  /// Uniform integers in `range`.
  func draw(_ count: Int, in range: Range<Int>) -> [Int32] {
    let extent = UInt64(range.count)
    return words(count).map { Int32(range.lowerBound + Int((UInt64($0) * extent) >> 32)) }
  }

  /// The next words of the case's own stream, block by block: ``RandomStream/block(_:)`` is
  /// inlined here and so is fast in a debug build too.
  private func words(_ count: Int) -> [UInt32] {
    var words: [UInt32] = []
    words.reserveCapacity(count + 3)
    while words.count < count {
      let block = stream.block(position)
      position += 1
      for lane in 0..<4 { words.append(block[lane]) }
    }
    words.removeLast(words.count - count)
    return words
  }

  // MARK: Placing

  /// Puts values that the operation may only read on the device.
  func input(_ values: [Float], _ shape: Shape, _ layout: Layout = .packed) throws -> Tensor {
    try place(values.map(\.bitPattern), shape, .float32, layout, isConstant: true)
  }

  /// Puts integers that the operation may only read on the device.
  func input(_ values: [Int32], _ shape: Shape, _ layout: Layout = .packed) throws -> Tensor {
    try place(values.map(UInt32.init(bitPattern:)), shape, .int32, layout, isConstant: true)
  }

  /// Room for a result, holding `values` before; NaN where nil.
  func output(_ shape: Shape, _ layout: Layout = .packed, holding values: [Float]? = nil) throws
    -> Tensor
  {
    let bits = values?.map(\.bitPattern) ?? Array(repeating: Self.guardBits, count: shape.count)
    return try place(bits, shape, .float32, layout, isConstant: false)
  }

  /// Room for integers, holding `value` before.
  func output(_ shape: Shape, _ layout: Layout = .packed, holding value: Int32) throws -> Tensor {
    let bits = Array(repeating: UInt32(bitPattern: value), count: shape.count)
    return try place(bits, shape, .int32, layout, isConstant: false)
  }

  private func place(
    _ bits: [UInt32], _ shape: Shape, _ type: ElementType, _ layout: Layout, isConstant: Bool
  ) throws -> Tensor {
    let (rows, columns) = (shape.rows, shape.columns)
    let before = layout == .packed ? 0 : 3
    let rowStride = layout == .wide ? columns + 8 : columns
    let after = layout == .packed ? 0 : 5
    var all = Array(repeating: Self.guardBits, count: max(1, before + rows * rowStride + after))
    for row in 0..<rows {
      for column in 0..<columns {
        all[before + row * rowStride + column] = bits[row * columns + column]
      }
    }
    let buffer = try backend.makeBuffer(count: all.count, elementType: type)
    try write(all, to: buffer)
    oracle.mirror(
      buffer,
      holding: all.map {
        type == .float32 ? Double(Float(bitPattern: $0)) : Double(Int32(bitPattern: $0))
      })
    let tensor = Tensor(buffer: buffer, offset: before, shape: shape, rowStride: rowStride)
    placed.append(Placed(tensor: tensor, bits: all, isConstant: isConstant))
    return tensor
  }

  /// Puts other values into a tensor that was placed as an output.
  func overwrite(_ tensor: Tensor, with values: [Float]) throws {
    try oracle.set(tensor, values.map(Double.init))
    var all = try bits(of: tensor.buffer)
    let columns = tensor.columns
    for (index, value) in values.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      all[tensor.offset + row * tensor.rowStride + column] = value.bitPattern
    }
    try write(all, to: tensor.buffer)
  }

  private func write(_ bits: [UInt32], to buffer: any Buffer) throws {
    let whole = Tensor(buffer: buffer, shape: [buffer.count])
    if buffer.elementType == .int32 {
      try backend.write(bits.map(Int32.init(bitPattern:)), to: whole)
    } else {
      try backend.write(bits.map(Float.init(bitPattern:)), to: whole)
    }
  }

  private func bits(of buffer: any Buffer) throws -> [UInt32] {
    let whole = Tensor(buffer: buffer, shape: [buffer.count])
    if buffer.elementType == .int32 {
      return try backend.read(whole, as: Int32.self).map(UInt32.init(bitPattern:))
    }
    return try backend.read(whole, as: Float.self).map(\.bitPattern)
  }

  private func bits(of tensor: Tensor) throws -> [UInt32] {
    let all = try bits(of: tensor.buffer)
    let (rows, columns) = (tensor.rows, tensor.columns)
    if tensor.offset == 0 && rows * columns == all.count { return all }
    var view: [UInt32] = []
    view.reserveCapacity(rows * columns)
    for row in 0..<rows {
      let start = tensor.offset + row * tensor.rowStride
      view += all[start..<start + columns]
    }
    return view
  }

  // MARK: Running

  /// Enqueues an operation on the device, and on the oracle: what it leaves there is what the
  /// comparisons expect.
  func enqueue(_ operation: some Operation) throws {
    try backend.enqueue(operation)
    if isCompared { try oracle.enqueue(operation) }
  }

  /// Runs an operation on the oracle alone.
  func expect(_ operation: some Operation) throws {
    try oracle.enqueue(operation)
  }

  // MARK: Comparing

  /// The values of a view as they should be.
  func expected(_ tensor: Tensor) throws -> [Double] {
    try oracle.values(tensor)
  }

  /// The values of a view.
  func values(of tensor: Tensor) throws -> [Float] {
    try bits(of: tensor).map(Float.init(bitPattern:))
  }

  /// Compares by norms: ‖actual − expected‖ / max(‖expected‖, `floor`). Only the elements in `mask`,
  /// where given.
  ///
  /// - Parameter floor: Of what is a sum of many terms: a single number may all but cancel, and then
  ///   says nothing of how well it was added up.
  func compare(
    _ what: String, _ tensor: Tensor, where mask: [Bool]? = nil, floor: Double = 0
  ) throws {
    let actual = try numbers(tensor, mask)
    guard isCompared else { return }
    let wanted = masked(try expected(tensor), mask)
    note(what, Difference.normwise(actual, wanted, floor: floor))
  }

  /// Compares every element: |actual − expected| / max(|expected|, `floor`).
  func compareEach(_ what: String, _ tensor: Tensor, floor: Double = 0) throws {
    let actual = try numbers(tensor, nil)
    guard isCompared else { return }
    let wanted = try expected(tensor)
    note(what, Difference.elementwise(actual, wanted, floor: floor))
  }

  /// Compares numbers that must be equal to the oracle's, rounded; any NaN equals any other.
  func compareExactly(_ what: String, _ tensor: Tensor) throws {
    let expected = try expected(tensor)
    switch tensor.elementType {
    case .float32: try compareExactly(what, tensor, expected.map { Float($0) })
    case .int32: try compareExactly(what, tensor, expected.map { Int32($0) })
    }
  }

  /// Compares floats that must be these; any NaN equals any other.
  func compareExactly(_ what: String, _ tensor: Tensor, _ expected: [Float]) throws {
    let actual = try bits(of: tensor)
    actual.forEach(absorb)
    guard isCompared else { return }
    let wrong = zip(actual, expected).filter { bits, wanted in
      let value = Float(bitPattern: bits)
      return !(value == wanted || (value.isNaN && wanted.isNaN))
    }
    require(
      wrong.isEmpty && actual.count == expected.count,
      "\(what): \(wrong.count) of \(expected.count) elements differ")
  }

  /// Compares integers that must be these.
  func compareExactly(_ what: String, _ tensor: Tensor, _ expected: [Int32]) throws {
    let actual = try bits(of: tensor)
    actual.forEach(absorb)
    guard isCompared else { return }
    let wrong = zip(actual, expected).filter { Int32(bitPattern: $0) != $1 }
    require(
      wrong.isEmpty && actual.count == expected.count,
      "\(what): \(wrong.count) of \(expected.count) elements differ")
  }

  /// Fails the case, saying `what`, unless `condition` holds.
  func require(_ condition: Bool, _ what: @autoclosure () -> String) {
    if !condition { failures.append(what()) }
  }

  private func numbers(_ tensor: Tensor, _ mask: [Bool]?) throws -> [Double] {
    let kept = masked(try bits(of: tensor), mask)
    kept.forEach(absorb)
    return kept.map { Double(Float(bitPattern: $0)) }
  }

  private func masked<Element>(_ values: [Element], _ mask: [Bool]?) -> [Element] {
    guard let mask else { return values }
    return zip(values, mask).filter { $1 }.map { $0.0 }
  }

  private func absorb(_ bits: UInt32) {
    digest = (digest ^ UInt64(bits)) &* 0x100_0000_01B3
  }

  private func note(_ what: String, _ error: Double) {
    worstError = max(worstError, error)
    require(error <= tolerance, "\(what): error \(error), allowed \(tolerance)")
  }

  /// Looks for writes outside the views and into inputs, then judges.
  func finish() throws -> ConformanceResult {
    for (index, item) in placed.enumerated() {
      let now = try bits(of: item.tensor.buffer)
      let tensor = item.tensor
      let (rows, columns) = (tensor.rows, tensor.columns)
      if !item.isConstant && rows * columns == now.count { continue }
      var strays = 0
      for position in now.indices where now[position] != item.bits[position] {
        let relative = position - tensor.offset
        let isInView =
          relative >= 0 && tensor.rowStride > 0 && relative / tensor.rowStride < rows
          && relative % tensor.rowStride < columns
        if item.isConstant || !isInView { strays += 1 }
      }
      require(
        strays == 0,
        "tensor \(index), \(tensor.shape): \(strays) elements written that are not its to write")
    }
    return ConformanceResult(
      worstError: worstError, tolerance: tolerance,
      verdict: failures.isEmpty ? .passed : .failed(failures.joined(separator: "; ")))
  }
}

/// Measures of how far a result is from what was expected. NaN and infinities must agree.
package enum Difference {
  /// ‖actual − expected‖ / max(‖expected‖, floor); the numerator alone where that is zero.
  package static func normwise(_ actual: [Double], _ expected: [Double], floor: Double = 0)
    -> Double
  {
    guard actual.count == expected.count else { return .infinity }
    var error = 0.0
    var norm = 0.0
    for (a, e) in zip(actual, expected) {
      if !e.isFinite || !a.isFinite {
        if !agree(a, e) { return .infinity }
        continue
      }
      error += (a - e) * (a - e)
      norm += e * e
    }
    norm = max(norm, floor * floor)
    return norm == 0 ? error.squareRoot() : (error / norm).squareRoot()
  }

  /// The largest |actual − expected| / max(|expected|, floor).
  static func elementwise(_ actual: [Double], _ expected: [Double], floor: Double) -> Double {
    guard actual.count == expected.count else { return .infinity }
    var worst = 0.0
    for (a, e) in zip(actual, expected) {
      if !e.isFinite || !a.isFinite {
        if !agree(a, e) { return .infinity }
        continue
      }
      let scale = max(abs(e), floor)
      worst = max(worst, scale == 0 ? abs(a) : abs(a - e) / scale)
    }
    return worst
  }

  private static func agree(_ actual: Double, _ expected: Double) -> Bool {
    actual == expected || (actual.isNaN && expected.isNaN)
  }
}
