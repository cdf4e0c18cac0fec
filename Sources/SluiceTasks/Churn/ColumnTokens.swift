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
  private let levels: Parameter?
  private let numbers: [(weight: Parameter, bias: Parameter)]
  /// As ``EncodedCustomers/places``.
  private let places: [(isContinuous: Bool, index: Int)]

  /// - Parameters:
  ///   - encoders: One for each column.
  ///   - bins: Of the codes.
  init(
    _ name: String, encoders: [ColumnEncoder], bins: Int, size: Int,
    in layout: inout ParameterLayout
  ) {
    self.name = name
    self.size = size
    var places: [(isContinuous: Bool, index: Int)] = []
    let own = encoders.filter { !$0.kind.isContinuous }
    let vocabulary = own.reduce(0) { $0 + $1.vocabularySize }
    levels =
      own.isEmpty
      ? nil
      : layout.add("\(name).levels.weight", [vocabulary, size], .normal(standardDeviation: 0.3))
    var numbers: [(weight: Parameter, bias: Parameter)] = []
    var ownCount = 0
    // About half of the bins are full: the token begins with the size of an embedding.
    let deviation = 0.6 / Float(bins).squareRoot()
    for encoder in encoders {
      if encoder.kind.isContinuous {
        let index = numbers.count
        places.append((true, index))
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
        places.append((false, ownCount))
        ownCount += 1
      }
    }
    self.numbers = numbers
    self.places = places
  }

  var parameters: [Parameter] {
    (levels.map { [$0] } ?? []) + numbers.flatMap { [$0.weight, $0.bias] }
  }

  /// C: the number of columns.
  var columnCount: Int { places.count }

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
    func cells(of column: Int, in tensor: Tensor) -> Tensor {
      switch arrangement {
      case .steps(let steps): tensor.step(steps[column])
      case .sideBySide: tensor.columns((column * size)..<((column + 1) * size))
      }
    }
    for (column, place) in places.enumerated() {
      let target = cells(of: column, in: output.value)
      if place.isContinuous, let codes = batch.numbers {
        let own = numbers[place.index]
        try tape.backend.enqueue(
          MatrixProduct(
            codes.step(place.index), tape.parameters.weight(own.weight),
            bias: tape.parameters.weight(own.bias), into: target, transposeRight: true))
      } else if let levels, let codes = batch.codes {
        try tape.backend.enqueue(
          EmbeddingForward(
            table: tape.parameters.weight(levels), indices: codes.step(place.index), into: target))
      }
    }
    tape.record(output) { gradient, tape in
      for (column, place) in places.enumerated() {
        let own = cells(of: column, in: gradient)
        if place.isContinuous, let codes = batch.numbers {
          let parameters = numbers[place.index]
          try tape.backend.enqueue(
            MatrixProduct(
              own, codes.step(place.index), into: tape.parameters.gradient(parameters.weight),
              transposeLeft: true, accumulate: true))
          try tape.backend.enqueue(
            ColumnSum(own, into: tape.parameters.gradient(parameters.bias), accumulate: true))
        } else if let levels, let codes = batch.codes {
          try tape.backend.enqueue(
            EmbeddingBackward(
              outputGradient: own, indices: codes.step(place.index),
              into: tape.parameters.gradient(levels)))
        }
      }
    }
    return output
  }
}
