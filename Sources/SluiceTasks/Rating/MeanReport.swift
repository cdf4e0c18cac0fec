import SluiceReport

/// What the page of a run shows of ratings of many values.
struct MeanReport {
  let evaluation: MeanEvaluation

  /// Points of a cloud, at most: more hide one another.
  private static let mostPoints = 400

  var items: [ReportItem] {
    let ratings = evaluation.ratings
    guard let least = ratings.min(), let most = ratings.max() else { return [] }
    let every = max(1, ratings.count / Self.mostPoints)
    let rows = Array(stride(from: 0, to: ratings.count, by: every))
    let expected = evaluation.answers.expected
    let cloud = Chart(
      "Expected and given ratings",
      note: rows.count < ratings.count ? "\(rows.count) of \(ratings.count.grouped) rows." : "",
      horizontal: .init("given"), vertical: .init("expected"),
      [
        .init("as it should be", .reference, x: [least, most], y: [least, most]),
        .init("rows", .points, x: rows.map { ratings[$0] }, y: rows.map { expected[$0] }),
      ])
    let errors = Chart.histogram(
      "Errors", label: "expected − given", noun: "rows",
      [("this model", zip(expected, ratings).map { $0 - $1 })]
        + evaluation.baselines.prefix(1).map { baseline in
          (baseline.explanation, zip(baseline.answers.expected, ratings).map { $0 - $1 })
        })
    return [.chart(cloud), .chart(errors)]
  }
}
