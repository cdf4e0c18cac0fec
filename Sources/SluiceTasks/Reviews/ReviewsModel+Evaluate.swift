import SluiceNN

extension ReviewsModel {
  /// Scores the model on all rows of a set that have a rating, beside its baselines.
  ///
  /// - Throws: ``TableError`` for a rating that the model does not know, or where there is none.
  public func evaluate(_ set: ReviewSet) throws -> EvaluationReport {
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
    let evaluation = ReviewEvaluation(
      scale: scale, classes: rows.map { Int(classes[$0]) },
      isSeen: rows.map { row in
        members.allSatisfy { $0.encoder.knows(row: row, of: set) }
      },
      answers: RatingAnswers(
        try probabilities(set, rows: rows), decision: decision, scale: scale), decision: decision,
      baselines: [
        decision.bagOfWords(
          preprocessing.baseline.probabilities(set, rows: rows), scale: scale)
      ])
    return evaluation.report(seen: set.seen, notes: notes)
  }

  public var summary: ModelSummary {
    ModelSummary(members.first?.network.layers ?? [])
  }

  /// How the device runs the recurrent layers, a line for each.
  public func strategies() throws -> [String] {
    guard let member = members.first else { return [] }
    return try member.network.plans(
      on: member.parameters.backend, batch: configuration.batchSize
    ).map(\.description)
  }
}

extension ReviewSet {
  /// What it means that a row is known, or new.
  var seen: (known: String, new: String)? {
    switch (columns.user, columns.item) {
    case (_?, _?): ("user and item seen in training", "user or item new")
    case (_?, nil): ("user seen in training", "user new")
    case (nil, _?): ("item seen in training", "item new")
    case (nil, nil): nil
    }
  }
}

extension RatingScale {
  /// `[R]`: the class of each rating; −1 where there is none.
  ///
  /// - Throws: ``TableError`` for a rating that is not on the scale, or where there is none at all.
  func classes(of ratings: [Double?], file: String, column: String) throws(TableError) -> [Int32] {
    var classes: [Int32] = []
    for (row, rating) in ratings.enumerated() {
      guard let rating else {
        classes.append(-1)
        continue
      }
      guard let index = index(of: rating) else {
        let known = (0..<count).map { name($0) }.joined(separator: ", ")
        throw TableError(
          file: file,
          what: "row \(row + 1) has the rating \(rating) in column \"\(column)\", the model knows "
            + known,
          remedy: "Leave such rows out, or train on rows that have this rating.")
      }
      classes.append(Int32(index))
    }
    guard classes.contains(where: { $0 >= 0 }) else {
      throw TableError(
        file: file, what: "no row has a rating in column \"\(column)\"",
        remedy: "To score reviews without ratings, use `sluice predict`.")
    }
    return classes
  }
}
