import SluiceTables

extension HistoryModel {
  /// Reads a table in the columns that the model was trained on.
  ///
  /// - Throws: ``TableError``, see ``HistorySet``.
  package func read(_ table: Table, for purpose: ReviewSet.Purpose) throws -> HistorySet {
    try HistorySet(
      table, columns: preprocessing.columns, clock: preprocessing.clock, for: purpose)
  }

  /// Scores the model, beside its baselines, on the rows of a set that have a rating and that it has
  /// not learned from. Each is rated from all that came before it: what the model has learned from,
  /// and the rows of the set.
  ///
  /// - Throws: ``TableError`` for a rating that the model does not know, or where there is no such row.
  package func evaluate(_ set: HistorySet) throws -> EvaluationReport {
    let classes = try set.classes(on: preprocessing.scale)
    let request = HistoryRequest(set, classes: classes, preprocessing)
    let rated = classes.indices.filter { classes[$0] >= 0 }
    guard !rated.isEmpty else {
      throw TableError(
        file: set.file, what: "no row has a rating in column \"\(set.columns.target)\"",
        remedy: "To rate rows without ratings, use `sluice predict`.")
    }
    let rows = rated.filter { !request.isLearned[$0] }
    guard !rows.isEmpty else {
      throw TableError(
        file: set.file, what: "the model has learned from every row that has a rating",
        remedy: "Give rows that it has not seen, or train with --no-refit: that model has not "
          + "learned from the last share of time.")
    }
    var notes: [String] = []
    if rated.count > rows.count {
      notes.append(
        "\(rated.count - rows.count) rows are left out: the model has learned from them")
    }
    if rated.count < set.count { notes.append("\(set.count - rated.count) rows have no rating") }
    return try evaluate(request, rows: rows, notes: notes)
  }

  /// - Parameter rows: Of the table.
  func evaluate(_ request: HistoryRequest, rows: [Int], notes: [String]) throws
    -> EvaluationReport
  {
    let places = rows.map { request.rows[$0] }
    let events = request.timeline.events
    let probabilities = try probabilities(request.timeline, rows: places)
    var evaluation = HistoryEvaluation(
      scale: preprocessing.scale, decision: preprocessing.decision)
    for (index, row) in rows.enumerated() {
      let place = places[index]
      evaluation.classes.append(Int(events.classes[place]))
      evaluation.knowsUser.append(request.knowsUser[row])
      evaluation.knowsItem.append(request.knowsItem[row])
      evaluation.biases.append(
        preprocessing.biases.expected(user: events.users[place], item: events.items[place]))
      evaluation.runningBiases.append(
        preprocessing.encoder.rating(deviation: request.timeline.runningBiases[place]))
    }
    evaluation.probabilities = probabilities
    return evaluation.report(notes: notes)
  }
}
