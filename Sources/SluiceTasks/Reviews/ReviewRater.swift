import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceTraining

/// One network of a model: reads reviews and says how probable each rating is.
package struct ReviewRater: TaskNetwork {
  let reader: any ReviewReader
  private let model: ReviewModelSettings
  private let scale: RatingScale

  /// - Throws: `SettingError`, `StackError` where a stack does not fit.
  init(
    _ model: ReviewModelSettings, encoder: ReviewEncoder, columns: ReviewColumns,
    scale: RatingScale, on backend: any Backend
  ) throws {
    self.model = model
    self.scale = scale
    reader =
      model.stack.isEmpty
      ? ReviewNetwork(
        model, encoder: encoder, classes: scale.count, categoryNames: columns.categories)
      : try StackedReader(model, encoder: encoder, classes: scale.count, on: backend)
  }

  package var layout: ParameterLayout { reader.layout }
  package var layers: [any Layer] { reader.layers }

  package func plans(on backend: any Backend, batch: Int) throws -> [Recurrent.LayerPlan] {
    try reader.plans(on: backend, batch: batch)
  }

  /// Runs the network over some rows.
  ///
  /// - Returns: `[N, O]`, and the classes of the rows, `[N]` int32.
  func scores(_ rows: [Int32], of reviews: ReviewDataset, on tape: Tape) throws -> (
    scores: Variable, classes: Tensor
  ) {
    let batch = try reviews.batch(rows, model: model, on: tape)
    return (try reader(batch, of: reviews, on: tape), batch.classes)
  }

  /// `[R, K]`: the probabilities of every row.
  ///
  /// - Throws: as ``Tape/answers(_:)``.
  func probabilities(of reviews: ReviewDataset, _ parameters: ParameterArena) throws -> [Float] {
    var probabilities = [Float](repeating: 0, count: reviews.count * scale.count)
    let ranks = parameters.backend.ranks
    try BatchedInference().forEachBatch(
      of: reviews.count, by: ranks, length: reviews.host.length
    ) { rows in
      let tape = Tape(parameters, mode: .inference)
      let scores = try scores(rows.map { Int32($0) }, of: reviews, on: tape).scores
      let values = try tape.answers(scores)
      let width = scores.value.columns
      for (n, row) in rows.enumerated() {
        probabilities.replaceSubrange(
          (row * scale.count)..<((row + 1) * scale.count),
          with: reader.output.probabilities(
            values[(n * width)..<((n + 1) * width)], scale: scale))
      }
    }
    try ranks.merge(&probabilities)
    return probabilities
  }

  /// What is watched in training.
  func metrics(on reviews: ReviewDataset, _ parameters: ParameterArena) throws -> [MetricValue] {
    guard reviews.count > 0 else { return [] }
    let probabilities = try probabilities(of: reviews, parameters)
    var loss = 0.0
    var squares = 0.0
    var right = 0
    for row in 0..<reviews.count {
      let own = probabilities[(row * scale.count)..<((row + 1) * scale.count)]
      let given = Int(reviews.host.classes[row])
      let truth = own.startIndex + given
      loss -= logarithm(max(Double(own[truth]), 1e-7))
      let error = scale.expected(own) - reviews.host.ratings[row]
      squares += error * error
      if own.indices.allSatisfy({ own[$0] <= own[truth] }) { right += 1 }
    }
    let rows = Double(reviews.count)
    let accuracy = MetricValue("accuracy", Double(right) / rows)
    return [MetricValue("log_loss", loss / rows)] + (scale.bounds == nil ? [accuracy] : [])
      + [MetricValue("rmse", (squares / rows).squareRoot())]
  }
}
