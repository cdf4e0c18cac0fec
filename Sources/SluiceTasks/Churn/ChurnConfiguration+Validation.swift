import SluiceNN

extension ChurnConfiguration {
  /// The same configuration with what it leaves open settled: the columns that were found.
  package func resolved(for columns: ChurnColumns) -> ChurnConfiguration {
    var resolved = self
    resolved.data.target = columns.target
    resolved.data.positive = columns.positive
    resolved.data.id = columns.identifiers
    return resolved
  }

  /// Refuses settings that make no sense.
  ///
  /// - Throws: ``ConfigurationError`` naming the setting and what it may be.
  func validate() throws {
    func check(_ holds: Bool, _ text: @autoclosure () -> String) throws {
      if !holds { throw ConfigurationError(text()) }
    }
    try training.validate()
    try check(
      task == "churn", "`task` is \(task), not churn: the configuration is of another task.")
    try check(
      (0...0.9).contains(validation),
      "`validation` is \(validation), it takes the share of customers to hold out: 0 to 0.9.")
    try check(batchSize >= 1 && batchSize <= 1 << 20, "`batch_size` is \(batchSize).")
    try check(
      (2...100).contains(ensemble.folds) && (1...100).contains(ensemble.shuffles),
      "`ensemble.folds` takes 2 to 100, `ensemble.shuffles` 1 to 100.")
    try check(
      (0...1).contains(decision.threshold ?? 0.5),
      "`decision.threshold` is \(decision.threshold ?? 0), it takes 0 to 1, or null for the best "
        + "F1.")
    try check(
      (1e-3...1e3).contains(decision.positiveWeight),
      "`decision.positive_weight` is \(decision.positiveWeight), it takes 0.001 to 1000.")
    try check(
      model.hidden >= 1 && model.hidden <= 8192, "`model.hidden` is \(model.hidden): 1 to 8192.")
    try check(
      model.layers >= 1 && model.layers <= 16, "`model.layers` is \(model.layers): 1 to 16.")
    try check(
      (1...1024).contains(model.tokenSize) && (1...8192).contains(model.head),
      "`model.token_size` takes 1 to 1024, `model.head` 1 to 8192.")
    try check((1...256).contains(model.bins), "`model.bins` is \(model.bins): 1 to 256.")
    try check(
      (1...1_000_000).contains(model.rarest), "`model.rarest` is \(model.rarest): 1 or more.")
    try check(
      [model.inputDropout, model.dropout, model.unknownRate, model.labelSmoothing].allSatisfy {
        $0 >= 0 && $0 < 1
      },
      "`model.dropout`, `input_dropout`, `unknown_rate` and `label_smoothing` take 0 up to, but "
        + "not, 1.")
    try check(
      (1...100_000).contains(model.history), "`model.history` is \(model.history): 1 to 100000.")
    try validateStack()
  }

  private func validateStack() throws {
    guard let last = model.stack.layers.last else { return }
    if case .embedding? = model.stack.layers.first {
      throw ConfigurationError(
        "`model.stack` begins with an embedding, but reads columns that are tokens of "
          + "`model.token_size` numbers already: begin with an lstm.")
    }
    switch last {
    case .dense(units: 1, activation: .sigmoid): break
    case .dense(units: 1, activation: .linear):
      guard decision.positiveWeight == 1 else {
        throw ConfigurationError(
          "`decision.positive_weight` is \(decision.positiveWeight), but `model.stack` ends in a "
            + "linear unit, which is trained by squared error. End it in "
            + "`dense: {units: 1, activation: sigmoid}`.")
      }
    case .dense(let units, let activation):
      throw ConfigurationError(
        "`model.stack` ends in \(units) \(activation.rawValue) \(units == 1 ? "unit" : "units"): a "
          + "customer is gone or stayed, which one unit says. End it in "
          + "`dense: {units: 1, activation: sigmoid}`, or in `dense: 1` for squared errors.")
    default:
      throw ConfigurationError(
        "`model.stack` ends in \(last.kind): it must end in "
          + "`dense: {units: 1, activation: sigmoid}`, or in `dense: 1` for squared errors.")
    }
  }
}
