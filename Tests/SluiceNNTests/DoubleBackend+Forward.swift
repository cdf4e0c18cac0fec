import Foundation
import SluiceCompute

extension DoubleBackend {
  func execute(_ operation: Fill) throws(ComputeError) {
    let value = Double(operation.value)
    try set(operation.output, [Double](repeating: value, count: operation.output.count))
  }

  func execute(_ operation: Copy) throws(ComputeError) {
    let input = try values(operation.input)
    let repeated = (0..<operation.output.count).map { input[$0 % input.count] }
    try set(operation.output, repeated, accumulate: operation.accumulate)
  }

  func execute(_ operation: MatrixProduct) throws(ComputeError) {
    let left = try values(operation.left)
    let right = try values(operation.right)
    let bias = try operation.bias.map { tensor throws(ComputeError) in try values(tensor) }
    let (m, n, k) = (operation.rows, operation.columns, operation.depth)
    var product = [Double](repeating: 0, count: m * n)
    for row in 0..<m {
      for column in 0..<n {
        var sum = 0.0
        for i in 0..<k {
          sum +=
            left[operation.transposeLeft ? i * m + row : row * k + i]
            * right[operation.transposeRight ? column * k + i : i * n + column]
        }
        product[row * n + column] = activate(
          operation.activation, Double(operation.scale) * sum + (bias?[column] ?? 0))
      }
    }
    try set(operation.output, product, accumulate: operation.accumulate)
  }

  func execute(_ operation: ActivationForward) throws(ComputeError) {
    let activation = operation.activation
    try set(operation.output, try values(operation.input).map { activate(activation, $0) })
  }

  func execute(_ operation: Dropout) throws(ComputeError) {
    let mask = mask(
      operation.rate, operation.stream, count: operation.period ?? operation.input.count)
    let input = try values(operation.input)
    let output = input.enumerated().map { $1 * mask[$0 % mask.count] }
    try set(operation.output, output, accumulate: operation.accumulate)
  }

  func execute(_ operation: EmbeddingForward) throws(ComputeError) {
    let table = try values(operation.table)
    let width = operation.table.columns
    let rows = try values(operation.indices).flatMap { index in
      Int(index) == operation.ignoring.map(Int.init)
        ? [Double](repeating: 0, count: width)
        : Array(table[(Int(index) * width)..<((Int(index) + 1) * width)])
    }
    try set(operation.output, rows, accumulate: operation.accumulate)
  }

  func execute(_ operation: EmbeddingBagForward) throws(ComputeError) {
    let table = try values(operation.table)
    let width = operation.table.columns
    let entries = try entries(operation.features, operation.documents)
    var sums = [Double](repeating: 0, count: operation.output.count)
    for (row, index, value) in entries {
      for column in 0..<width {
        sums[row * width + column] +=
          Double(operation.scale) * value * table[index * width + column]
      }
    }
    try set(operation.output, sums, accumulate: operation.accumulate)
  }

  /// The row of the batch, the index and the value of every entry.
  func entries(_ features: SparseTensor, _ documents: Tensor) throws(ComputeError)
    -> [(row: Int, index: Int, value: Double)]
  {
    let offsets = try values(features.offsets).map { Int($0) }
    let indices = try values(features.indices)
    let numbers = try values(features.values)
    return try values(documents).enumerated().flatMap { row, document in
      (offsets[Int(document)]..<offsets[Int(document) + 1]).map {
        (row, Int(indices[$0]), numbers[$0])
      }
    }
  }

  func execute(_ operation: PoolForward) throws(ComputeError) {
    let input = try values(operation.input)
    let (steps, columns) = (operation.input.shape[0], operation.output.count)
    let width = operation.output.columns
    let lengths = try lengths(operation.lengths, steps: steps, batch: operation.output.rows)
    if let winners = operation.winners {
      try set(
        winners,
        (0..<columns).map { place in
          let column = (0..<lengths[place / width]).map { input[$0 * columns + place] }
          return Double(column.max().flatMap(column.firstIndex) ?? -1)
        })
    }
    let pooled = (0..<columns).map { place in
      let column = (0..<lengths[place / width]).map { input[$0 * columns + place] }
      return switch operation.pooling {
      case .max: column.max() ?? 0
      case .mean: column.isEmpty ? 0 : column.reduce(0, +) / Double(column.count)
      case .last: column.last ?? 0
      case .first: column.first ?? 0
      }
    }
    try set(operation.output, pooled)
  }

  func lengths(_ tensor: Tensor?, steps: Int, batch: Int) throws(ComputeError) -> [Int] {
    guard let tensor else { return [Int](repeating: steps, count: batch) }
    return try values(tensor).map { Int($0) }
  }

  func mask(_ rate: Float, _ stream: RandomStream, count: Int) -> [Double] {
    let threshold = Dropout.threshold(rate: rate)
    return (0..<count).map { stream.word(UInt64($0)) >= threshold ? 1 / (1 - Double(rate)) : 0 }
  }

  func dot(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  func activate(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .identity: x
    case .sigmoid: 1 / (1 + exp(-x))
    case .tanh: tanh(x)
    case .relu: max(0, x)
    }
  }
}
