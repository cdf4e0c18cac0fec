import SluiceCompute
import SluiceNN

/// Runs a network over rows and gives the probability of each rating.
enum RatingScorer {
  /// Rows that run through the network together.
  private static let batchSize = 256

  /// `[R, K]`: the probabilities of every row.
  ///
  /// - Throws: ``ModelError`` where they are not finite.
  static func probabilities(
    _ rated: any RatedRows, _ parameters: ParameterArena, scale: RatingScale
  ) throws -> [Float] {
    var probabilities = [Float](repeating: 0, count: rated.count * scale.count)
    // Rows of similar length together, so that few steps are padding.
    let order = (0..<rated.count).sorted { (rated.length($0), $0) < (rated.length($1), $1) }
    for start in stride(from: 0, to: order.count, by: batchSize) {
      let rows = order[start..<min(order.count, start + batchSize)].map { Int32($0) }
      let tape = Tape(parameters, mode: .inference)
      let scores = try rated.scores(rows, on: tape).scores.value
      let values: [Float] = try tape.backend.read(scores)
      let width = scores.columns
      for (n, row) in rows.enumerated() {
        let place = Int(row) * scale.count
        probabilities.replaceSubrange(
          place..<(place + scale.count),
          with: rated.output.probabilities(
            values[(n * width)..<((n + 1) * width)], scale: scale))
      }
    }
    guard probabilities.allSatisfy(\.isFinite) else {
      throw ModelError(
        "the probabilities are not finite numbers: the model is damaged. Train anew.")
    }
    return probabilities
  }
}
