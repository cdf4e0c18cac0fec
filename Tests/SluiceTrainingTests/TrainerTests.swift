import SluiceCPU
import SluiceCompute
import SluiceNN
import Testing

@testable import SluiceTraining

@Suite struct TrainerTests {
  static func configuration(epochs: Int = 15) -> TrainerConfiguration {
    var configuration = TrainerConfiguration()
    configuration.epochs = epochs
    configuration.stepsPerEpoch = 4
    configuration.learningRate = 0.02
    configuration.optimizer = .adamW()
    configuration.weightDecay = 1e-3
    configuration.clipNorm = 1
    configuration.logEvery = 5
    return configuration
  }

  @Test func learnsTheRegression() throws {
    let problem = try RegressionProblem(dropout: 0)
    var configuration = Self.configuration(epochs: 60)
    configuration.schedule = .cosine(warmup: 10, final: 0)
    let before = try problem.meanSquaredError(problem.parameters)
    let outcome = try Trainer(problem, configuration: configuration).run()
    #expect(outcome.end == .finished && outcome.steps == 240 && outcome.bestStep == 240)
    #expect(before > 0.3)
    #expect(outcome.validation[0].value < 0.01)
    #expect(outcome.validation[0].value == (try problem.meanSquaredError(outcome.parameters)))
    #expect((outcome.trainingLoss ?? 1) < 0.02)
    #expect(outcome.sequencesPerSecond > 0)
  }

  @Test func theSameRunTwiceGivesTheSameBits() throws {
    func run() throws -> [Float] {
      let problem = try RegressionProblem()
      _ = try Trainer(problem, configuration: Self.configuration()).run()
      return try problem.weights()
    }
    #expect(try run() == run())
  }

