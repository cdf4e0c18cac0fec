import Foundation

/// Few reviews and a short training, so that it takes a second.
enum SmallReviews {
  /// Reviews whose words tell their rating, from a fixed sequence.
  static func csv(rows: Int = 240) -> String {
    let words = [
      ["awful", "broken", "waste"], ["poor", "thin", "weak"], ["okay", "plain", "usable"],
      ["nice", "solid", "good"], ["great", "perfect", "love"],
    ]
    let asides = ["on monday", "for my brother", "in the blue box", "with a guitar"]
    var noise: UInt64 = 88_172_645_463_325_252
    func next(_ bound: Int) -> Int {
      noise ^= noise << 13
      noise ^= noise >> 7
      noise ^= noise << 17
      return Int(noise % UInt64(bound))
    }
    var text = "user,item,title,review,rating,brand\n"
    for _ in 0..<rows {
      let level = [0, 1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4][next(12)]
      let word = words[level][next(3)]
      let other = words[level][next(3)]
      text += "u\(next(30)),i\(next(12)),\(word),\"It is \(other), \(asides[next(4)]).\","
      text += "\(level + 1),b\(next(3))\n"
    }
    return text
  }

  static let configuration = """
    members: 2
    folds: 4
    batch_size: 16
    model:
      tokens: 16
      embedding: 16
      hidden: 8
    training:
      epochs: 4
      learning_rate: 0.01
      checkpoint_every: 6
      schedule: {name: cosine, warmup: 5, final: 0.02}
      weight_average: {decay: 0.8}

    """

  /// A folder that holds `reviews.csv` and `small.yaml`.
  static func folder() throws -> Folder {
    let folder = try Folder()
    try folder.write(csv(), to: "reviews.csv")
    try folder.write(configuration, to: "small.yaml")
    return folder
  }

  /// The arguments of a training of these.
  static func training(to output: String, _ more: String...) -> [String] {
    [
      "train", "reviews", "--data", "reviews.csv", "--config", "small.yaml", "--output", output,
      "--quiet", "--device", "cpu",
    ] + more
  }
}
