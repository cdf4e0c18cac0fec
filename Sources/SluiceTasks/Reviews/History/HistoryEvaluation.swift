import SluiceTraining

/// What models make of some ratings before they are given. R rows.
struct HistoryEvaluation {
  let scale: RatingScale
  let decision: RatingDecision
  /// `[R]`
  var classes: [Int] = []
  /// `[R, K]`
  var probabilities: [Float] = []
  /// `[R]`: whether other rows of the user, of the item were learned from.
  var knowsUser: [Bool] = []
  var knowsItem: [Bool] = []
  /// `[R]`: what the biases of user and item expect, as they were fitted and as they stood when the
  /// row came.
  var biases: [Double] = []
  var runningBiases: [Double] = []

  init(scale: RatingScale, decision: RatingDecision) {
    self.scale = scale
    self.decision = decision
  }

  /// R
  var count: Int { classes.count }

  func report(notes: [String]) -> EvaluationReport {
    let all = Array(classes.indices)
    let decided = decision.classes(probabilities)
    let width = scale.count
    let expected = all.map {
      scale.expected(probabilities[($0 * width)..<(($0 + 1) * width)])
    }
    func own(_ rows: [Int]) -> MetricSet {
      metrics(rows, expected: expected, decided: decided, probabilities: probabilities)
    }
    let parts: [(name: String, explanation: String, rows: [Int])] = [
      ("seen", "users seen in training", all.filter { knowsUser[$0] }),
      ("unseen", "users new", all.filter { !knowsUser[$0] }),
      ("unseen_items", "items new", all.filter { !knowsItem[$0] }),
    ]
    let majority = decision.priors.indices.max { decision.priors[$0] < decision.priors[$1] } ?? 0
    let priors = decision.priors.map { Float($0) }
    return EvaluationReport(
      task: ReviewsConfiguration.taskName, rows: count, metrics: own(all),
      baselines: [
        .init(
          name: "majority", explanation: "always \(scale.name(majority)), the most common rating",
          metrics: metrics(
            all, expected: all.map { _ in scale.expected(priors[...]) },
            decided: all.map { _ in majority }, probabilities: all.flatMap { _ in priors })),
        baseline("biases", "mean + user + item, of the training", biases),
        baseline("running_biases", "mean + user + item, of all before", runningBiases),
      ],
      subsets: parts.map {
        .init(
          name: $0.name, explanation: $0.explanation, rows: $0.rows.count, metrics: own($0.rows))
      }, breakdowns: [confusion(decided)], notes: notes)
  }

  /// A baseline that expects a rating: it names the nearest one of the scale.
  private func baseline(_ name: String, _ explanation: String, _ expected: [Double])
    -> EvaluationReport.Baseline
  {
    let lowest = scale.values.first ?? 0
    let highest = scale.values.last ?? 0
    let expected = expected.map { min(highest, max(lowest, $0)) }
    let decided = expected.map { value in
      scale.values.indices.min { abs(scale.values[$0] - value) < abs(scale.values[$1] - value) }
        ?? 0
    }
    return .init(
      name: name, explanation: explanation,
      metrics: metrics(
        Array(classes.indices), expected: expected, decided: decided, probabilities: nil))
  }

  private func metrics(
    _ rows: [Int], expected: [Double], decided: [Int], probabilities: [Float]?
  ) -> MetricSet {
    let width = scale.count
    let matrix = ConfusionMatrix(
      classCount: width, actual: rows.map { classes[$0] }, predicted: rows.map { decided[$0] })
    var squares = 0.0
    var distances = 0.0
    for row in rows {
      let error = expected[row] - scale.values[classes[row]]
      squares += error * error
      distances += abs(error)
    }
    let total = Double(rows.count)
    var metrics = [
      MetricValue("rmse", (squares / total).squareRoot()), MetricValue("mae", distances / total),
      MetricValue("accuracy", matrix.accuracy), MetricValue("macro_f1", matrix.macroF1),
    ]
    if let probabilities {
      let loss = rows.reduce(0) { sum, row in
        sum - logarithm(max(Double(probabilities[row * width + classes[row]]), 1e-7))
      }
      metrics.append(MetricValue("log_loss", loss / total))
    }
    if width == 2 {
      metrics.append(
        MetricValue(
          "auc",
          RankingMetrics.areaUnderROC(
            scores: rows.map { expected[$0] }, isPositive: rows.map { classes[$0] == 1 })))
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
