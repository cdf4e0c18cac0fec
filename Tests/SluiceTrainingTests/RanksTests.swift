import Logging
import SluiceCPU
import SluiceCompute
import SluiceNN
import SluicePlatform
import Synchronization
import TestSupport
import Testing

@testable import SluiceTraining

@Suite struct RanksTests {
  static func configuration(microBatches: Int) -> TrainerConfiguration {
    var configuration = TrainerTests.configuration(epochs: 4)
    configuration.gradientAccumulation = microBatches
    configuration.validateEvery = 6
    configuration.earlyStopping = EarlyStoppingConfiguration(patience: 100)
    return configuration
  }

  /// The weights of every rank at the end.
  private static func weights(ranks: Int, microBatches: Int) throws -> [[Float]] {
    try LocalRanks.run(ranks) { ranks in
      let problem = try RegressionProblem(batchSize: 8, micro: microBatches, ranks: ranks)
      let trainer = try Trainer(
        problem, configuration: configuration(microBatches: microBatches))
      let outcome = try trainer.run()
      return try problem.parameters.backend.read(outcome.parameters.weights)
    }
  }

  @Test(arguments: [(2, 2), (4, 4), (2, 4), (2, 3), (3, 4), (4, 2)])
  func ranksAreMicroBatchesToTheBit(ranks: Int, microBatches: Int) throws {
    let alone = try Self.weights(ranks: 1, microBatches: microBatches)[0]
    let together = try Self.weights(ranks: ranks, microBatches: microBatches)
    #expect(together.count == ranks)
    for weights in together { #expect(weights == alone) }
    #expect(alone != (try Self.weights(ranks: 1, microBatches: 1)[0]))
  }

  @Test func eachComputesItsOwnMicroBatches() throws {
    let seen = try LocalRanks.run(3) { ranks in
      let problem = try RegressionProblem(batchSize: 8, micro: 4, ranks: ranks)
      var configuration = Self.configuration(microBatches: 4)
      configuration.epochs = 1
      configuration.stepsPerEpoch = 2
      configuration.seed = 77
      _ = try Trainer(problem, configuration: configuration).run()
      return problem.modes
    }
    let steps: [[UInt32]] = [[0, 3, 4, 7], [1, 5], [2, 6]]
    #expect(seen == steps.map { $0.map { .training(seed: 77, step: $0) } })
  }

  /// A session of a run on several ranks: the weights of the first; nil where it "died" at a step.
  private func session(in folder: TestFolder, ranks: Int, dyingAt step: Int? = nil) throws
    -> [Float]?
  {
    let path = folder("run")
    do {
      return try LocalRanks.run(ranks) { ranks in
        let run =
          ranks.isRoot
          ? try RunDirectory(path, resuming: RunDirectory.holdsRun(path))
          : RunDirectory(followed: "elsewhere")
        if ranks.isRoot { try AtomicFile.write("settings", to: run.configurationPath) }
        let phases = try PhasedTraining(
          in: run, settings: "same", changes: { _ in [] }, dataFingerprint: "data",
          keepCheckpoints: 2,
          logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, ranks: ranks)
        var weights: [Float] = []
        var configuration = Self.configuration(microBatches: 4)
        configuration.checkpointEvery = 5
        for (index, name) in ["validate", "refit"].enumerated() {
          let problem = try RegressionProblem(
            seed: UInt64(index), batchSize: 8, micro: 4, ranks: ranks)
          // The last rank dies; the others wait for it in vain.
          if index == 1, ranks.rank == ranks.size - 1 { problem.abandonAt = step }
          let phase = try #require(try phases.train(name, configuration, problem))
          weights += try problem.parameters.backend.read(phase.parameters.weights)
        }
        return weights
      }[0]
    } catch is Abandoned {
      return nil
    }
  }

  @Test func killedAndResumedOnAnyNumberOfRanks() throws {
    let whole = try TestFolder()
    let expected = try #require(try session(in: whole, ranks: 1))
    let folder = try TestFolder()
    #expect(try session(in: folder, ranks: 4, dyingAt: 3) == nil)
    #expect(try session(in: folder, ranks: 2, dyingAt: 9) == nil)
    #expect(try CheckpointStore(folder: folder("run/checkpoints")).steps().last == 16 + 5)
    #expect(try session(in: folder, ranks: 3, dyingAt: 12) == nil)
    #expect(try session(in: folder, ranks: 1) == expected)
    #expect(!FileReader.exists("elsewhere"))
  }

  @Test func allStopWhereOneIsAskedTo() throws {
    let folder = try TestFolder()
    let path = folder("checkpoints")
    let outcomes = try LocalRanks.run(3) { ranks in
      let problem = try RegressionProblem(batchSize: 8, micro: 3, ranks: ranks)
      let trainer = try Trainer(
        problem, configuration: Self.configuration(microBatches: 3),
        checkpoints: ranks.isRoot ? CheckpointStore(folder: path) : nil)
      trainer.shouldStop = { [unowned trainer] in ranks.rank == 2 && trainer.state.step == 6 }
      let outcome = try trainer.run()
      return "\(outcome.end) \(outcome.steps)"
    }
    #expect(outcomes == [String](repeating: "interrupted 7", count: 3))
    #expect(try CheckpointStore(folder: path).steps() == [7])
  }

  @Test func aStepThatOneGivesUpIsGivenUpByAll() throws {
    let outcomes = try LocalRanks.run(2) { ranks in
      let problem = try RegressionProblem(batchSize: 8, micro: 2, ranks: ranks)
      let trainer = try Trainer(
        problem, configuration: Self.configuration(microBatches: 2))
      let isAsked = Atomic(false)
      if ranks.rank == 1 {
        trainer.shouldStop = { [unowned trainer] in
          // Asked at the end of the fifth step: the sixth is given up.
          if trainer.state.step == 4 { isAsked.store(true, ordering: .relaxed) }
          return false
        }
        trainer.abandonsStep = { isAsked.load(ordering: .relaxed) }
      }
      let outcome = try trainer.run()
      let alone = try RegressionProblem(batchSize: 8, micro: 2)
      alone.abandonAt = 5
      #expect(throws: Abandoned.self) {
        _ = try Trainer(alone, configuration: Self.configuration(microBatches: 2)).run()
      }
      #expect(try problem.weights() == alone.weights())
      return "\(outcome.end) \(outcome.steps)"
    }
    #expect(outcomes == ["interrupted 5", "interrupted 5"])
  }

