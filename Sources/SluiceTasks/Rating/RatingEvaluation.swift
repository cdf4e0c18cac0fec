import SluicePlatform
import SluiceTables
import SluiceTraining

/// Answers beside the ratings that were given.
struct RatingEvaluation {
  /// Rows that are scored apart.
  struct Part {
    var name: String
    var explanation: String
    var rows: [Int]
  }

  /// What comes first in a report, and is watched.
  enum Order {
    /// The rating that is named.
    case named
    /// The rating that is expected.
    case expected
  }

  /// The task that is reported on.
  let task: String
  let scale: RatingScale
  /// `[R]`: the classes of the ratings that were given.
  let classes: [Int]
  let answers: RatingAnswers
  /// How ratings are named, and how common each is in training.
  let decision: RatingDecision
  /// What else there is to compare with.
  let baselines: [(name: String, explanation: String, answers: RatingAnswers)]
  var parts: [Part] = []
  var order = Order.named

  func report(notes: [String]) -> EvaluationReport {
    let all = Array(classes.indices)
    return EvaluationReport(
      task: task, rows: all.count, metrics: metrics(answers, all),
      baselines: ([majority] + baselines).map {
        .init(name: $0.name, explanation: $0.explanation, metrics: metrics($0.answers, all))
      },
      subsets: parts.map {
        .init(
          name: $0.name, explanation: $0.explanation, rows: $0.rows.count,
          metrics: metrics(answers, $0.rows))
      }, breakdowns: [confusion], notes: notes)
  }

  /// Always the most common rating.
  private var majority: (name: String, explanation: String, answers: RatingAnswers) {
    let priors = decision.priors
    let most = priors.indices.max { priors[$0] < priors[$1] } ?? 0
    var always = RatingAnswers(
      classes.flatMap { _ in priors.map { Float($0) } },
      decision: RatingDecision(priors: priors, tau: 0), scale: scale)
    always.named = classes.map { _ in most }
    return ("majority", "always \(scale.name(most)), the most common rating", always)
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
    let named = [
      MetricValue("accuracy", matrix.accuracy), MetricValue("macro_f1", matrix.macroF1),
    ]
    let expected = [
      MetricValue("rmse", (squares / total).squareRoot()), MetricValue("mae", distances / total),
    ]
    var metrics = order == .named ? named + expected : expected + named
    if let probabilities = answers.probabilities {
      let loss = rows.reduce(0.0) { sum, row in
        sum - logarithm(max(Double(probabilities[row * scale.count + classes[row]]), 1e-7))
      }
      metrics.append(MetricValue("log_loss", loss / total))
      metrics.append(
        MetricValue("calibration_error", calibrationError(probabilities, rows)))
    }
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

  /// Of the higher one of two ratings, or else of each row's most probable one.
  private func calibrationError(_ probabilities: [Float], _ rows: [Int])
    -> Double
  {
    let likeliest = rows.map { row in
      let own = probabilities[(row * scale.count)..<((row + 1) * scale.count)]
      let index =
        scale.count == 2
        ? 1
        : own.indices.max { own[$0] < own[$1] }.map {
          $0 - own.startIndex
        } ?? 0
      return (probability: Double(own[own.startIndex + index]), isTrue: classes[row] == index)
    }
    return ProbabilityMetrics.calibrationError(
      probabilities: likeliest.map(\.probability), outcomes: likeliest.map(\.isTrue))
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
      }, isMatrix: true)
  }
}
