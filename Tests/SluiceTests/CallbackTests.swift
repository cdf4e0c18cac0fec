import Sluice
import Testing

@Suite struct CallbackTests {
  @Test func everyStepAndEveryEpoch() throws {
    var steps: [Int] = []
    var epochs: [FitProgress] = []
    let result = try Waves.model().fit(
      Waves.data(50), epochs: 3, batchSize: 16, validation: .share(0.2),
      onEpoch: { epochs.append($0) }, onStep: { steps.append($0.step) })
    #expect(steps == Array(1...9))
    #expect(epochs.map(\.epoch) == [1, 2, 3])
    #expect(epochs.map(\.step) == [3, 6, 9])
    #expect(epochs.allSatisfy { $0.epochs == 3 && $0.totalSteps == 9 })
    #expect(epochs.allSatisfy { $0.trainingLoss != nil && $0["accuracy"] != nil })
    #expect(epochs[0].trainingLoss != epochs[1].trainingLoss)
    #expect(result.epochs.map(\.trainingLoss) == epochs.map(\.trainingLoss))
    #expect(epochs[2].description.hasPrefix("epoch 3/3  loss "))
  }

  /// Without a validation every epoch still has its own loss.
  @Test func epochsHaveALossWithoutValidation() throws {
    var losses: [Double] = []
    try Waves.model().fit(Waves.data(50), epochs: 4, batchSize: 16, learningRate: 0.01) {
      losses.append($0.trainingLoss ?? .nan)
      #expect($0.validation.isEmpty)
    }
    #expect(losses.count == 4)
    #expect(Set(losses).count == 4)
    #expect(losses[3] < losses[0])
  }

  @Test func anEpochMayBeTheLast() throws {
    let result = try Waves.model().fit(Waves.data(50), epochs: 9, batchSize: 16) {
      if $0.epoch == 2 { $0.stops = true }
    }
    #expect(result.end == .interrupted)
    #expect(result.steps == 8)
    #expect(result.epochs.count == 2)
  }

  @Test func aStepMayBeTheLast() throws {
    var seen = 0
    let model = try Waves.model()
    let result = try model.fit(
      Waves.data(50), epochs: 9, batchSize: 16,
      onStep: {
        seen = $0.step
        $0.stops = $0.step == 5
      })
    #expect(seen == 5)
    #expect(result.end == .interrupted)
    #expect(result.steps == 5)
    #expect(result.epochs.map(\.step) == [4, 5])
    // As many steps as a fit that stops there by itself, to the bit.
    var configuration = TrainerConfiguration()
    configuration.stepsPerEpoch = 5
    let other = try Waves.model()
    try other.fit(Waves.data(50), configuration: configuration, batchSize: 16)
    #expect(try model.bits() == other.bits())
  }
}
