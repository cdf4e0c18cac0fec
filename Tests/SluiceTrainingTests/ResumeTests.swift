import SluiceCPU
import SluiceCompute
import SluiceNN
import Synchronization
import Testing

@testable import SluiceTraining
import SluicePlatform

@Suite struct ResumeTests {
  private func configuration() -> TrainerConfiguration {
    var configuration = TrainerTests.configuration()
    configuration.checkpointEvery = 7
    configuration.schedule = .reduceOnPlateau(
      factor: 0.5, patience: 1, minimum: 0.01, metric: "mse", mode: .minimum)
    configuration.weightAverage = WeightAverageConfiguration(decay: 0.95)
    configuration.earlyStopping = EarlyStoppingConfiguration(patience: 100)
    configuration.gradientAccumulation = 2
    return configuration
  }

  /// What a training leaves: weights, average, best weights, and the metrics without their times.
  private struct Traces: Equatable {
    var weights: [Float]
    var outcome: [Float]
    var optimizer: Safetensors?
    var metrics: [[String]]
    var plateau: PlateauState
    var validation: [MetricValue]
    var trainingLoss: Double?
  }

  private func traces(_ trainer: Trainer, _ outcome: TrainingOutcome, _ metrics: MetricsLog) throws
    -> Traces
  {
    let backend = trainer.problem.parameters.backend
    return Traces(
      weights: try backend.read(trainer.problem.parameters.weights),
      outcome: try backend.read(outcome.parameters.weights),
      optimizer: try trainer.checkpoints?.newest()?.optimizer,
      metrics: metrics.rows.map { Array($0[0..<6]) + $0[8...] }, plateau: trainer.state.plateau,
      validation: outcome.validation, trainingLoss: outcome.trainingLoss)
  }

  private func makeTrainer(_ problem: RegressionProblem, _ folder: TestFolder) throws -> Trainer {
    let trainer = try Trainer(
      problem, configuration: configuration(), phase: "validate", firstGlobalStep: 1000,
      dataFingerprint: "data", checkpoints: CheckpointStore(folder: folder("checkpoints")),
      metrics: MetricsLog(path: folder("metrics.csv")))
    if let checkpoint = try trainer.checkpoints?.newest() { try trainer.resume(from: checkpoint) }
    return trainer
  }

