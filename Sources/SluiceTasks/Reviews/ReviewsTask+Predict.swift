import SluiceSettings
import SluiceTables

extension ReviewsTask {
  /// What a prediction may be asked besides.
  package struct PredictionOptions: SettingsBlock {
    @Setting("One text to rate, instead of a file of them.", flag: "text")
    package var text: String? = nil

    package init() {}
  }

  /// Rates the reviews of a table: its rows with `rating`, `rating_class` and the probability of each
  /// rating behind them, or with `rating`, `p10` and `p90` where ratings are of many values; or one
  /// text, of nobody known.
  ///
  /// - Throws: ``TableError`` where the table has no texts, or has the columns already;
  ///   ``SettingError`` where both are given, or neither.
  package static func predict(_ model: Model, for table: Table?, _ options: PredictionOptions)
    throws -> Answers
  {
    switch (table, options.text) {
    case (nil, let text?):
      return Answers(lines: try model.rate(text: text).lines, count: 1, noun: "ratings")
    case (let table?, nil):
      return try model.predict(table)
    case (let table, _):
      throw SettingError(
        "text", table == nil ? "is not given, and no table either" : "is given beside a table",
        remedy: "Give a table of reviews in `data.path`, or one text.", source: .caller)
    }
  }
}

extension TrainedModel<ReviewsTask> {
  /// `[rows, K]`: the mean of the networks' probabilities, blended with the baseline's where that
  /// is part of the model.
  ///
  /// - Parameter baseline: `[rows, K]`, where it is known already.
  func probabilities(_ set: ReviewSet, rows: [Int], baseline: [Float]? = nil) throws -> [Float] {
    let own = try networkProbabilities(set, rows: rows)
    guard let blend = fitted.blend else { return own }
    return blend(
      network: own,
      simpler: blend.isAlone
        ? own : baseline ?? fitted.baseline.probabilities(set, rows: rows),
      classCount: fitted.scale.count)
  }

  /// Rates some rows where ratings are of many values.
  ///
  /// - Parameter baseline: `[rows]`, where it is known already.
  func answers(
    _ set: ReviewSet, rows: [Int], _ means: MeanBlend, baseline: [Double]? = nil
  ) throws -> MeanAnswers {
    means(
      networks: try memberProbabilities(set, rows: rows),
      simpler: baseline ?? fitted.baseline.ratings(set, rows: rows), scale: fitted.scale)
  }

  /// Of each network, `[rows, K]`.
  private func memberProbabilities(_ set: ReviewSet, rows: [Int]) throws -> [[Float]] {
    let classes = [Int32](repeating: -1, count: set.count)
    return try zip(networks, fitted.encoders).map { member, encoder in
      let reviews = try ReviewDataset(
        encoder.encode(set, rows: rows, classes: classes, model: settings.model), on: backend)
      return try member.network.probabilities(of: reviews, member.parameters)
    }
  }

  /// `[rows, K]`: the mean of the networks' probabilities.
  private func networkProbabilities(_ set: ReviewSet, rows: [Int]) throws -> [Float] {
    var sums = [Float](repeating: 0, count: rows.count * fitted.scale.count)
    for own in try memberProbabilities(set, rows: rows) {
      for index in sums.indices { sums[index] += own[index] }
    }
    let share = 1 / Float(networks.count)
    return sums.map { $0 * share }
  }

  /// Rates one text, of nobody known.
  func rate(text: String) throws -> Rating {
    try ratings(ReviewSet(text: text, columns: fitted.columns))[0]
  }

  fileprivate func predict(_ table: Table) throws -> Answers {
    let scale = fitted.scale
    let added = try scale.addedColumns(
      in: table, known: fitted.columns.inputs + [fitted.columns.target])
    let set = try ReviewSet(table, columns: fitted.columns, for: .prediction)
    let ratings = try ratings(set)
    var writer = CSVWriter(like: table)
    writer.appendHeader(of: table, adding: added)
    for (row, rating) in ratings.enumerated() {
      writer.append(row: row, of: table, adding: rating.cells)
    }
    let missing = set.missingColumns.joined(separator: ", ")
    return Answers(
      csv: writer.bytes,
      warnings: missing.isEmpty ? [] : ["\(table.file) lacks \(missing): taken as unknown"],
      count: set.count, noun: "ratings")
  }

  /// Rates every row of a set.
  private func ratings(_ set: ReviewSet) throws -> [Rating] {
    let rows = Array(0..<set.count)
    if let means = fitted.means {
      let answers = try answers(set, rows: rows, means)
      return rows.map { Rating(answers, $0) }
    }
    let answers = RatingAnswers(
      try probabilities(set, rows: rows), decision: fitted.decision, scale: fitted.scale)
    return rows.map { Rating(answers, $0, fitted.scale) }
  }
}
