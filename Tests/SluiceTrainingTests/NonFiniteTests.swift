import SluiceCPU
import SluiceCompute
import SluiceNN
import Testing

@testable import SluiceTraining

@Suite struct NonFiniteTests {
  @Test func theReportNamesStepParametersAndRows() throws {
    let problem = try RegressionProblem(dropout: 0)
    problem.nanAt = 7
    let trainer = try Trainer(problem, configuration: TrainerTests.configuration())
    let error = #expect(throws: TrainingError.self) { _ = try trainer.run() }
    let text = error?.description ?? ""
    #expect(error?.step == 7)
    #expect(error?.parameters.contains("first.weight") == true)
    #expect(text.contains("step 7") && text.contains("first.weight"))
    #expect(
      text.contains("the loss itself")
        && text.contains(problem.describeBatch(step: 7, microBatch: 0)))
    #expect(text.contains("the first to see it is the matrix product of first.weight"), "\(text)")

    // The weights are those before the bad step.
    let good = try RegressionProblem(dropout: 0)
    good.abandonAt = 7
    #expect(throws: Abandoned.self) {
      _ = try Trainer(good, configuration: TrainerTests.configuration()).run()
    }
    #expect(try problem.weights() == good.weights())
  }

  @Test func anInfiniteLossWithFiniteGradientsHaltsToo() throws {
    let problem = try RegressionProblem(dropout: 0)
    problem.infiniteLossAt = 7
    let error = #expect(throws: TrainingError.self) {
      _ = try Trainer(problem, configuration: TrainerTests.configuration()).run()
    }
    #expect(error?.step == 7 && error?.parameters == [])
    #expect(error?.description.contains("the loss itself is not finite (inf)") == true)
    let good = try RegressionProblem(dropout: 0)
    good.abandonAt = 7
    #expect(throws: Abandoned.self) {
      _ = try Trainer(good, configuration: TrainerTests.configuration()).run()
    }
    #expect(try problem.weights() == good.weights())
  }

  @Test func rollbackGoesOnWithHalfTheRate() throws {
    let folder = try TestFolder()
    let problem = try RegressionProblem(dropout: 0)
    problem.nanAt = 18
    // The step itself, the one after it in the interval, and two replays.
    problem.nanCount = 4
    var configuration = TrainerTests.configuration()
    configuration.onNaN = .rollback
    configuration.checkpointEvery = 7
    let metrics = try MetricsLog(path: folder("metrics.csv"))
    let trainer = try Trainer(
      problem, configuration: configuration,
      checkpoints: CheckpointStore(folder: folder("checkpoints")), metrics: metrics)
    let outcome = try trainer.run()
    #expect(outcome.end == .finished && outcome.steps == 60)
    #expect(trainer.state.rollbacks == 1 && trainer.state.learningRateScale == 0.5)
    #expect(try problem.weights().allSatisfy(\.isFinite))
    // No step is told twice.
    let steps = metrics.rows.compactMap { Int($0[2]) }
    #expect(steps == steps.sorted() && Set(steps).count == steps.count && steps.last == 60)
    #expect(problem.enqueuedSteps.filter { $0 == 14 }.count == 2)
    #expect(problem.enqueuedSteps.filter { $0 == 13 }.count == 1)
  }

  @Test func threeRollbacksAreEnough() throws {
    let problem = try RegressionProblem(dropout: 0)
    problem.nanAt = 3
    var configuration = TrainerTests.configuration()
    configuration.onNaN = .rollback
    let trainer = try Trainer(problem, configuration: configuration)
    let error = #expect(throws: TrainingError.self) { _ = try trainer.run() }
    #expect(error?.step == 3 && trainer.state.rollbacks == 3)
  }

  @Test func anInfiniteRateIsBlamedOnTheWeights() throws {
    let problem = try RegressionProblem(dropout: 0)
    var configuration = TrainerTests.configuration()
    configuration.optimizer = .sgd()
    configuration.clipNorm = nil
    configuration.learningRate = 1e30
    let error = #expect(throws: TrainingError.self) {
      _ = try Trainer(problem, configuration: configuration).run()
    }
    #expect(error?.parameters.isEmpty == false)
    #expect(error?.description.contains("Lower the learning rate") == true)
  }
}
