import SluiceReport
import SluiceTables

/// Charts of probabilities that more than one task has.
enum ClassificationCharts {
  /// Probabilities of the same rows by somebody: the model, a baseline.
  typealias Forecaster = (name: String, probabilities: [Double])

  /// How often each probability came true.
  ///
  /// - Parameter event: What the probability is of: `gone`.
  static func calibration(
    _ forecasters: [Forecaster], outcomes: [Bool], event: String
  ) -> Chart {
    Chart(
      "Calibration",
      note: "On the diagonal, probabilities are what they say; below it they are too high.",
      horizontal: .init("probability", lower: 0, upper: 1),
      vertical: .init("share \(event)", lower: 0, upper: 1),
      [.init("as it should be", .reference, x: [0, 1], y: [0, 1])]
        + forecasters.enumerated().flatMap { style, forecaster -> [Chart.Series] in
          let bins = CalibrationCurve(
            probabilities: forecaster.probabilities, outcomes: outcomes
          ).bins
          let x = bins.map(\.probability)
          let y = bins.map(\.share)
          let line = Chart.Series(forecaster.name, x: x, y: y, style: style)
          return style == 0
            ? [line, .init("tenths", .points, x: x, y: y, style: style)] : [line]
        })
  }

  /// How many rows have which probability, by what came true.
  static func spread(
    _ probabilities: [Double], outcomes: [Bool], names: (positive: String, negative: String),
    noun: String
  ) -> Chart {
    .histogram(
      "Distribution of probabilities", label: "probability", noun: noun,
      [
        (names.negative, zip(probabilities, outcomes).filter { !$0.1 }.map(\.0)),
        (names.positive, zip(probabilities, outcomes).filter { $0.1 }.map(\.0)),
      ])
  }

  /// True and false positives, and precision and recall.
  static func ranking(_ forecasters: [Forecaster], isPositive: [Bool]) -> [Chart] {
    let curves = forecasters.map {
      (
        name: $0.name,
        points: RankingCurves(scores: $0.probabilities, isPositive: isPositive).thinned(to: 100),
        area: RankingMetrics.areaUnderROC(scores: $0.probabilities, isPositive: isPositive)
      )
    }
    guard let first = curves.first, !first.points.isEmpty else { return [] }
    let rate = Double(isPositive.count { $0 }) / Double(isPositive.count)
    return [
      Chart(
        "ROC",
        note: "The area under the curve is "
          + curves.map { "\(Significant.text($0.area)) (\($0.name))" }.joined(separator: ", ")
          + ".",
        horizontal: .init("false positive rate", lower: 0, upper: 1),
        vertical: .init("true positive rate", lower: 0, upper: 1),
        [.init("by chance", .reference, x: [0, 1], y: [0, 1])]
          + curves.enumerated().map { style, curve in
            .init(
              curve.name, x: curve.points.map(\.falsePositiveRate), y: curve.points.map(\.recall),
              style: style)
          }),
      Chart(
        "Precision and recall", horizontal: .init("recall", lower: 0, upper: 1),
        vertical: .init("precision", lower: 0, upper: 1),
        [.init("by chance", .reference, x: [0, 1], y: [rate, rate])]
          + curves.enumerated().map { style, curve in
            .init(
              curve.name, x: curve.points.map(\.recall), y: curve.points.map(\.precision),
              style: style)
          }),
    ]
  }
}
