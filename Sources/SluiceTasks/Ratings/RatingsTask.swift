import SluiceCompute
import SluiceReport
import SluiceTables
import SluiceTraining

/// Ratings before they are given: the one that a user will give to an item, from those that they gave
/// before.
///
/// The last share of time is held out first; the model is trained on what lies before it and reported
/// on by it, and then trained once more on all rows unless refused. What can be learned from are the
/// rows of the table that have a rating.
///
/// - Important: A model holds the ratings that it has learned from, see ``RatingsPreprocessing``.
package struct RatingsTask: LearningTask {
  package let settings: RatingsSettings
  package let unusedColumns: [String]
  /// The rows with a rating.
  package let rows: [Int]
  private let table: RatingRows

  package static let name = "ratings"

  package static let words = TaskWords(
    abstract:
      "Learns to predict the rating that a user will give, from those that they gave before.",
    discussion: """
      The CSV has a row for each rating: who rated what, when, and how, such as 1 to 5 or 0 and 1; \
      further numbers if there are. No texts are read. Well-known column names are recognised; \
      others are named by flags.

      The last --validation share of time is held out first, and the report is on it. Then the \
      model is trained once more on all rows. It is several networks; each leaves out a part of the \
      rows and stops by it.

      The folder of a model holds who rated what and when: the next rating is predicted from that.
      """,
    subject: "ratings",
    evaluation: """
      every row is rated from all that came before it: what the model has learned from, and the rows \
      of the table. Rows that it has learned from are left out.
      """,
    prediction: """
      a row for each rating to predict, with user, item and time; appended are rating, rating_class \
      and the probability of each rating. Rows that have a rating themselves are past for those \
      behind them.
      """,
    advice: { model in
      """
      To predict ratings with it, of rows that name user, item and time:

        sluice predict --model \(model) --data rows.csv --output rated.csv
      """
    })

  package static func sample(seed: UInt64) -> String { SampleRatings(seed: seed).csv() }

  package init(
    _ table: Table, _ settings: RatingsSettings, asked: (RatingsSettings) throws -> RatingsSettings
  ) throws {
    var settings = settings
    settings.data = try settings.data.settled(in: table)
    let columns = settings.data.columns
    let used = columns.numbers + [columns.target, columns.user, columns.item, columns.time]
    unusedColumns = table.header.filter { !$0.isEmpty && !used.contains($0) }
    try settings.validate()
    self.settings = settings
    self.table = try RatingRows(table, settings.data)
    rows = self.table.rated
    guard rows.count >= settings.fewestRows else {
      throw table.error(
        what: "\(rows.count) rows have a rating, \(settings.fewestRows) are needed",
        remedy: "Give more rows.")
    }
  }

  package var roles: String {
    let columns = settings.data.columns
    let numbers = columns.numbers.joined(separator: " and ")
    return "rating \(columns.target), user \(columns.user), item \(columns.item), "
      + "time \(columns.time)" + (numbers.isEmpty ? "" : ", numbers \(numbers)")
  }

  package var summary: String {
    let events = table.events
    let users = Dictionary(grouping: rows) { events.users[$0] }.filter { $0.key >= 0 }
    let lengths = users.values.map(\.count).sorted()
    let items = Set(rows.map { events.items[$0] }).subtracting([-1])
    let times = rows.map { events.seconds[$0] }
    return "\(rows.count) ratings by \(lengths.count) users of \(items.count) items, "
      + "\(lengths.isEmpty ? 0 : lengths[lengths.count / 2]) by the median user and "
      + "\(lengths.last ?? 0) at most, from \(table.clock.text(times.min() ?? 0)) to "
      + table.clock.text(times.max() ?? 0)
  }

  package var remarks: [Remark] {
    let doubts = table.doubts.map { Remark.warning($0) }
    let left = table.events.count - rows.count
    guard left > 0 else { return doubts }
    return doubts + [
      .warning("left out \(left) rows without a rating in column \(settings.data.columns.target)")
    ]
  }

  /// Cuts the rows at a moment: rows of one moment stay together.
  package func heldOut() throws -> HeldOut? {
    guard settings.validation > 0 else { return nil }
    let seconds = table.events.seconds
    let ordered = table.events.ordered(rows)
    let wanted = max(1, Int((Double(rows.count) * settings.validation).rounded()))
    var moment = seconds[ordered[ordered.count - wanted]]
    if ordered.count(where: { seconds[$0] < moment }) < settings.fewestRows,
      let next = ordered.first(where: { seconds[$0] > moment })
    {
      moment = seconds[next]
    }
    let kept = rows.filter { seconds[$0] < moment }
    guard kept.count >= settings.fewestRows else {
      throw TableError(
        file: table.file,
        what:
          "the times in column \"\(settings.data.columns.time)\" leave \(kept.count) rows to learn from "
          + "before the last share of time, \(settings.fewestRows) are needed",
        remedy: "Give more rows, a smaller `validation`, or `validation: 0`: then each network is "
          + "reported on by rows that it did not learn from.")
    }
    let last = rows.filter { seconds[$0] >= moment }
    return HeldOut(
      kept: kept, rows: last,
      note: "on the \(last.count) rows from \(table.clock.text(moment)) on, not seen in training; "
        + "each is rated from all rows before it")
  }

  package func learning(from rows: [Int], on backend: any Backend) -> RatingsLearning {
    RatingsLearning(table, learned: rows, settings, on: backend)
  }

  package static func network(
    member: Int, _ settings: RatingsSettings, _ fitted: RatingsPreprocessing,
    on backend: any Backend
  ) throws -> RatingsNetwork {
    RatingsNetwork(settings.model, encoder: fitted.encoder)
  }

  package func evaluation(of model: Model, on heldOut: HeldOut) throws -> HeldOutEvaluation {
    let evaluation = try model.evaluation(on: table).evaluation
    let (scale, decision) = (model.fitted.scale, model.fitted.decision)
    return HeldOutEvaluation(evaluation.report(scale, decision, notes: [heldOut.note])) {
      evaluation.sections(scale, decision)
    }
  }

  /// Scores the rows that have a rating and that the model has not learned from.
  ///
  /// - Throws: ``TableError`` for a rating that the model does not know, or where there is no such row.
  package static func evaluate(_ model: Model, on table: Table, _ options: NoOptions) throws
    -> EvaluationReport
  {
    let (evaluation, left) = try model.evaluation(
      on: RatingRows(table, model.settings.data, fitted: model.fitted))
    return evaluation.report(model.fitted.scale, model.fitted.decision, notes: left)
  }
}

