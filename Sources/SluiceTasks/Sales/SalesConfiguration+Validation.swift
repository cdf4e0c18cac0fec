import SluiceTables

extension SalesConfiguration {
  /// The same configuration with what it leaves open settled from the data: the columns that were
  /// found, horizon and history by the length of a step.
  package func resolved(for set: SeriesSet) -> SalesConfiguration {
    var resolved = self
    resolved.data.date = set.columns.date
    resolved.data.series = set.columns.series
    resolved.data.target = set.columns.target
    resolved.horizon = horizon ?? set.grid.standardHorizon
    resolved.model.history = model.history ?? set.grid.standardHistory
    resolved.validation = validation ?? resolved.horizon
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
      training.stepsPerEpoch > 0,
      "`training.steps_per_epoch` is 0, it takes 1 or more: sales draws windows at random, so there "
        + "is no end of a pass over them.")
    try check(
      training.earlyStopping == nil && training.validateEvery == 0,
      "`training.early_stopping` and `training.validate_every` cannot be used for sales: the rows "
        + "held out are for the report, so nothing in training may look at them.")
    if case .reduceOnPlateau = training.schedule {
      throw ConfigurationError(
        "`training.schedule` is reduce_on_plateau, which needs a validation during training; sales "
          + "holds its rows out for the report. Choose constant, step, cosine or one_cycle.")
    }
    if let last = model.stack.layers.last {
      try check(
        last == .dense(units: 1, activation: .linear),
        "`model.stack` ends in \(last.kind): for sales it takes `dense: 1`, the next step.")
      if case .embedding? = model.stack.layers.first {
        throw ConfigurationError(
          "`model.stack` begins with an embedding, which takes tokens: sales are numbers. Begin with "
            + "an lstm.")
      }
    }
    try check(
      task == "sales", "`task` is \(task), not sales: the configuration is of another task.")
    try check(
      (1...10_000).contains(horizonSteps), "`horizon` is \(horizonSteps), it takes 1 to 10000.")
    try check(
      (0...1_000_000).contains(heldOutSteps),
      "`validation` is \(heldOutSteps), it takes 0 to 1000000 steps.")
    try check(batchSize >= 1 && batchSize <= 1 << 20, "`batch_size` is \(batchSize).")
    try check(
      (1...100_000).contains(model.history ?? 1),
      "`model.history` is \(model.history ?? 0), it takes 1 to 100000 steps.")
    try check(
      model.levelDays >= 0 && model.levelDays <= 36_500,
      "`model.level_days` is \(model.levelDays), it takes 0 or more.")
    try check(
      model.hidden >= 1 && model.hidden <= 8192, "`model.hidden` is \(model.hidden): 1 to 8192.")
    try check(
      model.layers >= 1 && model.layers <= 16, "`model.layers` is \(model.layers): 1 to 16.")
    try check(
      (1...8192).contains(model.head) && (1...8192).contains(model.staticSize)
        && (0...100).contains(model.harmonics),
      "`model.head` and `model.static_size` take 1 to 8192, `model.harmonics` 0 to 100.")
    try check(
      model.dropout >= 0 && model.dropout < 1 && model.unknownRate >= 0 && model.unknownRate < 1,
      "`model.dropout` and `model.unknown_rate` take 0 up to, but not, 1.")
    try check(
      model.inputScale.isFinite && abs(model.inputScale) <= 1e6,
      "`model.input_scale` is \(model.inputScale), it takes up to 1000000.")
    try check(
      !model.quantiles.isEmpty && model.quantiles == model.quantiles.sorted()
        && Set(model.quantiles).count == model.quantiles.count
        && model.quantiles.allSatisfy { $0 > 0 && $0 < 1 } && model.quantiles.contains(0.5),
      "`model.quantiles` are \(model.quantiles): they must ascend between 0 and 1, with 0.5 among "
        + "them.")
  }
}

extension TimeGrid {
  /// 90 days, a week for steps below a day, 13 weeks, 12 months.
  var standardHorizon: Int {
    switch step {
    case .months(let months): max(1, 12 / months)
    case .seconds(let seconds):
      if seconds >= 7 * 86_400 {
        max(1, 91 * 86_400 / seconds)
      } else if seconds >= 86_400 {
        90 * 86_400 / seconds
      } else {
        min(336, 7 * 86_400 / seconds)
      }
    }
  }

  /// 28 days, a week for steps below a day, 26 weeks, 24 months.
  var standardHistory: Int {
    switch step {
    case .months(let months): max(1, 24 / months)
    case .seconds(let seconds):
      if seconds >= 7 * 86_400 {
        max(1, 182 * 86_400 / seconds)
      } else if seconds >= 86_400 {
        28 * 86_400 / seconds
      } else {
        min(336, 7 * 86_400 / seconds)
      }
    }
  }

  /// How many steps a number of days is, rounded up; a month counts 30.
  func steps(inDays days: Int) -> Int {
    switch step {
    case .seconds(let seconds): (days * 86_400 + seconds - 1) / seconds
    case .months(let months): (days + 30 * months - 1) / (30 * months)
    }
  }
}

extension SeriesSet {
  /// In a line: how many series, how long, from when to when.
  package var summary: String {
    let step = grid.step.name
    return
      "\(seriesCount) series of up to \(stepCount) steps of one \(step), \(dateText(0)) to "
      + dateText(stepCount - 1)
      + (filledCount > 0 ? ", \(filledCount) gaps filled" : "")
  }
}
