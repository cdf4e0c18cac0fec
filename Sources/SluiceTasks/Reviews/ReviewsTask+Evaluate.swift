import SluiceTables

extension ReviewsTask {
  /// Scores a model on all rows of a table that have a rating, beside its baselines.
  ///
  /// - Throws: ``TableError`` for a rating that the model does not know, or where there is none.
  package static func evaluate(_ model: Model, on table: Table, _ options: NoOptions) throws
    -> EvaluationReport
  {
    let set = try ReviewSet(table, columns: model.fitted.columns, for: .evaluation)
    let classes = try model.fitted.scale.classes(
      of: set.ratings, file: set.file, column: set.columns.target)
    let rows = classes.indices.filter { classes[$0] >= 0 }
    var notes: [String] = []
    if rows.count < set.count { notes.append("\(set.count - rows.count) rows have no rating") }
    if !set.missingColumns.isEmpty {
      notes.append("taken as unknown: \(set.missingColumns.joined(separator: ", "))")
    }
    return try model.scores(set, rows: rows, classes: classes).report(notes: notes)
  }
}

extension TrainedModel<ReviewsTask> {
  /// Scores the model on some rows.
  ///
  /// - Parameter classes: `[R]` of the set.
  func scores(_ set: ReviewSet, rows: [Int], classes: [Int32]) throws -> ReviewScores {
    let (scale, decision) = (fitted.scale, fitted.decision)
    let parts = set.parts(
      isSeen: rows.map { row in fitted.encoders.allSatisfy { $0.knows(row: row, of: set) } })
    if let means = fitted.means {
      let baseline = fitted.baseline.ratings(set, rows: rows)
      return .means(
        MeanEvaluation(
          task: ReviewsTask.name, ratings: rows.map { set.ratings[$0] ?? .nan },
          answers: try answers(set, rows: rows, means, baseline: baseline), mean: means.mean,
          baselines: [means.bagOfWords(baseline)], parts: parts))
    }
    let baseline = fitted.baseline.probabilities(set, rows: rows)
    return .classes(
      RatingEvaluation(
        task: ReviewsTask.name, scale: scale, classes: rows.map { Int(classes[$0]) },
        answers: RatingAnswers(
          try probabilities(set, rows: rows, baseline: baseline), decision: decision, scale: scale),
        decision: decision, baselines: [decision.bagOfWords(baseline, scale: scale)],
        parts: parts))
  }
}

extension RatingDecision {
  /// What the bag of words says: it names what it finds most probable.
  func bagOfWords(_ probabilities: [Float], scale: RatingScale) -> (
    name: String, explanation: String, answers: RatingAnswers
  ) {
    (
      "bag_of_words", "bag of words, logistic regression",
      RatingAnswers(
        probabilities, decision: RatingDecision(priors: priors, tau: 0), scale: scale)
    )
  }
}

extension MeanBlend {
  /// What the bag of words says.
  func bagOfWords(_ ratings: [Double]) -> (
    name: String, explanation: String, answers: MeanAnswers
  ) {
    ("bag_of_words", "bag of words, linear regression", MeanAnswers(expected: ratings))
  }
}

extension ReviewSet {
  /// Rows whose user and item were known, and those where one is new; none where rows name neither.
  ///
  /// - Parameter isSeen: `[R]`: whether user and item were known.
  func parts(isSeen: [Bool]) -> [RatingEvaluation.Part] {
    let (known, new): (String, String)
    switch (columns.user, columns.item) {
    case (_?, _?): (known, new) = ("user and item seen in training", "user or item new")
    case (_?, nil): (known, new) = ("user seen in training", "user new")
    case (nil, _?): (known, new) = ("item seen in training", "item new")
    case (nil, nil): return []
    }
    return [
      .init(name: "seen", explanation: known, rows: isSeen.indices.filter { isSeen[$0] }),
      .init(name: "unseen", explanation: new, rows: isSeen.indices.filter { !isSeen[$0] }),
    ]
  }
}
