import SluiceNN

extension ReviewsModel {
  /// Scores the model on all rows of a set that have a rating, beside its baselines.
  ///
  /// - Throws: ``TableError`` for a rating that the model does not know, or where there is none.
  public func evaluate(_ set: ReviewSet) throws -> EvaluationReport {
    let scale = preprocessing.scale
    var classes: [Int32] = []
    for (row, rating) in set.ratings.enumerated() {
      guard let rating else {
        classes.append(-1)
        continue
      }
      guard let index = scale.index(of: rating) else {
        let known = (0..<scale.count).map { scale.name($0) }.joined(separator: ", ")
        throw TableError(
          file: set.file,
          what: "row \(row + 1) has the rating \(rating) in column \"\(set.columns.target)\", the "
            + "model knows \(known)",
          remedy: "Leave such rows out, or train on rows that have this rating.")
      }
      classes.append(Int32(index))
    }
    let rows = classes.indices.filter { classes[$0] >= 0 }
    guard !rows.isEmpty else {
      throw TableError(
        file: set.file, what: "no row has a rating in column \"\(set.columns.target)\"",
        remedy: "To score reviews without ratings, use `sluice predict`.")
    }
    var notes: [String] = []
    if rows.count < set.count { notes.append("\(set.count - rows.count) rows have no rating") }
    return try evaluate(set, rows: rows, classes: classes, notes: notes)
  }

  func evaluate(_ set: ReviewSet, rows: [Int], classes: [Int32], notes: [String]) throws
    -> EvaluationReport
  {
    var evaluation = ReviewEvaluation(
      scale: preprocessing.scale, decision: preprocessing.decision)
    evaluation.add(
      ScoredRows(
        classes: rows.map { Int(classes[$0]) }, probabilities: try probabilities(set, rows: rows),
        isSeen: rows.map { row in
          members.allSatisfy { $0.encoder.knows(row: row, of: set) }
        },
        baseline: preprocessing.baseline.probabilities(set, rows: rows)))
    return evaluation.report(hasIdentities: set.namesIdentities, notes: notes)
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
