extension ReviewsPreprocessing {
  /// Refuses a file whose parts do not fit each other or the configuration.
  ///
  /// - Throws: ``ModelError`` naming the file.
  func check(_ configuration: ReviewsConfiguration, file: String) throws {
    func check(_ holds: Bool, _ what: String) throws {
      guard !holds else { return }
      throw ModelError("\(file): the file is damaged: \(what). Copy the model again, or retrain.")
    }
    let classes = scale.count
    try check(
      classes >= 2 && scale.values == scale.values.sorted() && scale.values.allSatisfy(\.isFinite),
      "the ratings do not ascend")
    try check(encoders.count == configuration.members, "it has \(encoders.count) members")
    try check(decision.isSound(classes: classes), "the decision does not fit the ratings")
    try check(
      baseline.regression.isPlausible && baseline.regression.classCount == classes
        && baseline.regression.columnCount == baseline.index.count,
      "the baseline does not fit the ratings")
    for encoder in encoders {
      try check(
        encoder.categories.count
          == (configuration.model.side.size > 0 ? columns.categories.count : 0)
          && encoder.centres.count == encoder.scales.count
          && encoder.centres.count
            == (configuration.model.side.size > 0 ? columns.numbers.count : 0)
          && encoder.scales.allSatisfy { $0 > 0 } && encoder.ratingDeviation > 0,
        "its columns are not those of the networks")
      try check(
        (encoder.ngrams == nil) == (configuration.model.wide.order == 0),
        "the wide branch is not that of the configuration")
    }
  }
}
