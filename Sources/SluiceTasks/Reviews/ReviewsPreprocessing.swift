/// What lies between a table and the networks, fitted on the training rows; with the weights and the
/// settings it is all that a score needs. What `preprocessing.json` holds.
package struct ReviewsPreprocessing: FittedState, Sendable {
  package var columns: ReviewColumns
  package var scale: RatingScale
  /// Rows that were learned from.
  package var trainedRows: Int
  /// One for each network.
  var encoders: [ReviewEncoder]
  var decision: RatingDecision
  var baseline: BagOfWords
  /// How the networks' mean and the baseline become one; nil: the networks' mean is the answer.
  var blend: RatingBlend?
  /// The same where ratings are of many values, and nil elsewhere.
  var means: MeanBlend?

  package func check(_ settings: ReviewsSettings) throws(Damage) {
    let values = scale.values
    let classes = scale.count
    try Damage.unless(
      classes >= 2 && values == values.sorted() && values.allSatisfy(\.isFinite), "`scale`")
    try Damage.unless(scale.hasSoundBounds, "`scale`")
    try Damage.unless(decision.isSound(classes: classes), "`decision`")
    try Damage.unless(baseline.isPlausible(scale), "`baseline`")
    try Damage.unless(blend?.isSound ?? true, "`blend`")
    try Damage.unless(
      (means == nil) == (scale.bounds == nil) && means?.isSound ?? true, "`means`")
    try Damage.unless(
      encoders.count == settings.members
        && encoders.allSatisfy { $0.isPlausible(columns: columns, model: settings.model) },
      "`encoders`")
  }
}

extension ReviewEncoder {
  /// Whether it is one of these columns, for such a network.
  fileprivate func isPlausible(columns: ReviewColumns, model: ReviewModelSettings) -> Bool {
    let readsSide = model.side.size > 0
    return categories.count == (readsSide ? columns.categories.count : 0)
      && centres.count == (readsSide ? columns.numbers.count : 0)
      && centres.count == scales.count
      && (user != nil) == (readsSide && columns.user != nil)
      && (item != nil) == (readsSide && columns.item != nil)
      && scales.allSatisfy { $0 > 0 } && ratingDeviation > 0
      && (ngrams == nil) == (model.wide.order == 0)
  }
}
