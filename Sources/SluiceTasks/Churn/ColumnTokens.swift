import SluiceCompute
import SluiceNN

/// A vector of E numbers for every cell: the embedding of a value of its own, or a linear map of the
/// code of a value on a scale.
///
/// Parameters: `<name>.levels.weight` `[V, E]`, the embeddings of all columns with values of their
/// own, and for each other column c (its place among those alike) `<name>.numbers.<c>.weight`
/// `[E, W]` and `<name>.numbers.<c>.bias` `[E]`.
struct ColumnTokens: Layer {
  let name: String
  /// E
  let size: Int
  let levels: Parameter?
  let numbers: [(weight: Parameter, bias: Parameter)]
  /// Where each column's parameters lie.
  let columns: [TokenColumn]

  /// - Parameters:
  ///   - encoders: One for each column.
  ///   - bins: Of the codes.
  init(
    _ name: String, encoders: [ColumnEncoder], bins: Int, size: Int,
    in layout: inout ParameterLayout
  ) {
    self.name = name
    self.size = size
    var columns: [TokenColumn] = []
    let own = encoders.filter { !$0.kind.isContinuous }
    let vocabulary = own.reduce(0) { $0 + $1.vocabularySize }
    levels =
      own.isEmpty
      ? nil
      : layout.add("\(name).levels.weight", [vocabulary, size], .normal(standardDeviation: 0.3))
    var numbers: [(weight: Parameter, bias: Parameter)] = []
    var (ownCount, firstRow) = (0, 0)
    // About half of the bins are full: the token begins with the size of an embedding.
    let deviation = 0.6 / Float(bins).squareRoot()
    for encoder in encoders {
      if encoder.kind.isContinuous {
        let index = numbers.count
        columns.append(.scale(index))
        numbers.append(
          (
            layout.add(
              "\(name).numbers.\(index).weight", [size, ColumnEncoder.codeSize(bins: bins)],
              .normal(standardDeviation: deviation)),
            layout.add(
              "\(name).numbers.\(index).bias", [size], .normal(standardDeviation: 0.3),
              decays: false)
          ))
      } else {
        columns.append(
          .levels(ownCount, rows: firstRow..<(firstRow + encoder.vocabularySize)))
        ownCount += 1
        firstRow += encoder.vocabularySize
      }
    }
    self.numbers = numbers
    self.columns = columns
  }

  var parameters: [Parameter] {
    (levels.map { [$0] } ?? []) + numbers.flatMap { [$0.weight, $0.bias] }
  }

  /// C: the number of columns.
  var columnCount: Int { columns.count }

  var kind: String {
    "Tokens of \(columnCount) columns"
  }

  var outputDescription: String { "[\(columnCount), N, \(size)]" }

  /// Where the tokens go: a step for each column, or side by side in the steps that customers have.
  enum Arrangement {
    /// `[C, N, E]`; the step of each column is named.
    case steps([Int])
    /// `[T, N, C · E]`
    case sideBySide
  }

  /// - Throws: ``ComputeError`` with `.outOfMemory` or `.deviceFailure`.
  func callAsFunction(_ batch: CustomerBatch, _ arrangement: Arrangement, on tape: Tape) throws
    -> Variable
  {
    let shape: Shape =
      switch arrangement {
      case .steps: [columnCount, batch.count, size]
      case .sideBySide: [batch.steps, batch.count, columnCount * size]
      }
    let output = try tape.result(shape, of: [], hasParameters: true)
    let places =
      switch arrangement {
      case .steps(let steps): steps
      case .sideBySide: Array(columns.indices)
      }
    let cells = ColumnCells(
      columns: columns, places: places, codes: batch.numbers, indices: batch.codes)
    try tape.backend.enqueue(
      ColumnTokensForward(cells, weights(tape.parameters.weights(of:)), into: output.value))
    tape.record(output) { gradient, tape in
      try tape.backend.enqueue(
        ColumnTokensBackward(
          cells, outputGradient: gradient, into: weights(tape.parameters.gradients(of:))))
    }
    return output
  }

  /// All weights, or all gradients.
  private func weights(_ tensors: ([Parameter]) -> Tensor?) -> ColumnTokenWeights {
    ColumnTokenWeights(
      weights: tensors(numbers.map(\.weight)), biases: tensors(numbers.map(\.bias)),
      table: tensors(levels.map { [$0] } ?? [])?.reshaped(levels?.shape ?? []))
  }
}
