/// What a model of ratings reads.
package enum ReviewMode: String, Codable, Hashable, Sendable, CaseIterable {
  /// The review's text: it rates what somebody has written.
  case text
  /// The user's earlier ratings: it rates what somebody has not yet written about.
  case history

  /// The mode of the model in a folder.
  ///
  /// - Throws: ``ModelError`` where there is none of this task.
  package init(ofModel folder: String) throws {
    struct Header: Decodable {
      var mode: ReviewMode?
    }
    let header = try ModelFolder(folder).preprocessing(
      Header.self, task: ReviewsConfiguration.taskName,
      version: max(ReviewsPreprocessing.currentVersion, HistoryPreprocessing.currentVersion))
    self = header.mode ?? .text
  }
}

/// The network that reads a user's earlier ratings, where the mode is ``ReviewMode/history``.
package struct HistoryConfiguration: Codable, Hashable, Sendable {
  /// L: the steps of a user's past that are read at once. Longer pasts are read in parts that
  /// overlap by half, so that every rating but the first L is predicted from the L / 2 before it or
  /// more. Even.
  package var steps = 200
  /// How often an item must be rated to be known by an embedding of its own.
  package var minimumCount = 20
  /// Items with an embedding, at most.
  package var items = 50_000
  /// E: values for each item.
  package var embedding = 16
  /// H
  package var hidden = 32
  package var layers = 1
  /// Units in which the past, the item and what is known of both are mixed.
  package var mixed = 32
  /// The share of items that training makes unknown, so that new ones can be rated.
  package var unknownRate = 0.1
  /// On the LSTM's outputs, the same at every step.
  package var outputDropout = 0.2
  /// Before the last layer.
  package var dropout = 0.3
  /// The share of the ranked probability score in the loss; the rest is cross-entropy.
  package var ordinal = 0.5

  package init() {}

  enum CodingKeys: String, CodingKey {
    case steps
    case minimumCount = "minimum_count"
    case items, embedding, hidden, layers, mixed
    case unknownRate = "unknown_rate"
    case outputDropout = "output_dropout"
    case dropout, ordinal
  }

  /// Refuses settings that make no sense.
  ///
  /// - Throws: ``ConfigurationError`` naming the setting and what it may be.
  func validate() throws {
    let whole: [(String, Int, ClosedRange<Int>)] = [
      ("steps", steps, 2...10_000), ("minimum_count", minimumCount, 1...1_000_000),
      ("items", items, 0...10_000_000), ("embedding", embedding, 1...8192),
      ("hidden", hidden, 1...8192), ("layers", layers, 1...16), ("mixed", mixed, 1...8192),
    ]
    for (name, value, range) in whole where !range.contains(value) {
      throw ConfigurationError(
        "`history.\(name)` is \(value), it takes \(range.lowerBound) to \(range.upperBound).")
    }
    guard steps % 2 == 0 else {
      throw ConfigurationError("`history.steps` is \(steps), it takes an even number.")
    }
    let rates = [
      ("unknown_rate", unknownRate), ("output_dropout", outputDropout), ("dropout", dropout),
    ]
    for (name, value) in rates where !(value >= 0 && value < 1) {
      throw ConfigurationError(
        "`history.\(name)` is \(value), it takes 0 up to, but not, 1.")
    }
    guard ordinal >= 0 && ordinal <= 1 else {
      throw ConfigurationError("`history.ordinal` is \(ordinal), it takes 0 to 1.")
    }
  }
}