  @Test func accumulationEqualsOneLargeBatch() throws {
    func run(batchSize: Int, micro: Int) throws -> [Float] {
      let problem = try RegressionProblem(batchSize: batchSize, micro: micro, dropout: 0)
      var configuration = Self.configuration(epochs: 3)
      configuration.stepsPerEpoch = 2
      configuration.gradientAccumulation = micro
      configuration.optimizer = .sgd(momentum: 0.9)
      // Clipping would hide a wrong scale.
      configuration.clipNorm = nil
      _ = try Trainer(problem, configuration: configuration).run()
      return try problem.weights()
    }
    let large = try run(batchSize: 32, micro: 1)
    let small = try run(batchSize: 8, micro: 4)
    #expect(large != (try RegressionProblem(dropout: 0).weights()))
    for (a, b) in zip(large, small) { #expect(abs(a - b) < 1e-6) }
  }

  @Test func everyMicroBatchHasRandomNumbersOfItsOwn() throws {
    let problem = try RegressionProblem(micro: 3)
    var configuration = Self.configuration(epochs: 2)
    configuration.gradientAccumulation = 3
    configuration.seed = 77
    _ = try Trainer(problem, configuration: configuration).run()
    #expect(problem.modes == (0..<24).map { .training(seed: 77, step: $0) })
  }

  @Test func metricsHaveARowPerInterval() throws {
    let folder = try TestFolder()
    let log = try MetricsLog(path: folder("metrics.csv"))
    var configuration = Self.configuration(epochs: 3)
    configuration.validateEvery = 6
    let problem = try RegressionProblem()
    let outcome = try Trainer(problem, configuration: configuration, phase: "v", metrics: log).run()
    #expect(log.columns == MetricsLog.standardColumns + ["mse"])
    #expect(log.rows.map { $0[2] } == ["5", "6", "10", "12"])
    #expect(log.rows.map { $0[1] } == ["2", "2", "3", "3"])
    #expect(log.rows.map { !$0[8].isEmpty } == [false, true, false, true])
    #expect(log.rows.allSatisfy { $0[0] == "v" && Double($0[4]) != nil && Double($0[5]) != nil })
    #expect(log.rows[3][8] == MetricsLog.number(outcome.validation[0].value))
  }

  @Test func theNormReportedIsThatOfTheGradients() throws {
    let folder = try TestFolder()
    let log = try MetricsLog(path: folder("metrics.csv"))
    let problem = try RegressionProblem()
    var configuration = Self.configuration(epochs: 1)
    configuration.stepsPerEpoch = 1
    _ = try Trainer(problem, configuration: configuration, metrics: log).run()
    let gradients: [Float] = try problem.parameters.backend.read(problem.parameters.gradients)
    let norm = gradients.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let reported = try #require(Double(log.rows[0][5]))
    #expect(norm > 0.1 && abs(reported - norm) < 1e-5 * norm)
  }

  @Test func progressIsShownAndShowsTheEnd() throws {
    let problem = try RegressionProblem()
    let trainer = try Trainer(problem, configuration: Self.configuration(epochs: 2), phase: "p")
    var shown: [TrainingProgress] = []
    trainer.onProgress = { shown.append($0) }
    _ = try trainer.run()
    let last = try #require(shown.last)
    #expect(last.step == 8 && last.totalSteps == 8 && last.epoch == 2 && last.secondsLeft == 0)
    #expect(last.phase == "p" && last.loss != nil && last.sequencesPerSecond > 0)
  }

  @Test func theDeviceIsWaitedForOncePerInterval() throws {
    let backend = CountingBackend(try CPUBackend(threads: 1))
    let problem = try RegressionProblem(on: backend)
    problem.validates = false
    var configuration = Self.configuration(epochs: 5)
    configuration.stepsPerEpoch = 40
    configuration.logEvery = 20
    configuration.weightAverage = WeightAverageConfiguration()
    let trainer = try Trainer(problem, configuration: configuration)
    trainer.onProgress = { _ in }
    let before = backend.waits
    _ = try trainer.run()
    #expect(backend.waits - before == 200 / 20)
  }

  @Test func earlyStoppingKeepsTheBest() throws {
    let problem = try RegressionProblem()
    problem.validationScript = [3, 2, 1, 4, .nan, 1, 0]
    var configuration = Self.configuration()
    configuration.earlyStopping = EarlyStoppingConfiguration(metric: "score", patience: 3)
    let outcome = try Trainer(problem, configuration: configuration).run()
    #expect(outcome.end == .stoppedEarly && outcome.steps == 24 && outcome.bestStep == 12)
    #expect(outcome.validation == [MetricValue("score", 1)])

    let three = try RegressionProblem()
    three.validationScript = [3, 2, 1]
    _ = try Trainer(three, configuration: Self.configuration(epochs: 3)).run()
    #expect(
      try problem.parameters.backend.read(outcome.parameters.weights) as [Float]
        == three.weights())
    #expect(try problem.weights() != three.weights())

    configuration.earlyStopping?.metric = "smape"
    problem.validationScript = [1, 1]
    let error = #expect(throws: TrainingError.self) {
      _ = try Trainer(RegressionProblem(), configuration: configuration).run()
    }
    #expect(error?.description.contains("\"smape\"") == true)
    #expect(error?.description.contains("mse") == true)
  }

  @Test func plateauLowersTheRateWithoutValidationToo() throws {
    let problem = try RegressionProblem()
    problem.validates = false
    var configuration = Self.configuration(epochs: 4)
    configuration.learningRate = 0
    configuration.schedule = .reduceOnPlateau(
      factor: 0.5, patience: 0, minimum: 0, metric: nil, mode: .minimum)
    let trainer = try Trainer(problem, configuration: configuration)
    _ = try trainer.run()
    // Without learning the loss only changes with dropout; it cannot improve three times.
    #expect(trainer.state.plateau.factor < 1)
    #expect(trainer.state.plateau.best != nil)
  }

  @Test func averageFollowsItsFormula() throws {
    let backend = try CPUBackend(threads: 1)
    var layout = ParameterLayout()
    _ = layout.add("w", [3], .constant(1))
    let parameters = try ParameterArena(layout, on: backend, seed: 1)
    for warmup in [false, true] {
      try backend.write(
        [Float](repeating: 1, count: parameters.weights.count), to: parameters.weights)
      let average = try WeightAverage(.init(decay: 0.9, warmup: warmup), of: parameters)
      var expected = 1.0
      for update in 0..<120 {
        let value = Float(update) / 7
        try backend.write(
          [Float](repeating: value, count: parameters.weights.count), to: parameters.weights)
        try average.update(number: update)
        let decay = warmup ? min(0.9, Double(update + 1) / Double(update + 10)) : 0.9
        expected = decay * expected + (1 - decay) * Double(value)
      }
      let values: [Float] = try backend.read(average.averaged.weights)
      #expect(abs(Double(values[0]) - expected) < 1e-5)
    }
  }

  @Test func groupsFollowDecayAndScale() throws {
    let backend = try CPUBackend(threads: 1)
    var layout = ParameterLayout()
    _ = layout.add("a", [3], .zeros)
    _ = layout.add("b", [5], .zeros)
    _ = layout.add("c", [2], .zeros, decays: false)
    _ = layout.add("d", [2], .zeros, learningRateScale: 2)
    let parameters = try ParameterArena(layout, on: backend, seed: 1)
    let optimizer = try Optimizer(.adam(), for: parameters, weightDecay: 0.5)
    #expect(
      optimizer.groups == [
        ParameterGroup(range: 0..<21, weightDecay: 0.5), ParameterGroup(range: 32..<34),
        ParameterGroup(range: 48..<50, learningRateScale: 2, weightDecay: 0.5),
      ])
  }
}