  @Test func allTellOfTheSameLossThatIsNotFinite() throws {
    let reports = try LocalRanks.run(2) { ranks in
      let problem = try RegressionProblem(batchSize: 8, micro: 2, dropout: 0, ranks: ranks)
      problem.nanAt = 7
      let trainer = try Trainer(
        problem, configuration: Self.configuration(microBatches: 2))
      let error = #expect(throws: TrainingError.self) { _ = try trainer.run() }
      return error?.description ?? ""
    }
    #expect(reports[0].contains("step 7") && reports[0] == reports[1], "\(reports)")
  }

  @Test func ranksOnOtherInstructionsHoldTheSameWeights() throws {
    let sets = InstructionSet.available
    let weights = try LocalRanks.run(sets.count) { ranks in
      let backend = try CPUBackend(threads: 1, instructionSet: sets[ranks.rank])
      backend.ranks = ranks
      let problem = try RegressionProblem(batchSize: 8, micro: 4, on: backend)
      let trainer = try Trainer(
        problem, configuration: Self.configuration(microBatches: 4))
      _ = try trainer.run()
      return try problem.weights()
    }
    for others in weights { #expect(others == weights[0]) }
  }

  @Test func bytesAndTextsOfAnyLengthReachAll() throws {
    let texts = ["", "zwei", "äöü", String(repeating: "lang ", count: 400)]
    let bytes: [UInt8] = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    let gathered = try LocalRanks.run(texts.count) { ranks in
      #expect(try ranks.shared { bytes } == bytes)
      #expect(try ranks.shared { [] } == [])
      return try ranks.gather(texts[ranks.rank])
    }
    #expect(gathered == [[String]](repeating: texts, count: texts.count))
  }

  @Test(arguments: [0, 1, 2, 3, 7, 1000])
  func partsOfAnArrayMergeBitByBit(count: Int) throws {
    let whole: [Float] = (0..<count).map { $0 == 1 ? -0.0 : $0 == 2 ? .nan : 0.1 * Float($0) }
    let wide = whole.map { Double($0) / 3 }
    try LocalRanks.run(3) { ranks in
      var own = whole.enumerated().map { ranks.owns($0 / 2) ? $1 : 0 }
      try ranks.merge(&own)
      #expect(own.map(\.bitPattern) == whole.map(\.bitPattern))
      var ownWide = wide.enumerated().map { ranks.owns($0) ? $1 : 0 }
      try ranks.merge(&ownWide)
      #expect(ownWide.map(\.bitPattern) == wide.map(\.bitPattern))
    }
  }
}
