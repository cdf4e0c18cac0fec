import Sluice

/// Sequences whose class shows in them: they rise, fall or do neither. Of different length, two features
/// a step, the second of which says nothing.
enum Waves {
  static func rows(_ count: Int, seed: UInt64 = 1) -> (sequences: [[[Float]]], classes: [Int]) {
    var generator = PhiloxGenerator(RandomStream(seed: seed, stream: 0))
    var sequences: [[[Float]]] = []
    var classes: [Int] = []
    for row in 0..<count {
      let kind = row % 3
      let length = 4 + generator.index(below: 8)
      let start = generator.uniform()
      let slope = Float(kind - 1) * 0.2
      sequences.append(
        (0..<length).map { [start + slope * Float($0), generator.uniform()] })
      classes.append(kind)
    }
    return (sequences, classes)
  }

  static func data(_ count: Int, seed: UInt64 = 1) throws -> SequenceData {
    let (sequences, classes) = rows(count, seed: seed)
    return try SequenceData(sequences, targets: .classes(classes))
  }

  static func model(seed: UInt64 = 1) throws -> SequenceModel {
    try SequenceModel(
      [.lstm(16), .dropout(0.1), .dense(3, .softmax)], input: .features(2), seed: seed,
      device: "cpu")
  }
}

extension SequenceModel {
  /// The weights' bits, to compare to the bit.
  func bits() throws -> [UInt32] {
    try parameters.namedWeights().flatMap { $0.values.map(\.bitPattern) }
  }
}

extension Predictions {
  var bits: [UInt32] { values.map(\.bitPattern) }
}
