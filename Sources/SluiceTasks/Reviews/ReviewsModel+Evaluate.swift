import SluiceNN
import SluiceTables

extension ReviewsModel {
  /// Scores the model on all rows of a set that have a rating, beside its baselines.
  ///
  /// - Throws: ``TableError`` for a rating that the model does not know, or where there is none.
  package func evaluate(_ set: ReviewSet) throws -> EvaluationReport {
    let classes = try preprocessing.scale.classes(
      of: set.ratings, file: set.file, column: set.columns.target)
    let rows = classes.indices.filter { classes[$0] >= 0 }
    var notes: [String] = []
    if rows.count < set.count { notes.append("\(set.count - rows.count) rows have no rating") }
    if !set.missingColumns.isEmpty {
      notes.append("taken as unknown: \(set.missingColumns.joined(separator: ", "))")
    }
    return try evaluate(set, rows: rows, classes: classes, notes: notes)
  }

  func evaluate(_ set: ReviewSet, rows: [Int], classes: [Int32], notes: [String]) throws
    -> EvaluationReport
  {
    let scale = preprocessing.scale
    let decision = preprocessing.decision
    let evaluation = RatingEvaluation(
      scale: scale, classes: rows.map { Int(classes[$0]) },
      answers: RatingAnswers(
        try probabilities(set, rows: rows), decision: decision, scale: scale), decision: decision,
      baselines: [
        decision.bagOfWords(
          preprocessing.baseline.probabilities(set, rows: rows), scale: scale)
      ],
      parts: set.parts(
        isSeen: rows.map { row in members.allSatisfy { $0.encoder.knows(row: row, of: set) } }))
    return evaluation.report(notes: notes)
  }

  package var summary: ModelSummary {
    ModelSummary(members.first?.network.layers ?? [])
  }

  /// How the device runs the recurrent layers, a line for each.
  package func strategies() throws -> [String] {
    guard let member = members.first else { return [] }
    return try member.network.plans(
      on: member.parameters.backend, batch: configuration.batchSize
    ).map(\.description)
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
