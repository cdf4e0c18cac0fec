import SluiceTraining

/// Answers beside ratings of many values.
struct MeanEvaluation {
  /// The task that is reported on.
  let task: String
  /// `[R]`
  let ratings: [Double]
  let answers: MeanAnswers
  /// Of the training ratings.
  let mean: Double
  /// What else there is to compare with.
  let baselines: [(name: String, explanation: String, answers: MeanAnswers)]
  var parts: [RatingEvaluation.Part] = []

  func report(notes: [String]) -> EvaluationReport {
    let all = Array(ratings.indices)
    let constant = MeanAnswers(expected: ratings.map { _ in mean })
    let metrics = metrics(answers, all)
    return EvaluationReport(
      task: task, rows: all.count, metrics: metrics,
      baselines: ([("mean", "the mean of the training ratings", constant)] + baselines).map {
        .init(name: $0.0, explanation: $0.1, metrics: self.metrics($0.2, all))
      },
      subsets: parts.map {
        .init(
          name: $0.name, explanation: $0.explanation, rows: $0.rows.count,
          metrics: self.metrics(answers, $0.rows))
      }, notes: notes,
      intervalHint:
        "these rows are unlike those that it was calibrated on, or the model has learned "
        + "from them")
  }

  /// R² is the share of the mean's squared error that the answers save.
  private func metrics(_ answers: MeanAnswers, _ rows: [Int]) -> MetricSet {
    let total = Double(rows.count)
    var squares = 0.0
    var distances = 0.0
    var ofMean = 0.0
    for row in rows {
      let error = answers.expected[row] - ratings[row]
      squares += error * error
      distances += abs(error)
      ofMean += (mean - ratings[row]) * (mean - ratings[row])
    }
    var metrics = [
      MetricValue("rmse", (squares / total).squareRoot()), MetricValue("mae", distances / total),
      MetricValue("r2", 1 - squares / ofMean),
    ]
    if let intervals = answers.intervals {
      let inside = rows.count { intervals[$0].contains(ratings[$0]) }
      metrics.append(MetricValue("coverage_80", Double(inside) / total))
    }
    return MetricSet(metrics)
  }
}
