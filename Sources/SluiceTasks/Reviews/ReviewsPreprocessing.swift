/// What lies between a table and the networks, fitted on the training rows; with the weights and the
/// configuration it is all that a score needs. What `preprocessing.json` holds.
package struct ReviewsPreprocessing: Codable, Sendable {
  /// The version of the file; a newer one is refused.
  package static let currentVersion = 1

  package var formatVersion = currentVersion
  package var task = ReviewsConfiguration.taskName
  /// Of the other two files of the model, so that files of two models are not mixed up.
  package var weightsChecksum = ""
  package var configurationChecksum = ""
  package var columns: ReviewColumns
  package var scale: RatingScale
  /// Rows that were learned from.
  package var trainedRows: Int
  /// One for each member.
  var encoders: [ReviewEncoder]
  var decision: RatingDecision
  var baseline: BagOfWords
}
