import SluiceCompute
import SluiceTables

/// What a column is worth: how much worse the answers are where its cells are dealt out anew among the
/// customers, on customers that were not learned from.
///
/// - SeeAlso: Breiman, "Random forests", 2001.
struct ColumnImportance {
  var column: String
  /// The area under the ROC curve that is lost.
  var lostArea: Double
  /// The mean absolute change of the probability.
  var change: Double

  /// Customers times columns that are scored, at most.
  private static let mostScored = 40_000
  private static let mostCustomers = 2000

  /// Measures every column on some of the customers.
  ///
  /// - Parameters:
  ///   - isGone: `[N]`
  ///   - folds: `[N]`: cells are dealt out within a fold.
  ///   - seed: Draws from a stream of its own: nothing else depends on it.
  ///   - score: `[sample]`: the probabilities of some customers; with an input and, `[sample]`, the
  ///     customers whose cells of it are read instead.
  /// - Returns: The most important column first.
  static func measure(
    inputs: [String], isGone: [Bool], folds: [Int], seed: UInt64,
    score: (_ sample: [Int], _ swapped: (input: Int, donors: [Int])?) throws -> [Double]
  ) rethrows -> [ColumnImportance] {
    // "IMPO" in ASCII tells this stream from those of other draws.
    var generator = PhiloxGenerator(RandomStream(seed: seed, stream: 0x494D_504F))
    var order = Array(isGone.indices)
    generator.shuffle(&order)
    let count = min(order.count, mostCustomers, max(200, mostScored / max(1, inputs.count)))
    let sample = order.prefix(count).sorted()
    let truth = sample.map { isGone[$0] }
    let known = try score(sample, nil)
    let area = RankingMetrics.areaUnderROC(scores: known, isPositive: truth)
    let groups = Dictionary(grouping: sample.indices) { folds[sample[$0]] }
      .sorted { $0.key < $1.key }.map(\.value)
    let found = try inputs.indices.map { input in
      var donors = sample
      for group in groups {
        var dealt = group
        generator.shuffle(&dealt)
        for (place, other) in zip(group, dealt) { donors[place] = sample[other] }
      }
      let swapped = try score(sample, (input, donors))
      let change = zip(known, swapped).reduce(0.0) { $0 + abs($1.0 - $1.1) }
      return ColumnImportance(
        column: inputs[input],
        lostArea: area - RankingMetrics.areaUnderROC(scores: swapped, isPositive: truth),
        change: change / Double(max(1, count)))
    }
    return found.sorted {
      ($0.lostArea.isNaN ? $0.change : $0.lostArea) > ($1.lostArea.isNaN ? $1.change : $1.lostArea)
    }
  }
}
