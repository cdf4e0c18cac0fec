import SluiceCPUInterface
import SluiceCompute

/// The different tokens of a batch, in ascending order, and the places where each stands.
///
/// Places past a row's length and those of the ignored token count nowhere.
struct TokenPlaces: ~Copyable {
  /// U: how many different tokens there are.
  let count: Int
  /// M: how many places count.
  let total: Int
  /// `[U]`
  let tokens: Integers
  /// `[T, N]`: which of the U tokens stands there; U where none counts.
  let rowOf: Integers
  /// `[M]`: the places of token 0, then those of token 1, each in ascending order.
  let positions: Integers
  /// `[U + 1]`: where each token's places begin.
  let starts: Integers
  private let memory: Scratch

  /// - Complexity: O(V + T·N).
  init(
    _ tokens: RecurrentTokens, _ d: RecurrentDescriptor, _ lengths: Tensor?, on backend: CPUBackend
  ) throws(ComputeError) {
    let vocabulary = d.vocabulary ?? 0
    try backend.checkIndices(tokens.indices, below: vocabulary, "embedding index")
    let places = d.steps * d.batch
    let most = min(vocabulary, places)
    let indices = try backend.integers(tokens.indices)
    let ends = try backend.integers(lengths)
    let ignored = tokens.ignoring ?? -1
    memory = try backend.scratch(vocabulary + 2 * most + 2 + 2 * places)
    let counts = UnsafeMutableRawPointer(memory.floats).assumingMemoryBound(to: Int32.self)
    self.tokens = counts + vocabulary
    starts = self.tokens + most
    rowOf = starts + most + 2
    positions = rowOf + places

    counts.update(repeating: 0, count: vocabulary)
    for place in 0..<places {
      let token = indices[place]
      let isPadding = ends.map { place / d.batch >= Int($0[place % d.batch]) } ?? false
      rowOf[place] = isPadding || token == ignored ? -1 : token
      if rowOf[place] >= 0 { counts[Int(token)] += 1 }
    }
    var rank = 0
    var begin: Int32 = 0
    for token in 0..<vocabulary where counts[token] > 0 {
      self.tokens[rank] = Int32(token)
      // Shifted by one: filling the places moves each start to where it belongs.
      starts[rank + 1] = begin
      begin += counts[token]
      counts[token] = Int32(rank)
      rank += 1
    }
    starts[0] = 0
    count = rank
    total = Int(begin)
    for place in 0..<places {
      if rowOf[place] < 0 {
        rowOf[place] = Int32(rank)
        continue
      }
      let row = counts[Int(rowOf[place])]
      rowOf[place] = row
      let next = starts[Int(row) + 1]
      positions[Int(next)] = Int32(place)
      starts[Int(row) + 1] = next + 1
    }
  }

}

extension CPUBackend {
  public func folds(
    _ tokens: RecurrentTokens, _ descriptor: RecurrentDescriptor, lengths: Tensor?
  ) throws(ComputeError) -> Bool {
    guard descriptor.inputSize > RecurrentDescriptor.leastFold else { return false }
    let places = try TokenPlaces(tokens, descriptor, lengths, on: self)
    return descriptor.folds(places: places.total, distinctTokens: places.count)
  }

  /// `[U + 1, P·H]`: what the input adds to the gates of each token, the biases with it; the last row
  /// is the biases alone.
  func project(_ places: borrowing TokenPlaces, _ operation: RecurrentForward)
    throws(ComputeError) -> Scratch
  {
    let d = operation.descriptor
    let (width, gates) = (d.cell.blockCount * d.hiddenSize, d.cell.gateCount * d.hiddenSize)
    let projection = try scratch((places.count + 1) * width)
    let bias = projection.floats + places.count * width
    try joinBiases(operation.weights, d.cell.extents, into: bias)
    guard places.count > 0 else { return projection }
    let table = try gather(places, d, table: operation.input)
    try product(
      rows: places.count, columns: gates, depth: d.inputSize,
      StridedMatrix(FloatRows(table.floats, stride: d.inputSize)),
      StridedMatrix(try rows(operation.weights.input), transposed: true),
      into: FloatRows(projection.floats, stride: width), ProductEpilogue(bias: bias))
    // The hidden state's biases of the separate gates.
    kernels.copy(
      FloatRows(bias + gates, stride: width), inputRows: 1,
      into: FloatRows(projection.floats + gates, stride: width), columns: width - gates,
      rows: 0..<places.count, accumulate: false)
    return projection
  }

  /// Adds up the gates' gradients of each token; from these, the gradients of W_ih and the table.
  func addTokenGradients(_ places: borrowing TokenPlaces, _ operation: RecurrentBackward)
    throws(ComputeError)
  {
    guard places.count > 0 else { return }
    let d = operation.descriptor
    let width = d.cell.gateCount * d.hiddenSize
    let sums = try scratch(places.count * width)
    let sumRows = FloatRows(sums.floats, stride: width)
    let gates = FloatRows(
      try floats(operation.gates), stride: d.cell.blockCount * d.hiddenSize)
    // About as many places in each: a few tokens may stand in most of them.
    let parts = 64
    let (starts, positions) = (places.starts, places.positions)
    let (count, total) = (places.count, places.total)
    threads.run(parts) { part, _ in
      let begin = Self.firstRow(from: total * part / parts, starts, count)
      let end = Self.firstRow(from: total * (part + 1) / parts, starts, count)
      self.kernels.sumRows(
        gates, positions: positions, starts: starts, into: sumRows, columns: width,
        rows: begin..<end)
    }
    let table = try gather(places, d, table: operation.input)
    let tableRows = FloatRows(table.floats, stride: d.inputSize)
    try product(
      rows: width, columns: d.inputSize, depth: count, StridedMatrix(sumRows, transposed: true),
      StridedMatrix(tableRows), into: try rows(operation.weightGradients.input),
      ProductEpilogue(accumulate: true))
    guard let gradient = operation.inputGradient else { return }
    try product(
      rows: count, columns: d.inputSize, depth: width, StridedMatrix(sumRows),
      StridedMatrix(try rows(operation.weights.input)), into: tableRows, ProductEpilogue())
    scatter(
      tableRows, places.tokens, count: count, ignoring: nil, into: try floats(gradient),
      columns: d.inputSize)
  }

  /// The first token none of whose places lies before `place`.
  private static func firstRow(from place: Int, _ starts: Integers, _ count: Int) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if Int(starts[middle]) < place { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The table's rows of the tokens that there are, `[U, C]`.
  private func gather(_ places: borrowing TokenPlaces, _ d: RecurrentDescriptor, table: Tensor)
    throws(ComputeError) -> Scratch
  {
    let output = try scratch(places.count * d.inputSize)
    gather(
      try floats(table), places.tokens, count: places.count, ignoring: nil,
      into: FloatRows(output.floats, stride: d.inputSize), columns: d.inputSize)
    return output
  }
}
