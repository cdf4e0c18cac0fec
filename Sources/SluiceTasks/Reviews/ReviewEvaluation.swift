import SluiceTraining

/// What somebody says about the ratings of some rows. R rows, K ratings.
struct RatingAnswers {
  /// `[R]`: the expected ratings.
  var expected: [Double]
  /// `[R]`: the classes that are named.
  var named: [Int]
  /// `[R, K]`; nil where none are given.
  var probabilities: [Float]?

  /// The answers of probabilities.
  init(_ probabilities: [Float], decision: RatingDecision, scale: RatingScale) {
    expected = stride(from: 0, to: probabilities.count, by: scale.count).map {
      scale.expected(probabilities[$0..<($0 + scale.count)])
    }
    named = decision.classes(probabilities)
    self.probabilities = probabilities
  }

  /// The answers of a forecaster that says a number: the nearest rating is named, the lower one of
  /// two that are as near.
  init(expected: [Double], scale: RatingScale) {
    self.expected = expected
    named = expected.map { value in
      scale.values.indices.min {
        abs(scale.values[$0] - value) < abs(scale.values[$1] - value)
      } ?? 0
    }
  }
}

/// Answers beside the ratings that were given.
struct ReviewEvaluation {
  let scale: RatingScale
  /// `[R]`: the classes of the ratings that were given.
  let classes: [Int]
  /// `[R]`: whether user and item were known.
  let isSeen: [Bool]
  let answers: RatingAnswers
  /// How ratings are named, and how common each is in training.
  let decision: RatingDecision
  /// What else there is to compare with.
  let baselines: [(name: String, explanation: String, answers: RatingAnswers)]

  /// - Parameter seen: What it means that a row is known, and that it is not; nil where rows name
  ///   neither users nor items.
  func report(seen: (known: String, new: String)?, notes: [String]) -> EvaluationReport {
    let all = Array(classes.indices)
    var subsets: [EvaluationReport.Subset] = []
    if let seen {
      for (name, explanation, isSeen) in [
        ("seen", seen.known, true), ("unseen", seen.new, false),
      ] {
        let rows = all.filter { self.isSeen[$0] == isSeen }
        subsets.append(
          EvaluationReport.Subset(
            name: name, explanation: explanation, rows: rows.count,
            metrics: metrics(answers, rows)))
      }
    }
    let priors = decision.priors
    let majority = priors.indices.max { priors[$0] < priors[$1] } ?? 0
    var always = RatingAnswers(
      all.flatMap { _ in priors.map { Float($0) } },
      decision: RatingDecision(priors: priors, tau: 0), scale: scale)
    always.named = all.map { _ in majority }
    let most = (
      name: "majority", explanation: "always \(scale.name(majority)), the most common rating",
      answers: always
    )
    return EvaluationReport(
      task: ReviewsConfiguration.taskName, rows: all.count, metrics: metrics(answers, all),
      baselines: ([most] + baselines).map {
        .init(name: $0.name, explanation: $0.explanation, metrics: metrics($0.answers, all))
      }, subsets: subsets, breakdowns: [confusion], notes: notes)
  }

  private func metrics(_ answers: RatingAnswers, _ rows: [Int]) -> MetricSet {
    let matrix = ConfusionMatrix(
      classCount: scale.count, actual: rows.map { classes[$0] },
      predicted: rows.map { answers.named[$0] })
    var squares = 0.0
    var distances = 0.0
    for row in rows {
      let error = answers.expected[row] - scale.values[classes[row]]
      squares += error * error
      distances += abs(error)
    }
    let total = Double(rows.count)
    var metrics = [
      MetricValue("accuracy", matrix.accuracy), MetricValue("macro_f1", matrix.macroF1),
      MetricValue("rmse", (squares / total).squareRoot()), MetricValue("mae", distances / total),
      MetricValue("log_loss", logLoss(answers, rows)),
    ]
    if scale.count == 2 {
      metrics.append(
        MetricValue(
          "auc",
          RankingMetrics.areaUnderROC(
            scores: rows.map { answers.expected[$0] }, isPositive: rows.map { classes[$0] == 1 }
          )))
    }
    return MetricSet(metrics)
  }

  /// NaN where there are no probabilities.
  private func logLoss(_ answers: RatingAnswers, _ rows: [Int]) -> Double {
    guard let probabilities = answers.probabilities else { return .nan }
    let sum = rows.reduce(0.0) { sum, row in
      sum - logarithm(max(Double(probabilities[row * scale.count + classes[row]]), 1e-7))
    }
    return sum / Double(rows.count)
  }

  /// Which rating was taken for which.
  private var confusion: EvaluationReport.Breakdown {
    let matrix = ConfusionMatrix(
      classCount: scale.count, actual: classes, predicted: answers.named)
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
