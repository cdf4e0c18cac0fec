import Sluice
import Testing

/// A fit goes alike on every device of this machine, within rounding.
@Suite struct EveryDeviceTests {
  private static let devices = Devices.all().filter { $0.unusableReason == nil }.map(\.id)

  @Test(arguments: devices) func features(device: String) throws {
    // One length, which gathers windows, and several, which gather steps.
    let (sequences, classes) = Waves.rows(48)
    for rows in [sequences.map { Array($0.prefix(4)) }, sequences] {
      let data = try SequenceData(rows, targets: .classes(classes))
      let losses = try ["cpu", device].map { id in
        let model = try SequenceModel(
          [.lstm(8), .dropout(0.2), .dense(3, .softmax)], input: .features(2), device: id)
        try model.fit(data, epochs: 3, batchSize: 10, learningRate: 0.01, validation: .share(0.25))
        return try #require(model.evaluate(data)["loss"])
      }
      #expect(abs(losses[0] - losses[1]) < 1e-4)
    }
  }

  @Test(arguments: devices) func tokens(device: String) throws {
    let rows = (0..<48).map { row in (0..<(row % 7)).map { (row * 3 + $0 * 5) % 11 } }
    let data = try SequenceData(tokens: rows, targets: .values(rows.map { Float($0.count) / 7 }))
    let answers = try ["cpu", device].map { id in
      let model = try SequenceModel(
        [.embedding(6), .lstm(8), .dense(1)], input: .tokens(vocabulary: 11), device: id)
      try model.fit(data, epochs: 3, batchSize: 10, learningRate: 0.01)
      return try model.predict(data).values
    }
    for (left, right) in zip(answers[0], answers[1]) { #expect(abs(left - right) < 1e-4) }
  }
}
