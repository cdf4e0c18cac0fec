import Sluice
import Testing

@Suite struct SequenceDataTests {
  @Test func batchFirstEqualsTimeMajor() throws {
    let (rows, steps) = (24, 5)
    func features(_ row: Int, _ step: Int) -> [Float] {
      [Float((row * 5 + step * 3) % 7), Float(row % 4 - step)]
    }
    let sequences = (0..<rows).map { row in (0..<steps).map { features(row, $0) } }
    let targets = SequenceTargets.classes((0..<rows).map { $0 % 3 })
    let timeMajor = (0..<steps).flatMap { step in
      (0..<rows).flatMap { features($0, step) }
    }
    let all = [
      try SequenceData(sequences, targets: targets),
      try SequenceData(
        sequences.flatMap { $0.flatMap { $0 } }, shape: [rows, steps, 2], targets: targets),
      try SequenceData(timeMajor, shape: [steps, rows, 2], layout: .timeMajor, targets: targets),
    ]
    let results = try all.map { data in
      let model = try Waves.model()
      try model.fit(data, epochs: 2, batchSize: 8)
      return (try model.bits(), try model.predict(data).bits)
    }
    #expect(results[0].0 == results[1].0 && results[0].0 == results[2].0)
    #expect(results[0].1 == results[1].1 && results[0].1 == results[2].1)
  }

  @Test func tokensLieEitherWayToo() throws {
    let rows = [[1, 2, 3], [4, 5, 6]]
    let model = try SequenceModel(
      [.embedding(4), .lstm(4), .dense(1)], input: .tokens(vocabulary: 7), device: "cpu")
    let wanted = try model.predict(SequenceData(tokens: rows)).bits
    let batchFirst = try SequenceData(tokens: [1, 2, 3, 4, 5, 6], shape: [2, 3])
    let timeMajor = try SequenceData(
      tokens: [1, 4, 2, 5, 3, 6], shape: [3, 2], layout: .timeMajor)
    #expect(try model.predict(batchFirst).bits == wanted)
    #expect(try model.predict(timeMajor).bits == wanted)
  }

  /// What stands behind a row's length is not looked at, and what stands before it is.
  @Test(arguments: [false, true]) func lengthsMatter(isTimeMajor: Bool) throws {
    let lengths = [2, 4, 0, 3]
    let model = try Waves.model()
    func flat(beyond: Float) -> [Float] {
      var values = [Float](repeating: beyond, count: 4 * 4 * 2)
      for (row, length) in lengths.enumerated() {
        for step in 0..<length {
          for feature in 0..<2 {
            let place = isTimeMajor ? step * 4 + row : row * 4 + step
            values[2 * place + feature] = Float(row + 1) * 0.3 - Float(step) * 0.2
          }
        }
      }
      return values
    }
    func predict(_ values: [Float], _ lengths: [Int]?) throws -> [UInt32] {
      try model.predict(
        SequenceData(
          values, shape: [4, 4, 2], layout: isTimeMajor ? .timeMajor : .batchFirst,
          lengths: lengths)
      ).bits
    }
    let wanted = try predict(flat(beyond: 0), lengths)
    #expect(try predict(flat(beyond: 99), lengths) == wanted)
    #expect(try predict(flat(beyond: .nan), lengths) == wanted)
    #expect(try predict(flat(beyond: 0), nil) != wanted)
    let ragged: [[[Float]]] = lengths.enumerated().map { row, length in
      (0..<length).map { step in
        [Float](repeating: Float(row + 1) * 0.3 - Float(step) * 0.2, count: 2)
      }
    }
    #expect(try model.predict(SequenceData(ragged)).bits == wanted)
  }

  /// Batches are made by length, answers come in the order of the rows.
  @Test func answersComeInTheOrderOfTheRows() throws {
    let model = try Waves.model()
    let (sequences, _) = Waves.rows(40)
    let together = try model.predict(SequenceData(sequences), batchSize: 7)
    #expect(together.count == 40)
    for row in [0, 13, 39] {
      let alone = try model.predict(SequenceData([sequences[row]]))
      for column in 0..<3 {
        #expect(abs(alone[0][column] - together[row][column]) < 1e-5)
      }
    }
  }

  @Test func probabilitiesAddUpToOne() throws {
    let model = try Waves.model()
    let predictions = try model.predict(Waves.data(12))
    for row in 0..<12 { #expect(abs(predictions[row].reduce(0, +) - 1) < 1e-5) }
    #expect(
      predictions.classes
        == (0..<12).map { row in
          predictions[row].firstIndex(of: predictions[row].max() ?? 0) ?? -1
        })
  }
}
