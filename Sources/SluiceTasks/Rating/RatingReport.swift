import SluiceReport
import SluiceTables

/// What the page of a run shows of ratings, whatever they are named by.
struct RatingReport {
  let evaluation: RatingEvaluation

  /// Charts of the answers beside the truth; none without rows.
  var items: [ReportItem] {
    guard !evaluation.classes.isEmpty else { return [] }
    return (likeliest + ranking + [counts, expected]).map { .chart($0) } + [.bars(found)]
  }

  private var scale: RatingScale { evaluation.scale }
  private var names: [String] { (0..<scale.count).map { scale.name($0) } }

  /// The model, and those baselines that say probabilities.
  private var forecasters: [(name: String, answers: RatingAnswers)] {
    [("this model", evaluation.answers)]
      + evaluation.baselines.map { ($0.explanation, $0.answers) }
  }

  /// `[R]`: of each row's most probable rating, or of the higher one of two, as the calibration error
  /// takes it.
  private func watched(_ probabilities: [Float]) -> [(probability: Double, isTrue: Bool)] {
    evaluation.classes.enumerated().map { row, truth in
      let own = Array(probabilities[(row * scale.count)..<((row + 1) * scale.count)])
      let index = scale.count == 2 ? 1 : own.indices.max { own[$0] < own[$1] } ?? 0
      return (Double(own[index]), truth == index)
    }
  }

  private var likeliest: [Chart] {
    guard let own = evaluation.answers.probabilities else { return [] }
    let watched = watched(own)
    let outcomes = watched.map(\.isTrue)
    var chart = ClassificationCharts.calibration(
      [("this model", watched.map(\.probability))], outcomes: outcomes,
      event: scale.count == 2 ? "rated \(names[1])" : "right")
    // A baseline names others than the model does: it has outcomes of its own.
    for (name, answers) in forecasters.dropFirst() {
      guard let probabilities = answers.probabilities else { continue }
      let theirs = self.watched(probabilities)
      let bins = CalibrationCurve(
        probabilities: theirs.map(\.probability), outcomes: theirs.map(\.isTrue)
      ).bins
      chart.series.append(
        .init(name, x: bins.map(\.probability), y: bins.map(\.share), style: 1))
    }
    chart.horizontal.label =
      scale.count == 2 ? "probability of \(names[1])" : "probability of the likeliest rating"
    return [chart]
  }

  private var ranking: [Chart] {
    guard scale.count == 2 else { return [] }
    return ClassificationCharts.ranking(
      forecasters.map { ($0.name, $0.answers.expected) },
      isPositive: evaluation.classes.map { $0 == 1 })
  }

  private func shares(_ classes: [Int]) -> [Double] {
    var counts = [Double](repeating: 0, count: scale.count)
    for index in classes { counts[index] += 1 }
    return counts
  }

  private var counts: Chart {
    let x = names.indices.map(Double.init)
    return Chart(
      "How often each rating is given and named", horizontal: .init("rating", names: names),
      vertical: .init("rows", lower: 0),
      [
        .init("given", .bars, x: x, y: shares(evaluation.classes), style: 6),
        .init("named by this model", .bars, x: x, y: shares(evaluation.answers.named), style: 0),
      ])
  }

  /// The mean expected rating of the rows of each rating.
  private var expected: Chart {
    let x = names.indices.map(Double.init)
    func means(_ values: [Double]) -> [Double] {
      var sums = [Double](repeating: 0, count: scale.count)
      for (index, value) in zip(evaluation.classes, values) { sums[index] += value }
      return zip(sums, shares(evaluation.classes)).map { $0 / $1 }
    }
    return Chart(
      "Expected rating by the rating given",
      note: "Forecasts that cannot tell ratings apart are flat.",
      horizontal: .init("rating given", names: names), vertical: .init("mean expected rating"),
      [.init("as it should be", .reference, x: x, y: scale.values)]
        + forecasters.enumerated().map { style, forecaster in
          .init(forecaster.name, x: x, y: means(forecaster.answers.expected), style: style)
        })
  }

  /// The share of each rating's rows that are named so.
  private var found: BarChart {
    let matrices = forecasters.map {
      ConfusionMatrix(
        classCount: scale.count, actual: evaluation.classes, predicted: $0.answers.named)
    }
    return BarChart(
      "Found of each rating", label: "share of the rows that are named so",
      series: forecasters.map(\.name),
      names.enumerated().map { index, name in .init(name, matrices.map { $0.recall(index) }) })
  }
}
