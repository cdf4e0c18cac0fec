import SluiceCompute
import SluiceTables

/// Ratings made up from a seed, in the columns `user_id,item_id,rating,timestamp`.
///
/// Each item has a quality, and whoever has liked the last thing finds the next one wanting: a rating
/// falls with the one before it. Users do not differ in the mean, so their biases say nothing; only
/// who reads the last rating can tell. The same seed gives the same text everywhere.
package struct SampleRatings: Hashable, Sendable {
  package var users = 300
  package var items = 40
  /// Ratings of a user, from half to one and a half of it.
  package var ratings = 20
  /// How much of the last rating's distance from 3 is taken from the next one.
  package var contrast: Float = 0.8
  package var seed: UInt64

  package init(seed: UInt64) {
    self.seed = seed
  }

  /// The text of the CSV file, in the order of time.
  ///
  /// - Complexity: O(rows · log rows).
  package func csv() -> String {
    // "HIST" in ASCII tells this stream from those of a model under the same seed.
    var random = PhiloxGenerator(RandomStream(seed: seed, stream: 0x4849_5354))
    func between(_ low: Float, _ high: Float) -> Float {
      low + (high - low) * random.uniform()
    }
    let qualities = (0..<items).map { _ in between(2.2, 3.8) }
    var rows: [(time: Int, cells: [String])] = []
    for user in 0..<users {
      var last: Float = 3
      var time = 1_600_000_000 + random.index(below: 10_000_000)
      for _ in 0..<(ratings / 2 + random.index(below: ratings + 1)) {
        let item = random.index(below: items)
        let wanted = qualities[item] - contrast * (last - 3) + between(-0.8, 0.8)
        let rating = max(1, min(5, wanted.rounded()))
        rows.append((time, ["U\(user + 1)", "B\(item + 1)", "\(Int(rating))", "\(time)"]))
        last = rating
        time += 3600 + random.index(below: 1_500_000)
      }
    }
    let order = rows.indices.sorted { (rows[$0].time, $0) < (rows[$1].time, $1) }
    var writer = CSVWriter()
    writer.append(["user_id", "item_id", "rating", "timestamp"])
    for index in order { writer.append(rows[index].cells) }
    return writer.text
  }
}
