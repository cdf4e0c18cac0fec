import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceTraining

/// The training of one network that rates.
final class RatingProblem: TrainingProblem {
  let parameters: ParameterArena
  private let sampler: LengthSampler
  private let learned: any RatedRows
  /// The rows that the network does not learn from; it stops by them. Nil: there are none.
  private let heldOut: (any RatedRows)?
  private let scale: RatingScale
  /// `[K]`
  private let classWeights: Tensor?
  /// `[K]`: for outputs that are one number, the target of each class.
  private let targets: Tensor
  private let microBatches: Int
  /// What a row is called in messages.
  private let rowName: (Int) -> String

  init(
    _ learned: any RatedRows, heldOut: (any RatedRows)?, parameters: ParameterArena,
    scale: RatingScale, classWeights: [Float]?, sampler: LengthSampler, microBatches: Int,
    rowName: @escaping (Int) -> String
  ) throws {
    self.learned = learned
    self.heldOut = heldOut
    self.parameters = parameters
    self.scale = scale
    let backend = parameters.backend
    self.classWeights = try classWeights.map { try backend.makeTensor([scale.count, 1], $0) }
    targets = try backend.makeTensor(
      [scale.count, 1], learned.output.targets(scale: scale))
    self.sampler = sampler
    self.microBatches = microBatches
    self.rowName = rowName
  }

  var sequencesPerStep: Int { sampler.batchSize * microBatches }

  func enqueueBatch(
    step: Int, microBatch: Int, tape: Tape, statistics: Tensor, gradientScale: Float
  ) throws {
    let (scores, classes) = try learned.scores(
      rows(step: step, microBatch: microBatch), on: tape)
    switch learned.output {
    case .classes(let ordinal):
      try tape.loss(
        .rankedProbability(share: ordinal), scores, target: classes,
        classWeights: classWeights.map { $0.reshaped([scale.count]) }, statistics: statistics,
        gradientScale: gradientScale)
    case .logit:
      try tape.loss(
        .binaryCrossEntropy(positiveWeight: 1), scores, target: ofClasses(targets, classes, tape),
        rowWeights: rowWeights(classes, tape), statistics: statistics,
        gradientScale: gradientScale)
    case .value:
      try tape.loss(
        .meanSquaredError, scores, target: ofClasses(targets, classes, tape),
        rowWeights: rowWeights(classes, tape), statistics: statistics,
        gradientScale: gradientScale)
    }
    try tape.backward()
  }

  /// `[N, 1]`: what a table says of each row's class.
  private func ofClasses(_ table: Tensor, _ classes: Tensor, _ tape: Tape) throws -> Tensor {
    let values = try tape.backend.makeTensor([classes.count, 1])
    try tape.backend.enqueue(GatherRows(source: table, rows: classes, into: values))
    return values
  }

  private func rowWeights(_ classes: Tensor, _ tape: Tape) throws -> Tensor? {
    try classWeights.map { try ofClasses($0, classes, tape).reshaped([classes.count]) }
  }

  func validate(_ parameters: ParameterArena) throws -> [MetricValue] {
    guard let heldOut, heldOut.count > 0 else { return [] }
    let count = scale.count
    let probabilities = try RatingScorer.probabilities(heldOut, parameters, scale: scale)
    var loss = 0.0
    var squares = 0.0
    var right = 0
    for row in 0..<heldOut.count {
      let own = probabilities[(row * count)..<((row + 1) * count)]
      let truth = own.startIndex + heldOut.classIndex(row)
      loss -= logarithm(max(Double(own[truth]), 1e-7))
      let error = scale.expected(own) - scale.values[heldOut.classIndex(row)]
      squares += error * error
      if own.indices.allSatisfy({ own[$0] <= own[truth] }) { right += 1 }
    }
    let rows = Double(heldOut.count)
    return [
      MetricValue("log_loss", loss / rows), MetricValue("accuracy", Double(right) / rows),
      MetricValue("rmse", (squares / rows).squareRoot()),
    ]
  }

  func describeBatch(step: Int, microBatch: Int) -> String {
    let rows = rows(step: step, microBatch: microBatch)
    let named = rows.prefix(5).map { rowName(Int($0)) }
    let more = rows.count > named.count ? " and \(rows.count - named.count) more" : ""
    return "reviews of " + named.joined(separator: ", ") + more
  }

  private func rows(step: Int, microBatch: Int) -> [Int32] {
    sampler.indices(batch: step * microBatches + microBatch)
  }
}

extension RatingOutput {
  /// `[K]`: what the one output should be for each class.
  fileprivate func targets(scale: RatingScale) -> [Float] {
    switch self {
    case .classes, .logit:
      (0..<scale.count).map { Float($0) }
    case .value(let centre, let deviation):
      scale.values.map { (Float($0) - centre) / deviation }
    }
  }
}
