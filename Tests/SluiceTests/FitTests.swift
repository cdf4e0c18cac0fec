import Sluice
import Testing

@Suite struct FitTests {
  @Test func aStackLearnsToTellClassesApart() throws {
    let model = try Waves.model()
    let test = try Waves.data(90, seed: 2)
    let before = try #require(try model.evaluate(test)["accuracy"])
    let result = try model.fit(
      Waves.data(300), epochs: 12, learningRate: 0.01, validation: .share(0.1))
    let after = try model.evaluate(test)
    #expect(before < 0.7)
    #expect(try #require(after["accuracy"]) > 0.95)
    #expect(result.end == .finished)
    #expect(result.epochs.count == 12)
    #expect(result.steps == 12 * 9)  // 270 rows in batches of 32
    let losses = result.epochs.compactMap(\.trainingLoss)
    #expect(losses.count == 12)
    #expect(losses[11] < losses[0] / 2)
    #expect(result["accuracy"] != nil)
  }

  @Test func sameSettingsSameBits() throws {
    func fitted(seed: UInt64) throws -> [UInt32] {
      let model = try Waves.model()
      try model.fit(Waves.data(100), epochs: 2, validation: .share(0.2), seed: seed)
      return try model.bits()
    }
    let first = try fitted(seed: 1)
    #expect(try fitted(seed: 1) == first)
    #expect(try fitted(seed: 2) != first)
  }

  /// Watching changes nothing.
  @Test func callbacksDoNotChangeTheBits() throws {
    let data = try Waves.data(100)
    let silent = try Waves.model()
    try silent.fit(data, epochs: 2)
    let watched = try Waves.model()
    try watched.fit(data, epochs: 2, onEpoch: { _ in }, onStep: { _ in })
    #expect(try silent.bits() == watched.bits())
  }

  @Test func valuesAndVectors() throws {
    // The mean of a row, and its first and last value.
    let rows: [[Float]] = (0..<200).map { row in
      (0..<6).map { Float((row * 7 + $0 * 3) % 11) / 11 }
    }
    let values = try SequenceModel([.lstm(16), .dense(1)], input: .features(1), device: "cpu")
    let data = try SequenceData(
      series: rows, targets: .values(rows.map { $0.reduce(0, +) / 6 }))
    let before = try #require(try values.evaluate(data)["rmse"])
    try values.fit(data, epochs: 30, learningRate: 0.01)
    let after = try values.evaluate(data)
    #expect(try #require(after["rmse"]) < before / 4)
    #expect(abs(try #require(after["loss"]) - pow2(try #require(after["rmse"]))) < 1e-5)

    let vectors = try SequenceModel(
      [.lstm(16), .dense(2)], input: .features(1), loss: .huber(delta: 1), device: "cpu")
    let ends = try SequenceData(
      series: rows, targets: .vectors(rows.map { [$0[0], $0[5]] }))
    let early = try #require(try vectors.evaluate(ends)["mae"])
    try vectors.fit(ends, epochs: 30, learningRate: 0.01)
    #expect(try #require(try vectors.evaluate(ends)["mae"]) < early / 3)
    #expect(try vectors.predict(ends)[7].count == 2)
  }

  private func pow2(_ value: Double) -> Double { value * value }

  @Test func tokensAndYesOrNo() throws {
    // Yes where the token 3 comes at all; rows of 1 to 9 tokens.
    var generator = PhiloxGenerator(RandomStream(seed: 4, stream: 0))
    let rows = (0..<300).map { _ in
      (0..<(1 + generator.index(below: 9))).map { _ in 1 + generator.index(below: 9) }
    }
    let data = try SequenceData(
      tokens: rows, targets: .classes(rows.map { $0.contains(3) ? 1 : 0 }))
    let model = try SequenceModel(
      [.embedding(8), .lstm(16), .dense(1, .sigmoid)], input: .tokens(vocabulary: 10, padding: 0),
      device: "cpu")
    try model.fit(data, epochs: 25, learningRate: 0.01)
    #expect(try #require(try model.evaluate(data)["accuracy"]) > 0.97)
    let predictions = try model.predict(data)
    #expect(predictions.values.allSatisfy { $0 > 0 && $0 < 1 })
    #expect(predictions.classes == predictions.values.map { $0 >= 0.5 ? 1 : 0 })
  }

  @Test func aFunctionOnTheTape() throws {
    let model = try SequenceModel(output: .softmax, device: "cpu") { layout in
      let lstm = Recurrent("lstm", inputSize: 2, hiddenSize: 16, in: &layout)
      let head = Linear("head", inputSize: 16, outputSize: 3, in: &layout)
      return { batch, tape in
        let steps = try lstm(batch.features, lengths: batch.lengths, on: tape).sequence
        return try head(tape.pool(steps, .mean, lengths: batch.lengths), on: tape)
      }
    }
    try model.fit(Waves.data(300), epochs: 12, learningRate: 0.01)
    #expect(try #require(try model.evaluate(Waves.data(90, seed: 2))["accuracy"]) > 0.9)
  }

  @Test func earlyStoppingGoesBackToTheBest() throws {
    let model = try Waves.model()
    let validation = try Waves.data(30, seed: 3)
    // A learning rate so large that it soon gets worse.
    let result = try model.fit(
      Waves.data(90), epochs: 40, learningRate: 0.3, validation: .data(validation),
      earlyStopping: EarlyStoppingConfiguration(patience: 3))
    #expect(result.end == .stoppedEarly)
    #expect(result.bestStep < result.steps)
    let best = try #require(result["loss"])
    #expect(best == result.epochs.compactMap { $0["loss"] }.min())
    // The model's weights are those of that step.
    #expect(try model.evaluate(validation)["loss"] == best)
  }

  /// How it runs is told, not lost in silence.
  @Test func plansAndLayersAreTold() throws {
    let model = try SequenceModel(
      [.embedding(8), .lstm(16, sequences: true), .lstm(8), .dense(3, .softmax)],
      input: .tokens(vocabulary: 20), device: "cpu")
    let plans = try model.plans(steps: 10, batch: 32, hasLengths: true)
    #expect(plans.count == 2)
    #expect(plans.allSatisfy { !$0.plan.reason.isEmpty && $0.descriptor.hasLengths })
    #expect(model.description.contains("LSTM"))
    #expect(model.description.contains("Total"))
  }

  @Test func gradientAccumulationMakesFewerSteps() throws {
    var configuration = TrainerConfiguration()
    configuration.epochs = 2
    configuration.stepsPerEpoch = 0
    configuration.gradientAccumulation = 2
    let result = try Waves.model().fit(
      Waves.data(96), configuration: configuration, batchSize: 16)
    #expect(result.steps == 2 * 3)
  }
}
