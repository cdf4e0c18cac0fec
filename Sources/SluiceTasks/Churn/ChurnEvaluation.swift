import SluiceTables
import SluiceTraining

/// Probabilities beside what came true, and the linear model on the same customers.
struct ChurnEvaluation {
  var probabilities: [Double]
  var isGone: [Bool]
  var threshold: Double
  /// Of the linear model.
  var baseline: [Double]
  /// What the table calls the two values.
  var columns: ChurnColumns

  func report(notes: [String]) -> EvaluationReport {
    let matrix = ConfusionMatrix(
      isPositive: isGone, predictedPositive: probabilities.map { $0 >= threshold })
    let lift = LiftTable(scores: probabilities, isPositive: isGone)
    return EvaluationReport(
      task: ChurnTask.name, rows: isGone.count,
      metrics: metrics(probabilities, threshold: threshold),
      baselines: [
        .init(
          name: "logistic_regression", explanation: "logistic regression",
          metrics: metrics(baseline, threshold: threshold))
      ],
      breakdowns: [
        .init(
          name: "confusion",
          title: "decided by a probability of \(DecimalText.of(threshold, places: 3)) and more",
          columns: ["true", "\(columns.negative) decided", "\(columns.positive) decided"],
          rows: [(0, columns.negative), (1, columns.positive)].map { index, name in
            .init(name, (0..<2).map { Double(matrix[actual: index, predicted: $0]) })
          }, isMatrix: true),
        .init(
          name: "lift", title: "by decile of the probability, the highest first",
          columns: ["decile", "customers", "from", "gone", "rate", "lift", "gain"],
          rows: lift.parts.enumerated().map { index, part in
            .init(
              "\(index + 1)",
              [
                Double(part.rows), part.lowestScore, part.positives, part.rate, part.lift,
                part.gain,
              ])
          }),
      ], notes: notes)
  }

  private func metrics(_ probabilities: [Double], threshold: Double) -> MetricSet {
    let matrix = ConfusionMatrix(
      isPositive: isGone, predictedPositive: probabilities.map { $0 >= threshold })
    return MetricSet([
      MetricValue(
        "auc", RankingMetrics.areaUnderROC(scores: probabilities, isPositive: isGone)),
      MetricValue(
        "average_precision",
        RankingMetrics.averagePrecision(scores: probabilities, isPositive: isGone)),
      MetricValue("accuracy", matrix.accuracy),
      MetricValue("f1", matrix.f1(1)),
      MetricValue(
        "log_loss", ProbabilityMetrics.logLoss(probabilities: probabilities, isPositive: isGone)),
      MetricValue(
        "brier", ProbabilityMetrics.brierScore(probabilities: probabilities, isPositive: isGone)),
      MetricValue(
        "calibration_error",
        ProbabilityMetrics.calibrationError(probabilities: probabilities, outcomes: isGone)),
    ])
  }
}
