import Sluice
import Testing

/// Each error says which row, step or setting is wrong, and what to do.
@Suite struct FitErrorTests {
  private func expect(
    _ code: ComputeError.Code, _ words: String...,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) throws {
    let error = try #require(
      throws: ComputeError.self, sourceLocation: sourceLocation, performing: body)
    #expect(error.code == code, sourceLocation: sourceLocation)
    #expect(!error.remedy.isEmpty, sourceLocation: sourceLocation)
    for word in words {
      #expect(error.what.contains(word), "\(error.what)", sourceLocation: sourceLocation)
    }
  }

  @Test func dataThatDoNotFitTogether() throws {
    try expect(.shapeMismatch, "step 1 of row 1", "3 features", "2") {
      _ = try SequenceData([[[1, 2]], [[1, 2], [1, 2, 3]]])
    }
    try expect(.shapeMismatch, "1 targets", "2 sequences") {
      _ = try SequenceData(series: [[1], [2]], targets: .values([1]))
    }
    try expect(.shapeMismatch, "row 1", "1") {
      _ = try SequenceData(series: [[1], [2]], targets: .vectors([[1, 2], [1]]))
    }
    try expect(.indexOutOfRange, "row 1", "-1") {
      _ = try SequenceData(series: [[1], [2]], targets: .classes([0, -1]))
    }
    try expect(.indexOutOfRange, "step 2 of row 0", "-4") {
      _ = try SequenceData(tokens: [[1, 2, -4]])
    }
    try expect(.indexOutOfRange, "length of row 1", "4") {
      _ = try SequenceData([0, 0, 0, 0, 0, 0], shape: [2, 3, 1], lengths: [3, 4])
    }
    try expect(.shapeMismatch, "[6, 1]") { _ = try SequenceData([0, 0], shape: [6, 1]) }
    try expect(.invalidArgument, "no sequences") { _ = try SequenceData(series: []) }
    try expect(.invalidArgument, "no features") { _ = try SequenceData([[[]], [[]]]) }
  }

  @Test func dataThatDoNotFitTheNetwork() throws {
    let model = try Waves.model()
    try expect(.shapeMismatch, "2 features", "1") {
      _ = try model.predict(SequenceData(series: [[1, 2]]))
    }
    try expect(.invalidArgument, "tokens") { _ = try model.predict(SequenceData(tokens: [[1]])) }
    try expect(.invalidArgument, "no targets") {
      _ = try model.evaluate(SequenceData([[[1, 2]]]))
    }
    try expect(.indexOutOfRange, "row 1", "class 3") {
      try model.fit(SequenceData([[[1, 2]], [[1, 2]]], targets: .classes([0, 3])))
    }
    try expect(.invalidArgument, "softmax") {
      try model.fit(SequenceData([[[1, 2]]], targets: .values([0])))
    }
    let words = try SequenceModel(
      [.embedding(4), .lstm(4), .dense(1, .sigmoid)], input: .tokens(vocabulary: 5), device: "cpu")
    try expect(.indexOutOfRange, "step 1 of row 2", "5") {
      _ = try words.predict(SequenceData(tokens: [[1], [], [4, 5]]))
    }
    try expect(.invalidArgument, "row 1", "2.0") {
      try words.fit(SequenceData(tokens: [[1], [2]], targets: .values([1, 2])))
    }
    let values = try SequenceModel([.lstm(4), .dense(2)], input: .features(1), device: "cpu")
    try expect(.shapeMismatch, "3 numbers a row", "2") {
      try values.fit(SequenceData(series: [[1]], targets: .vectors([[1, 2, 3]])))
    }
    try expect(.invalidArgument, "linear", "classes") {
      try values.fit(SequenceData(series: [[1]], targets: .classes([1])))
    }
  }

  @Test func settingsThatMakeNoSense() throws {
    let data = try Waves.data(10)
    try expect(.invalidArgument, "softmaxCrossEntropy", "linear") {
      _ = try SequenceModel(
        [.lstm(4), .dense(2)], input: .features(1), loss: .softmaxCrossEntropy, device: "cpu")
    }
    try expect(.invalidArgument, "share of 0.01", "10") {
      try Waves.model().fit(data, validation: .share(0.01))
    }
    for share in [Double.nan, .infinity, 1e300, -1, 1] {
      try expect(.invalidArgument, "share of") {
        try Waves.model().fit(data, validation: .share(share))
      }
    }
    try expect(.invalidArgument, "batch of 0") { try Waves.model().fit(data, batchSize: 0) }
    try expect(.invalidArgument, "early stopping") {
      try Waves.model().fit(data, earlyStopping: EarlyStoppingConfiguration())
    }
    let error = try #require(throws: SettingError.self) {
      try Waves.model().fit(data, epochs: 0)
    }
    #expect(error.setting == "epochs")
    #expect(throws: StackError.self) {
      _ = try SequenceModel([.lstm(4)], input: .features(1), device: "cpu")
    }
    try expect(.noDevice, "tpu") {
      _ = try SequenceModel([.lstm(4), .dense(1)], input: .features(1), device: "tpu")
    }
  }

  @Test func aFunctionThatGivesSomethingElse() throws {
    let model = try SequenceModel(output: .linear, device: "cpu") { layout in
      let lstm = Recurrent("lstm", inputSize: 2, hiddenSize: 4, in: &layout)
      return { batch, tape in try lstm(batch.features, on: tape).sequence }
    }
    try expect(.shapeMismatch, "[1, 1, 4]") {
      _ = try model.predict(SequenceData([[[1, 2]]]))
    }
  }

  /// The batch is named, and the weights are those of the step before.
  @Test func aNumberThatIsNone() throws {
    let model = try Waves.model()
    var (sequences, classes) = Waves.rows(40)
    sequences[17][2][0] = .nan
    let data = try SequenceData(sequences, targets: .classes(classes))
    let error = try #require(throws: TrainingError.self) {
      try model.fit(data, batchSize: 40)
    }
    #expect(error.what.contains("rows"))
    #expect(try model.bits() == Waves.model().bits())
    classes.removeAll()
  }
}