  @Test(arguments: [[3], [7], [8, 20, 21, 59], [1, 2, 13, 13, 14, 30, 55]])
  func killedAndResumedEqualsUninterrupted(_ kills: [Int]) throws {
    let whole = try TestFolder()
    let trainer = try makeTrainer(RegressionProblem(micro: 2), whole)
    let expected = try traces(trainer, trainer.run(), try #require(trainer.metrics))
    #expect(expected.metrics.count > 12)

    let folder = try TestFolder()
    for kill in kills {
      let problem = try RegressionProblem(micro: 2)
      problem.abandonAt = kill
      let trainer = try makeTrainer(problem, folder)
      if trainer.state.step > kill { continue }
      #expect(throws: Abandoned.self) { _ = try trainer.run() }
    }
    let last = try makeTrainer(RegressionProblem(micro: 2), folder)
    #expect(kills[0] < 7 || last.state.step >= 7)
    let actual = try traces(last, last.run(), try #require(last.metrics))
    #expect(actual == expected)
    #expect(
      try FileReader.bytes(of: folder("checkpoints/step-1060/model.safetensors"))
        == FileReader.bytes(of: whole("checkpoints/step-1060/model.safetensors")))
  }

  /// Counts questions, and says yes from one of them on.
  private final class Patience: Sendable {
    private let asked = Atomic<Int>(0)
    private let limit: Int

    init(_ limit: Int) { self.limit = limit }

    var isOver: Bool { asked.load(ordering: .relaxed) >= limit }

    func ask() -> Bool {
      asked.add(1, ordering: .relaxed)
      return isOver
    }
  }

  /// Steps that are given up, wherever they are, leave the training as it was before them.
  @Test(arguments: [[1], [2, 3, 5, 8, 13, 21], [34, 55, 89], [144, 377]])
  func abandonedWithinAStepAndResumedEqualsUninterrupted(_ questions: [Int]) throws {
    let whole = try TestFolder()
    let trainer = try makeTrainer(RegressionProblem(micro: 2), whole)
    let expected = try traces(trainer, trainer.run(), try #require(trainer.metrics))

    let folder = try TestFolder()
    for limit in questions {
      let trainer = try makeTrainer(RegressionProblem(micro: 2), folder)
      let before = trainer.state.step
      let patience = Patience(limit)
      trainer.abandonsStep = { patience.ask() }
      trainer.shouldStop = { patience.isOver }
      #expect(try trainer.run().end == .interrupted)
      #expect(patience.isOver && (limit > 30 || trainer.state.step == before))
    }
    let last = try makeTrainer(RegressionProblem(micro: 2), folder)
    #expect(try traces(last, last.run(), try #require(last.metrics)) == expected)
  }

  @Test func interruptedAndResumedEqualsUninterrupted() throws {
    let whole = try TestFolder()
    let trainer = try makeTrainer(RegressionProblem(micro: 2), whole)
    let expected = try traces(trainer, trainer.run(), try #require(trainer.metrics))

    let folder = try TestFolder()
    var sessions = 0
    while true {
      sessions += 1
      let trainer = try makeTrainer(RegressionProblem(micro: 2), folder)
      let stopAt = trainer.state.step + 11
      trainer.shouldStop = { trainer.state.step == stopAt }
      let outcome = try trainer.run()
      if outcome.end == .interrupted {
        #expect(try trainer.checkpoints?.steps().last == 1000 + stopAt)
        continue
      }
      #expect(try traces(trainer, outcome, try #require(trainer.metrics)) == expected)
      break
    }
    #expect(sessions == 6)
  }

  @Test func aFinishedPhaseIsNotTrainedAgain() throws {
    let folder = try TestFolder()
    let first = try makeTrainer(RegressionProblem(micro: 2), folder)
    first.state.taskState["report"] = "kept"
    let outcome = try first.run()
    let problem = try RegressionProblem(micro: 2)
    let again = try makeTrainer(problem, folder)
    let second = try again.run()
    #expect(problem.enqueuedSteps.isEmpty)
    #expect(again.state.isComplete && again.state.taskState == ["report": "kept"])
    #expect(second.validation == outcome.validation && second.bestStep == outcome.bestStep)
    #expect(second.end == .finished && second.trainingLoss == outcome.trainingLoss)
    #expect(
      try problem.parameters.backend.read(second.parameters.weights) as [Float]
        == first.problem.parameters.backend.read(outcome.parameters.weights))
  }

  @Test func aDamagedCheckpointCostsOnlyItsSteps() throws {
    let whole = try TestFolder()
    let trainer = try makeTrainer(RegressionProblem(micro: 2), whole)
    let expected = try traces(trainer, trainer.run(), try #require(trainer.metrics))

    let folder = try TestFolder()
    let problem = try RegressionProblem(micro: 2)
    problem.abandonAt = 30
    #expect(throws: Abandoned.self) { _ = try makeTrainer(problem, folder).run() }
    let path = folder("checkpoints/step-1028/model.safetensors")
    var bytes = try FileReader.bytes(of: path)
    bytes[bytes.count - 1] ^= 1
    try AtomicFile.write(bytes, to: path)
    let last = try makeTrainer(RegressionProblem(micro: 2), folder)
    #expect(last.state.step == 21)
    #expect(FileReader.exists(folder("checkpoints/step-1028.damaged")))
    #expect(try traces(last, last.run(), try #require(last.metrics)) == expected)
  }

  @Test func otherRunsAreRefused() throws {
    let folder = try TestFolder()
    let trainer = try makeTrainer(RegressionProblem(micro: 2), folder)
    _ = try trainer.run()
    let checkpoint = try #require(try trainer.checkpoints?.newest())
    func error(
      _ change: (inout TrainerConfiguration) -> Void = { _ in }, phase: String = "validate",
      data: String = "data", hidden: Int = 12
    ) throws -> String {
      var configuration = configuration()
      change(&configuration)
      let other = try Trainer(
        RegressionProblem(micro: 2, hidden: hidden), configuration: configuration, phase: phase,
        firstGlobalStep: 1000, dataFingerprint: data)
      do {
        try other.resume(from: checkpoint)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(try error() == "")
    #expect(try error(phase: "refit").contains("phase validate"))
    #expect(try error(data: "others").contains("other data"))
    #expect(try error({ $0.seed = 9 }).contains("seed"))
    #expect(try error({ $0.epochs = 2 }).contains("epochs"))
    #expect(try error(hidden: 13).contains("first.weight"))
  }

  @Test func aFailedCheckpointLeavesTheLastOne() throws {
    let folder = try TestFolder()
    let trainer = try makeTrainer(RegressionProblem(micro: 2), folder)
    trainer.shouldStop = {
      // A file takes the place of the temporary folder's parent.
      if trainer.state.step == 10 {
        try? Folder.rename(folder("checkpoints"), to: folder("aside"))
        try? AtomicFile.write("x", to: folder("checkpoints"))
      }
      return false
    }
    #expect(throws: FileError.self) { _ = try trainer.run() }
    let store = try CheckpointStore(folder: folder("aside"))
    #expect(try store.newest()?.state.step == 7)
  }
}
