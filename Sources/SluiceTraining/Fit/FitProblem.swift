import SluiceCompute
import SluiceNN

/// A data set's rows in batches, as ``Trainer`` wants them.
final class FitProblem: TrainingProblem {
  let parameters: ParameterArena
  private let scorer: SequenceScorer
  /// The rows to learn from.
  private let rows: [Int32]
  private let validation: (scorer: SequenceScorer, rows: [Int32])?
  private let batches: Batches
  private let microBatches: Int

  /// Rows of one length come in any order; rows of several, by similar length.
  private enum Batches {
    case any(EpochSampler)
    case byLength(LengthSampler)

    var size: Int {
      switch self {
      case .any(let sampler): sampler.batchSize
      case .byLength(let sampler): sampler.batchSize
      }
    }

    var perEpoch: Int {
      switch self {
      case .any(let sampler): sampler.batchesPerEpoch
      case .byLength(let sampler): sampler.batchesPerEpoch
      }
    }

    func indices(_ batch: Int) -> [Int32] {
      switch self {
      case .any(let sampler): sampler.indices(batch: batch)
      case .byLength(let sampler): sampler.indices(batch: batch)
      }
    }
  }

  /// - Parameter rows: Not empty.
  init(
    _ scorer: SequenceScorer, rows: [Int32],
    validation: (scorer: SequenceScorer, rows: [Int32])?, batchSize: Int, microBatches: Int,
    seed: UInt64
  ) {
    parameters = scorer.model.parameters
    self.scorer = scorer
    self.rows = rows
    self.validation = validation
    self.microBatches = microBatches
    let sequences = scorer.sequences
    batches =
      sequences.isUniform
      ? .any(EpochSampler(count: rows.count, batchSize: batchSize, seed: seed))
      : .byLength(
        LengthSampler(
          lengths: rows.map { sequences.lengths[Int($0)] }, batchSize: batchSize, seed: seed))
  }

  /// Optimizer steps in one pass over the rows.
  var stepsPerPass: Int { (batches.perEpoch + microBatches - 1) / microBatches }

  var sequencesPerStep: Int { batches.size * microBatches }

  func enqueueBatch(
    step: Int, microBatch: Int, tape: Tape, statistics: Tensor, gradientScale: Float
  ) throws {
    guard let targets = scorer.targets else { return }
    let own = rows(step: step, microBatch: microBatch)
    let logits = try scorer.model.logits(scorer.sequences.batch(own, on: tape), on: tape)
    try tape.loss(
      targets.loss, logits, target: targets.batch(own), statistics: statistics,
      gradientScale: gradientScale)
    try tape.backward()
  }

  func validate(_ parameters: ParameterArena) throws -> [MetricValue] {
    guard let validation else { return [] }
    return try validation.scorer.metrics(of: validation.rows, with: parameters)
  }

  func describeBatch(step: Int, microBatch: Int) -> String {
    let own = rows(step: step, microBatch: microBatch)
    let named = own.prefix(8).map(String.init).joined(separator: ", ")
    return "rows \(named)" + (own.count > 8 ? " and \(own.count - 8) more" : "")
  }

  private func rows(step: Int, microBatch: Int) -> [Int32] {
    batches.indices(step * microBatches + microBatch).map { rows[Int($0)] }
  }
}
