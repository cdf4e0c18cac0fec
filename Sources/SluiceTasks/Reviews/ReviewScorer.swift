import SluiceCompute
import SluiceNN

/// Runs a network over reviews and gives the probability of each rating.
struct ReviewScorer {
  let network: ReviewNetwork
  let parameters: ParameterArena
  /// K.
  let classes: Int
  /// Reviews that run through the network together.
  private static let batchSize = 256

  /// `[R, K]`: the probabilities of every row.
  ///
  /// - Throws: ``ModelError`` where they are not finite.
  func probabilities(_ reviews: ReviewDataset) throws -> [Float] {
    var probabilities = [Float](repeating: 0, count: reviews.count * classes)
    // Reviews of similar length together, so that few steps are padding.
    let order = (0..<reviews.count).sorted {
      (reviews.host.length($0), $0) < (reviews.host.length($1), $1)
    }
    for start in stride(from: 0, to: order.count, by: Self.batchSize) {
      let rows = order[start..<min(order.count, start + Self.batchSize)].map { Int32($0) }
      let tape = Tape(parameters, mode: .inference)
      let logits = try network(
        reviews.batch(rows, model: network.model, on: tape), of: reviews, on: tape)
      let values: [Float] = try tape.backend.read(logits.value)
      for (n, row) in rows.enumerated() {
        let own = values[(n * classes)..<((n + 1) * classes)]
        let place = Int(row) * classes
        probabilities.replaceSubrange(place..<(place + classes), with: Self.softmax(own))
      }
    }
    guard probabilities.allSatisfy(\.isFinite) else {
      throw ModelError(
        "the probabilities are not finite numbers: the model is damaged. Train anew.")
    }
    return probabilities
  }

  private static func softmax(_ logits: ArraySlice<Float>) -> [Float] {
    let highest = logits.max() ?? 0
    let powers = logits.map { exponential($0 - highest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
