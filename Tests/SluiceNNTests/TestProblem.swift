import SluiceCompute
import SluiceNN
import SluiceTraining

/// A network with one batch that a test trains on, by the trainer's own steps.
final class TestProblem: TrainingProblem {
  let parameters: ParameterArena
  let sequencesPerStep = 1
  private let run: (_ tape: Tape, _ statistics: Tensor) throws -> Void

  /// - Parameter run: Runs forward and sets the loss; `statistics` receives it.
  init(
    _ parameters: ParameterArena,
    _ run: @escaping (_ tape: Tape, _ statistics: Tensor) throws -> Void
  ) {
    self.parameters = parameters
    self.run = run
  }

  func enqueueBatch(
    step: Int, microBatch: Int, tape: Tape, statistics: Tensor, gradientScale: Float
  ) throws {
    try run(tape, statistics)
    try tape.backward()
  }

  func validate(_ parameters: ParameterArena) -> [MetricValue] { [] }
  func describeBatch(step: Int, microBatch: Int) -> String { "" }

  /// Trains by Adam, with clipping at norm 1; the loss of every step.
  func train(steps: Int, learningRate: Double, seed: UInt64 = 1) throws -> [Double] {
    var configuration = TrainerConfiguration()
    configuration.seed = seed
    configuration.learningRate = learningRate
    configuration.clipNorm = 1
    let trainer = try Trainer(self, configuration: configuration)
    return try (0..<steps).map { _ in
      try trainer.step()
      return try trainer.takeLoss() ?? .nan
    }
  }
}