extension TrainedModel<RatingsTask> {
  /// Scores the model on the rows of a table that have a rating and that it has not learned from, each
  /// rated from all that came before it: what was learned from, and the table.
  ///
  /// - Returns: With what is left out, in words.
  fileprivate func evaluation(on table: RatingRows) throws -> (
    evaluation: RatingsEvaluation, left: [String]
  ) {
    let (timeline, places) = fitted.timeline(with: table)
    let rated = table.rated.map { places[$0] }
    let rows = rated.filter { $0 >= fitted.events.count }
    guard !rows.isEmpty else {
      let isRated = !rated.isEmpty
      throw TableError(
        file: table.file,
        what: isRated
          ? "the model has learned from every row that has a rating"
          : "no row has a rating in column \"\(settings.data.columns.target)\"",
        remedy: isRated
          ? "Give rows that it has not seen, or train with `refit: false`: that model has not "
            + "learned from the last share of time."
          : "To rate rows without ratings, use `sluice predict`.")
    }
    let left = [
      (rated.count - rows.count, "rows are left out: the model has learned from them"),
      (places.count - rated.count, "rows have no rating"),
    ].filter { $0.0 > 0 }.map { "\($0) \($1)" }
    var evaluation = RatingsEvaluation()
    evaluation.add(
      rows, of: timeline, probabilities: try probabilities(timeline, rows: rows),
      biases: fitted.biases, users: 0..<Int32(fitted.users.count),
      items: 0..<Int32(fitted.items.count))
    return (evaluation, left)
  }
}
