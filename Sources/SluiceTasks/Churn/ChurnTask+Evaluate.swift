import SluiceCompute
import SluiceSettings
import SluiceTables

extension ChurnTask {
  /// What an evaluation may be asked besides.
  package struct EvaluationOptions: SettingsBlock {
    @Setting(
      "The probability from which on a customer counts as gone. (default: the model's)", in: 0...1,
      flag: "threshold")
    package var threshold: Double? = nil

    package init() {}
  }

  /// Scores customers whose end is known, beside the linear model.
  ///
  /// - Throws: `TableError` where a column is missing, or no row says who is gone.
  package static func evaluate(_ model: Model, on table: Table, _ options: EvaluationOptions) throws
    -> EvaluationReport
  {
    let columns = model.fitted.columns
    let customers = try CustomerTable(table, columns: columns)
    let ends = try customers.labels()
    let known = ends.indices.filter { ends[$0] != nil }
    guard !known.isEmpty else {
      throw table.error(
        what: "no row says whether the customer is gone: column \"\(columns.target)\" is blank",
        remedy: "Evaluate on customers whose end is known; the others can be predicted.")
    }
    let unknown = ends.count - known.count
    return try model.evaluation(
      customers, known, labels: ends.compactMap { $0 }, threshold: options.threshold
    ).report(
      notes: unknown == 0
        ? [] : ["\(unknown) customers without \(columns.target) are left out"])
  }
}

extension TrainedModel<ChurnTask> {
  /// Scores some customers.
  ///
  /// - Parameters:
  ///   - labels: `[chosen]`: who of them is gone.
  ///   - threshold: From which probability on a customer counts as gone; the model's own where nil.
  func evaluation(
    _ customers: CustomerTable, _ chosen: [Int], labels: [Bool], threshold: Double? = nil
  ) throws -> ChurnEvaluation {
    let baseline = fitted.baseline.probabilities(
      try LinearFeatures.rows(
        customers, of: chosen, encoders: fitted.encoders, history: settings.model.history))
    return ChurnEvaluation(
      probabilities: try probabilities(rows(of: chosen, in: customers), cells: cells(customers)),
      isGone: labels, threshold: threshold ?? fitted.threshold,
      baseline: chosen.indices.map { baseline[2 * $0 + 1] }, columns: fitted.columns)
  }

  func cells(_ customers: CustomerTable) throws -> EncodedCustomers {
    try EncodedCustomers(
      customers, encoders: fitted.encoders, bins: settings.model.bins, on: backend)
  }

  func rows(of chosen: [Int], in customers: CustomerTable) -> [ArraySlice<Int32>] {
    chosen.map { customers.recentRows(of: $0, limit: settings.model.history) }
  }

  /// `[rows]`: how likely each customer is gone.
  ///
  /// - Parameters:
  ///   - hidden: An input that is hidden from the networks.
  ///   - swapped: An input that is read from other customers' rows.
  func probabilities(
    _ rows: [ArraySlice<Int32>], cells: EncodedCustomers, hidden: Int? = nil,
    swapped: SwappedInput? = nil
  ) throws -> [Double] {
    ChurnProbability(
      calibration: fitted.calibration, positiveWeight: settings.decision.positiveWeight
    ).probabilities(try cells.logits(rows, by: networks, hidden: hidden, swapped: swapped))
  }
}
