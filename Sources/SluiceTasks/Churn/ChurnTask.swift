import SluiceCompute
import SluiceNN
import SluiceReport
import SluiceTables
import SluiceTraining

/// Who of the customers of a table leaves.
///
/// An ensemble learns: the customers are dealt into folds, and each member learns from all folds but
/// one, which says when to stop. So every customer has a prediction by members that did not learn
/// from it; on these the probabilities are calibrated and the threshold is chosen. With a share for
/// validation, an ensemble that has not seen the held-out customers at all is trained first and
/// reported on. What can be learned from are the customers whose end is known.
package struct ChurnTask: LearningTask {
  package let settings: ChurnSettings
  package let rows: [Int]
  private let customers: CustomerTable
  /// `[N]`: whether each customer is gone; nil where nobody knows.
  private let ends: [Bool?]

  package static let name = "churn"

  package static let words = TaskWords(
    abstract: "Learns which customers leave, from a table of customers.",
    discussion: """
      The CSV has a row for each customer: a column that says who is gone, and whatever else is \
      known. What each column holds is found from its cells; identifiers are left out. With --time, \
      a customer has several rows, and the network reads them as a history.

      The report is on every customer by those members of the ensemble that did not learn from it; \
      --validation holds customers out altogether.
      """,
    subject: "customers",
    evaluation: """
      every row is scored; give rows that the model was not trained on, for its score on others says \
      little.
      """,
    prediction: """
      a row for each customer, or several over time; appended are churn_probability and churn, and \
      with --explain the three columns that moved the probability the most.
      """,
    advice: { model in
      """
      To say who is likely to leave, and why:

        sluice predict --model \(model) --data customers.csv --output predicted.csv --explain
      """
    })

  package static func sample(seed: UInt64) -> String { SampleChurn(seed: seed).csv() }

  /// - Throws: ``TableError`` where the rows cannot be learned from.
  package init(
    _ table: Table, _ settings: ChurnSettings,
    asked: (ChurnSettings) throws -> ChurnSettings = { $0 }
  ) throws {
    let columns = try ChurnColumns.find(in: table, settings.data)
    self.settings = settings.settled(for: columns)
    try self.settings.validate()
    customers = try CustomerTable(table, columns: columns)
    let ends = try customers.labels()
    self.ends = ends
    rows = ends.indices.filter { ends[$0] != nil }
    if let shortage = shortage(of: rows) {
      throw table.error(
        what: shortage, remedy: "Give more rows, or set `ensemble.folds` lower.")
    }
  }

  package func shortage(of rows: [Int]) -> String? {
    let gone = rows.count { ends[$0] == true }
    let folds = settings.ensemble.folds
    guard min(gone, rows.count - gone) < folds else { return nil }
    return "\(gone) customers are gone and \(rows.count - gone) stayed; each kind needs at least "
      + "\(folds), one for each fold"
  }

  /// Whether customers whose end is known are gone.
  private func labels(of customers: [Int]) -> [Bool] { customers.map { ends[$0] == true } }

  private var gone: Int { ends.count { $0 == true } }

  package var roles: String { customers.columns.summary }
  package var unusedColumns: [String] { customers.columns.ignored.map(\.name) }

  package var summary: String {
    let share = DecimalText.of(100 * Double(gone) / Double(rows.count), places: 1)
    return "\(rows.count) customers, \(gone) of them gone (\(share) %)"
  }

  package var remarks: [Remark] {
    let columns = customers.columns
    let giveaways = Giveaway.find(in: customers, of: rows, isGone: labels(of: rows))
    let unknown = customers.count - rows.count
    let doubts = customers.table.numberDoubts(
      columns.inputs.filter { $0.kind == .number }.map(\.name))
    return doubts.map { .warning($0) }
      + columns.ignored.filter { $0.reason != ChurnColumns.asAsked }
      .map { .note("column \"\($0.name)\" is left out: \($0.reason)") }
      + giveaways.map { .warning($0.description) }
      + (unknown == 0
        ? [] : [.warning("\(unknown) customers are left out: their \(columns.target) is blank")])
  }

  package func heldOut() -> HeldOut? {
    guard settings.validation > 0 else { return nil }
    let split = StratifiedFolds.split(
      labels: labels(of: rows).map { $0 ? 1 : 0 }, holdingOut: settings.validation,
      seed: settings.training.seed)
    return HeldOut(
      kept: split.kept.map { rows[$0] }, rows: split.heldOut.map { rows[$0] },
      note: "on \(split.heldOut.count) customers that were held out of training")
  }

  package func learning(from rows: [Int], on backend: any Backend) throws -> ChurnLearning {
    try ChurnLearning(
      settings, customers: customers, chosen: rows, labels: labels(of: rows), on: backend)
  }

  package func evaluation(of model: Model, on heldOut: HeldOut) throws -> HeldOutEvaluation {
    let evaluation = try model.evaluation(
      customers, heldOut.rows, labels: labels(of: heldOut.rows))
    return HeldOutEvaluation(evaluation.report(notes: [heldOut.note])) {
      try sections(evaluation, of: model, on: heldOut)
    }
  }

  private func sections(_ evaluation: ChurnEvaluation, of model: Model, on heldOut: HeldOut) throws
    -> [ReportSection]
  {
    let cells = try model.cells(customers)
    let importances = try ColumnImportance.measure(
      inputs: model.fitted.columns.inputs.map(\.name), isGone: labels(of: heldOut.rows),
      folds: heldOut.rows.map { _ in 0 }, seed: settings.training.seed
    ) { sample, swapped in
      let rows = model.rows(of: sample.map { heldOut.rows[$0] }, in: customers)
      return try model.probabilities(
        rows, cells: cells,
        swapped: swapped.map { input, donors in
          SwappedInput(
            input: input, rows: model.rows(of: donors.map { heldOut.rows[$0] }, in: customers))
        })
    }
    return ChurnReport(
      evaluation: evaluation, customers: customers, chosen: heldOut.rows,
      importances: importances
    ).sections
  }

  package static func network(
    member: Int, _ settings: ChurnSettings, _ fitted: ChurnPreprocessing, on backend: any Backend
  ) throws -> CustomerNetwork {
    try CustomerNetwork(
      settings.model, fitted, orderSeed: settings.seed(ofMember: member),
      longestHistory: fitted.columns.time == nil ? nil : settings.model.history)
  }
}
