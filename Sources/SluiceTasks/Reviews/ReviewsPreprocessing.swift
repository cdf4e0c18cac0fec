/// What lies between a table and the networks, fitted on the training rows; with the weights and the
/// configuration it is all that a score needs. What `preprocessing.json` holds.
public struct ReviewsPreprocessing: Codable, Sendable {
  /// The version of the file; a newer one is refused.
  public static let currentVersion = 1

  public var formatVersion = currentVersion
  public var task = ReviewsConfiguration.taskName
  /// Of the other two files of the model, so that files of two models are not mixed up.
  public var weightsChecksum = ""
  public var configurationChecksum = ""
  public var columns: ReviewColumns
  public var scale: RatingScale
  /// Rows that were learned from.
  public var trainedRows: Int
  /// One for each member.
  var encoders: [ReviewEncoder]
  var decision: RatingDecision
  var baseline: BagOfWords
}
