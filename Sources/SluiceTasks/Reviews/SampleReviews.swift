import SluiceCompute
import SluiceTables

/// Reviews made up from a seed, in the columns
/// `reviewerID,asin,summary,reviewText,overall,unixReviewTime`.
///
/// Each item has a quality, each user a mood; a review's rating scatters around their sum, and its
/// sentences are drawn by the rating, with some that say nothing. The same seed gives the same text
/// everywhere.
package struct SampleReviews: Hashable, Sendable {
  package var rows = 2000
  package var users = 150
  package var items = 60
  package var seed: UInt64

  package init(seed: UInt64) {
    self.seed = seed
  }

  private static let sentences: [[String]] = [
    [
      "It broke after two days.", "A complete waste of money.", "I sent it back the same week.",
      "The worst one I have ever bought.", "It never worked, not even once.", "Avoid this!",
    ],
    [
      "I expected much more for this price.", "It feels cheap and wobbly.", "Rather disappointing.",
      "The sound is thin and it hums.", "It works, but only just.", "I would not buy it again.",
    ],
    [
      "It is okay, nothing special.", "Some things are good, others are not.",
      "It does what it should, no more.", "Average at best, but usable.", "Fine for a beginner.",
    ],
    [
      "A good buy with small flaws.", "I like it, though the case is flimsy.",
      "Works well and sounds nice.", "Solid, and fairly priced.", "Almost perfect.",
    ],
    [
      "I love it!", "Excellent quality, worth every cent.", "The best I have ever owned.",
      "It works perfectly and looks great.", "Highly recommended to everyone!", "Simply fantastic.",
    ],
  ]
  private static let summaries = [
    ["Terrible", "Do not buy", "Broken"], ["Disappointed", "Not great", "Could be better"],
    ["It is okay", "Average", "So so"], ["Good", "Pretty nice", "Nice, with flaws"],
    ["Excellent!", "Love it", "Perfect"],
  ]
  private static let asides = [
    "I bought it for my brother.", "It came on a Tuesday.", "The box is blue.",
    "I play the guitar twice a week.", "My old one was from another shop.", "It is made of wood.",
  ]

  /// The text of the CSV file.
  ///
  /// - Complexity: O(rows).
  package func csv() -> String {
    // "REVW" in ASCII tells this stream from those of a model under the same seed.
    var random = PhiloxGenerator(RandomStream(seed: seed, stream: 0x5245_5657))
    func between(_ low: Float, _ high: Float) -> Float {
      low + (high - low) * random.uniform()
    }
    func one(of choices: [String]) -> String { choices[random.index(below: choices.count)] }
    let moods = (0..<users).map { _ in between(-0.7, 0.7) }
    let qualities = (0..<items).map { _ in between(2.6, 5.2) }
    var writer = CSVWriter()
    writer.append(["reviewerID", "asin", "summary", "reviewText", "overall", "unixReviewTime"])
    for row in 0..<rows {
      let user = random.index(below: users)
      let item = random.index(below: items)
      let wanted = qualities[item] + moods[user] + between(-1, 1)
      let level = max(0, min(4, Int(wanted.rounded()) - 1))
      var text: [String] = []
      for _ in 0..<(1 + random.index(below: 4)) {
        // Now and then a sentence of the neighbouring rating.
        let shift = random.uniform() < 0.25 ? random.index(below: 3) - 1 : 0
        text.append(one(of: Self.sentences[max(0, min(4, level + shift))]))
        if random.uniform() < 0.4 { text.append(one(of: Self.asides)) }
      }
      writer.append([
        "U\(user + 1)", "B\(item + 1)", one(of: Self.summaries[level]),
        text.joined(separator: " "), "\(level + 1).0", "\(1_600_000_000 + row * 7_200)",
      ])
    }
    return writer.text
  }
}
