import SluiceCPU
import SluiceCompute
import SluiceNN
import Testing

@testable import SluiceTraining

/// Steps that a loop of one's own takes.
@Suite struct StepTests {
  private var configuration: TrainerConfiguration {
    var configuration = TrainerTests.configuration(epochs: 5)
    configuration.schedule = .cosine(warmup: 3, final: 0.1)
    configuration.weightAverage = WeightAverageConfiguration()
    return configuration
  }

  @Test func stepsAreThoseOfARun() throws {
    let whole = try RegressionProblem()
    let outcome = try Trainer(whole, configuration: configuration).run()

    let stepped = try RegressionProblem()
    let trainer = try Trainer(stepped, configuration: configuration)
    for _ in 0..<20 { try trainer.step() }
    #expect(trainer.state.step == 20 && stepped.validationCount == 0)
    #expect(try stepped.weights() == whole.weights())
    let backend = stepped.parameters.backend
    let averaged: [Float] = try backend.read(trainer.currentParameters.weights)
    let expected: [Float] = try whole.parameters.backend.read(outcome.parameters.weights)
    #expect(averaged == expected)

    // Some steps, then the run takes the others.
    let both = try RegressionProblem()
    let begun = try Trainer(both, configuration: configuration)
    for _ in 0..<7 { try begun.step() }
    #expect(try begun.run().steps == 20)
    #expect(try both.weights() == whole.weights())
  }

  @Test func onlyAFullLogIsWaitedFor() throws {
    let backend = CountingBackend(try CPUBackend(threads: 1))
    let problem = try RegressionProblem(on: backend)
    let trainer = try Trainer(problem, configuration: configuration)
    let before = backend.waits
    for _ in 0..<5 { try trainer.step() }
    #expect(backend.waits == before)
    try trainer.step()
    #expect(backend.waits == before + 1)
    for _ in 0..<4 { try trainer.step() }
    #expect(backend.waits == before + 1)
    try trainer.takeLoss()
    #expect(backend.waits == before + 2)
    try trainer.takeLoss()
    #expect(backend.waits == before + 2)
  }

  /// Of all steps, those that a full log was emptied of too.
  @Test func theLossIsTheMeanOfTheSteps() throws {
    let problem = try RegressionProblem(dropout: 0)
    var configuration = configuration
    configuration.learningRate = 0
    configuration.logEvery = 3
    let trainer = try Trainer(problem, configuration: configuration)
    #expect(try trainer.takeLoss() == nil)
    // Two epochs: every point twice.
    for _ in 0..<8 { try trainer.step() }
    let loss = try #require(try trainer.takeLoss())
    #expect(abs(loss - (try problem.meanSquaredError(problem.parameters))) < 1e-5)
    #expect(try trainer.takeLoss() == nil)
  }

  @Test func aBadLossIsReported() throws {
    let problem = try RegressionProblem(dropout: 0)
    problem.nanAt = 2
    let trainer = try Trainer(problem, configuration: configuration)
    for _ in 0..<5 { try trainer.step() }
    let error = #expect(throws: TrainingError.self) { try trainer.step() }
    #expect(error?.step == 2 && error?.parameters.contains("first.weight") == true)

    let other = try RegressionProblem(dropout: 0)
    other.nanAt = 2
    let second = try Trainer(other, configuration: configuration)
    for _ in 0..<3 { try second.step() }
    #expect(#expect(throws: TrainingError.self) { try second.takeLoss() }?.step == 2)
  }

  /// A batch that could not be made leaves no trace.
  @Test func aStepThatFailedCanBeTakenAgain() throws {
    let whole = try RegressionProblem(dropout: 0)
    let straight = try Trainer(whole, configuration: configuration)
    for _ in 0..<6 { try straight.step() }
    let problem = try RegressionProblem(dropout: 0)
    let trainer = try Trainer(problem, configuration: configuration)
    problem.abandonAt = 3
    for _ in 0..<3 { try trainer.step() }
    #expect(throws: Abandoned.self) { try trainer.step() }
    problem.abandonAt = nil
    for _ in 0..<3 { try trainer.step() }
    #expect(try trainer.takeLoss() == straight.takeLoss())
    #expect(trainer.state.step == 6)
    #expect(try problem.weights() == whole.weights())
  }
}
