import SluiceTraining

/// What models make of some rows, beside the ratings that were given.
struct ReviewEvaluation {
  let scale: RatingScale
  let decision: RatingDecision
  /// `[R]`
  private var classes: [Int] = []
  /// `[R, K]`
  private var probabilities: [Float] = []
  /// `[R]`: whether user and item were among the rows learned from.
  private var isSeen: [Bool] = []
  /// `[R, K]`: what the bag of words gives.
  private var baseline: [Float] = []

  init(scale: RatingScale, decision: RatingDecision) {
    self.scale = scale
    self.decision = decision
  }

  /// Adds rows.
  mutating func add(_ rows: ScoredRows) {
    classes += rows.classes
    probabilities += rows.probabilities
    isSeen += rows.isSeen
    baseline += rows.baseline
  }

  /// R
  var count: Int { classes.count }

  /// The report over all that was added.
  ///
  /// - Parameter hasIdentities: Whether rows name users or items.
  func report(hasIdentities: Bool, notes: [String]) -> EvaluationReport {
    let all = Array(classes.indices)
    let decided = decision.classes(probabilities)
    var subsets: [EvaluationReport.Subset] = []
    if hasIdentities {
      for (name, explanation, isSeen) in [
        ("seen", "user and item seen in training", true),
        ("unseen", "user or item new", false),
      ] {
        let rows = all.filter { self.isSeen[$0] == isSeen }
        subsets.append(
          EvaluationReport.Subset(
            name: name, explanation: explanation, rows: rows.count,
            metrics: metrics(rows, probabilities, decided)))
      }
    }
    let majority = decision.priors.indices.max { decision.priors[$0] < decision.priors[$1] } ?? 0
    let priors = all.flatMap { _ in decision.priors.map { Float($0) } }
    let plain = RatingDecision(priors: decision.priors, tau: 0)
    return EvaluationReport(
      task: ReviewsConfiguration.taskName, rows: all.count,
      metrics: metrics(all, probabilities, decided),
      baselines: [
        .init(
          name: "majority", explanation: "always \(scale.name(majority)), the most common rating",
          metrics: metrics(all, priors, all.map { _ in majority })),
        .init(
          name: "bag_of_words", explanation: "bag of words, logistic regression",
          metrics: metrics(all, baseline, plain.classes(baseline))),
      ], subsets: subsets, breakdowns: [confusion(decided)], notes: notes)
  }

  private func metrics(_ rows: [Int], _ probabilities: [Float], _ decided: [Int]) -> MetricSet {
    let count = scale.count
    let matrix = ConfusionMatrix(
      classCount: count, actual: rows.map { classes[$0] }, predicted: rows.map { decided[$0] })
    var squares = 0.0
    var distances = 0.0
    var loss = 0.0
    for row in rows {
      let own = probabilities[(row * count)..<((row + 1) * count)]
      let error = scale.expected(own) - scale.values[classes[row]]
      squares += error * error
      distances += abs(error)
      loss -= logarithm(max(Double(own[own.startIndex + classes[row]]), 1e-7))
    }
    let total = Double(rows.count)
    var metrics = [
      MetricValue("accuracy", matrix.accuracy), MetricValue("macro_f1", matrix.macroF1),
      MetricValue("rmse", (squares / total).squareRoot()), MetricValue("mae", distances / total),
      MetricValue("log_loss", loss / total),
    ]
    if count == 2 {
      metrics.append(
        MetricValue(
          "auc",
          RankingMetrics.areaUnderROC(
            scores: rows.map { Double(probabilities[$0 * 2 + 1]) },
            isPositive: rows.map { classes[$0] == 1 })))
    }
    return MetricSet(metrics)
  }

  /// Which rating was taken for which.
  private func confusion(_ decided: [Int]) -> EvaluationReport.Breakdown {
    let matrix = ConfusionMatrix(classCount: scale.count, actual: classes, predicted: decided)
    let names = (0..<scale.count).map { scale.name($0) }
    return EvaluationReport.Breakdown(
      name: "confusion", title: "Ratings given (rows) and named by the model (columns)",
      columns: ["rating"] + names + ["F1"],
      rows: names.indices.map { actual in
        .init(
          names[actual],
          names.indices.map { Double(matrix[actual: actual, predicted: $0]) }
            + [matrix.f1(actual)])
      })
  }
}

extension RatingScale {
  /// Σ p · rating: the expected rating.
  func expected(_ probabilities: ArraySlice<Float>) -> Double {
    zip(values, probabilities).reduce(0) { $0 + $1.0 * Double($1.1) }
  }
}
