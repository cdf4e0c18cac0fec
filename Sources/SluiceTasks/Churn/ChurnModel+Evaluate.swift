import SluiceCompute
import SluiceTables
import SluiceTraining

extension ChurnModel {
  /// Scores customers whose end is known, beside the linear model.
  ///
  /// - Parameter threshold: From which probability on a customer counts as gone; the model's own
  ///   where nil.
  /// - Throws: `TableError` where a column is missing, or no row says who is gone.
  package func evaluate(_ table: Table, threshold: Double? = nil) throws -> EvaluationReport {
    let customers = try CustomerTable(table, columns: preprocessing.columns)
    let labels = try customers.labels()
    let known = labels.indices.filter { labels[$0] != nil }
    guard !known.isEmpty else {
      throw table.error(
        what: "no row says whether the customer is gone: column "
          + "\"\(preprocessing.columns.target)\" is blank",
        remedy: "Evaluate on customers whose end is known, or use `sluice predict`.")
    }
    var notes: [String] = []
    if known.count < labels.count {
      notes.append(
        "\(labels.count - known.count) customers without \(preprocessing.columns.target) are left "
          + "out")
    }
    return try report(
      customers, known, labels: labels.compactMap { $0 }, threshold: threshold, notes: notes)
  }

  func report(
    _ customers: CustomerTable, _ chosen: [Int], labels: [Bool], threshold: Double? = nil,
    notes: [String]
  ) throws -> EvaluationReport {
    let baseline = preprocessing.baseline.probabilities(
      try LinearFeatures.rows(
        customers, of: chosen, encoders: preprocessing.encoders,
        history: configuration.model.history))
    return ChurnEvaluation(
      probabilities: try probabilities(of: chosen, in: customers), isGone: labels,
      threshold: threshold ?? preprocessing.threshold,
      baseline: chosen.indices.map { baseline[2 * $0 + 1] }, columns: preprocessing.columns
    ).report(notes: notes)
  }

  /// `[chosen]`: how likely each customer is gone.
  func probabilities(of chosen: [Int], in customers: CustomerTable) throws -> [Double] {
    try probabilities(rows(of: chosen, in: customers), cells: cells(customers))
  }

  func cells(_ customers: CustomerTable) throws -> EncodedCustomers {
    try EncodedCustomers(
      customers, encoders: preprocessing.encoders, bins: configuration.model.bins, on: backend)
  }

  func rows(of chosen: [Int], in customers: CustomerTable) -> [ArraySlice<Int32>] {
    chosen.map { customers.recentRows(of: $0, limit: configuration.model.history) }
  }

  /// - Parameter hidden: An input that is hidden from the network.
  func probabilities(
    _ rows: [ArraySlice<Int32>], cells: EncodedCustomers, hidden: Int? = nil
  ) throws -> [Double] {
    let logits = try ChurnScorer(members: members).logits(
      rows, of: cells, hidden: hidden)
    return ChurnProbability(
      calibration: preprocessing.calibration,
      positiveWeight: configuration.decision.positiveWeight
    ).probabilities(logits)
  }
}
