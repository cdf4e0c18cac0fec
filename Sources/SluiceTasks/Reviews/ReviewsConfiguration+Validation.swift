extension ReviewsConfiguration {
  /// The same configuration with what it leaves open settled from the data.
  package func resolved(for set: ReviewSet) -> ReviewsConfiguration {
    var resolved = self
    resolved.recipe = recipe ?? ReviewRecipe(for: set)
    resolved.data = data.resolved(for: set.columns)
    return resolved
  }

  /// Refuses settings that make no sense.
  ///
  /// - Throws: ``ConfigurationError`` naming the setting and what it may be.
  func validate() throws {
    func check(_ holds: Bool, _ text: @autoclosure () -> String) throws {
      if !holds { throw ConfigurationError(text()) }
    }
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
      try check(
        range.contains(value),
        "`\(name)` is \(value), it takes \(range.lowerBound) to \(range.upperBound).")
    }
    func checkRate(_ name: String, _ value: Double) throws {
      try check(value >= 0 && value < 1, "`\(name)` is \(value), it takes 0 up to, but not, 1.")
    }
    try training.validate()
    try history.validate()
    try check(
      task == Self.taskName,
      "`task` is \(task), not reviews: the configuration is of another task.")
    try check(
      validation >= 0 && validation <= 0.9,
      "`validation` is \(validation), it takes 0 to 0.9: a share of the rows.")
    try check("members", members, 1...100)
    try check("folds", folds, 2...100)
    try check(
      members <= folds,
      "`members` is \(members), more than the \(folds) `folds`: each member leaves "
        + "out one of its own.")
    try check("batch_size", batchSize, 1...1 << 20)
    try check("model.tokens", model.tokens, 1...10_000)
    try check("model.minimum_count", model.minimumCount, 1...1_000_000)
    try check("model.vocabulary", model.vocabulary, 0...10_000_000)
    try check("model.buckets", model.buckets, 0...10_000_000)
    try check("model.pairs", model.pairs, 0...1 << 24)
    try check("model.embedding", model.embedding, 1...8192)
    try check("model.hidden", model.hidden, 1...8192)
    try check("model.layers", model.layers, 1...16)
    try check("model.wide.order", model.wide.order, 0...8)
    try check("model.wide.minimum_count", model.wide.minimumCount, 1...1_000_000)
    try check("model.wide.maximum", model.wide.maximum, 1...1 << 24)
    try check("model.side.size", model.side.size, 0...8192)
    try checkRate("model.word_dropout", model.wordDropout)
    try checkRate("model.pair_dropout", model.pairDropout)
    try checkRate("model.embedding_dropout", model.embeddingDropout)
    try checkRate("model.output_dropout", model.outputDropout)
    try checkRate("model.dropout", model.dropout)
    try checkRate("model.side.unknown_rate", model.side.unknownRate)
    if !model.stack.isEmpty {
      try check(
        model.wide.order == 0 && model.side.size == 0 && model.pairs == 0,
        "`model.stack` stands for the whole network: set `model.wide.order`, `model.side.size` and "
          + "`model.pairs` to 0.")
    }
    try check(
      model.ordinal >= 0 && model.ordinal <= 1,
      "`model.ordinal` is \(model.ordinal), it takes 0 to 1.")
    try check(
      model.wide.scale.isFinite && abs(model.wide.scale) <= 1e6
        && model.wide.learningRateScale >= 0 && model.wide.learningRateScale <= 1e6
        && model.side.shrinkage >= 0 && model.side.shrinkage <= 1e6,
      "`model.wide.scale`, `model.wide.learning_rate_scale` and `model.side.shrinkage` take up to "
        + "1000000.")
  }
}
