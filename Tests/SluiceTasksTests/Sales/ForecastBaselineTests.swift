import Testing

@testable import SluiceTasks
import SluiceTables

/// Forecasts that take no training, and what the report says beside them.
struct ForecastBaselineTests {
  private func days(_ rows: [[Float]]) -> SeriesSet {
    var set = Planted.set(steps: rows[0].count, series: rows.count) { _, _ in 0 }
    set.values = rows.flatMap { $0 }
    return set
  }

  @Test func everySeasonOfTheStepsHasItsOwn() {
    func names(_ step: TimeStep, _ steps: Int) -> [String] {
      SalesBaselines(Planted.set(step, steps: steps) { _, _ in 3 }, upTo: steps, horizon: 2).all
        .map(\.name)
    }
    #expect(
      names(.day, 400) == [
        "last_value", "last_value_drift", "naive_week", "naive_week_drift", "naive_year",
        "naive_year_drift", "theta", "factor_model",
      ])
    #expect(names(.seconds(3600), 200).contains("naive_day_drift"))
    #expect(!names(.seconds(3600), 200).contains("naive_year"))
    #expect(names(.months(12), 9) == ["last_value", "last_value_drift", "theta", "factor_model"])
  }

  @Test func driftsGoOnAsTheSeriesDid() throws {
    // Ten more each week, on a shape of the week.
    let shape: [Float] = [0, 5, 1, 2, 9, 4, 3]
    func sold(_ day: Int) -> Float { shape[day % 7] + Float(10 * (day / 7)) }
    let set = days([(0..<28).map(sold)])
    let all = SalesBaselines(set, upTo: 28, horizon: 9).all
    let week = try #require(all.first { $0.name == "naive_week_drift" })
    for ahead in 0..<9 {
      #expect(abs(week.values[ahead] - sold(28 + ahead)) < 1e-4)
    }
    let last = try #require(all.first { $0.name == "last_value_drift" })
    // From 0 to 33 in 27 days.
    #expect(abs(last.values[2] - 36.666_668) < 1e-4)
  }

  @Test func thetaFindsSeasonLevelAndHalfOfTheTrend() {
    // A season alone comes back as it is.
    let quarters = [50.0, 100, 150, 100]
    let months = (0..<48).map { quarters[$0 % 4] }
    for (ahead, value) in Theta(months, season: 4).forecast(horizon: 6).enumerated() {
      #expect(abs(value - months[ahead % 4]) < 1e-6, "\(ahead): \(value)")
    }
    // With negative values the season is added.
    let signed = (0..<48).map { [-3.0, 0, 3, 0][$0 % 4] }
    for (ahead, value) in Theta(signed, season: 4).forecast(horizon: 6).enumerated() {
      #expect(abs(value - signed[ahead % 4]) < 1e-6, "\(ahead): \(value)")
    }
    // Of a line the smoothing keeps the last value, and the drift is half of its slope.
    let line = (0..<50).map { 7 + 2 * Double($0) }
    let forecast = Theta(line, season: 1).forecast(horizon: 3)
    #expect(zip(forecast, [106, 107, 108]).allSatisfy { abs($0 - $1) < 1e-9 }, "\(forecast)")
    #expect(Theta([], season: 1).forecast(horizon: 2) == [0, 0])
    #expect(Theta([4], season: 7).forecast(horizon: 1) == [4])
  }

  @Test func negativeSeriesAreNotCutOffAtZero() throws {
    let set = days([(0..<30).map { Float(-$0) }])
    let all = SalesBaselines(set, upTo: 30, horizon: 1).all
    #expect(all.first { $0.name == "last_value_drift" }?.values == [-30])
    #expect(!all.contains { $0.name == "factor_model" })
    let falling = days([(0..<30).map { Float(29 - $0) }])
    #expect(
      SalesBaselines(falling, upTo: 30, horizon: 1).all.first { $0.name == "last_value_drift" }?
        .values == [0])
  }

  @Test func theReportMeasuresAndSaysWhoIsBetter() throws {
    // One series climbs by 1 a day, one by 10: a week makes 7 and 70, the units of their errors.
    let set = days([
      (0..<40).map { Float($0 + 5) }, (0..<40).map { Float(10 * $0 + 5) },
    ])
    var evaluation = SalesEvaluation()
    // The forecast of the first is 7 too high, of the second 140 too low; intervals of ± 10.
    let truth = (0..<2).flatMap { s in [38, 39].map { set[s, $0] } }
    let centres = [truth[0] + 7, truth[1] + 7, truth[2] - 140, truth[3] - 140]
    evaluation.add(
      SalesForecast(
        seriesCount: 2, horizon: 2, quantiles: [0.1, 0.5, 0.9],
        values: centres.flatMap { [$0 - 10, $0, $0 + 10] }),
      of: set, start: 38)
    let report = evaluation.report(quantiles: [0.1, 0.5, 0.9])
    let scaled = try #require(report.metrics["mase"])
    #expect(abs(scaled - 1.5) < 1e-6)
    #expect(report.metrics["coverage_80"] == 0.5)
    // By hand: 7 above: .9 · (7 − 10 < 0 …) and so on.
    let first: Double = 0.1 * 3 + 0.5 * 7 + 0.1 * 17
    let second: Double = 0.1 * 150 + 0.5 * 140 + 0.9 * 130
    let pinball = try #require(report.metrics["pinball"])
    #expect(abs(pinball - (first + second) / 6) < 1e-4)
    #expect(report.warnings.count == 1)
    #expect(report.warnings[0].contains("holds 50 %") && report.warnings[0].contains("too narrow"))
    let verdict = try #require(
      report.notes.first { $0.hasPrefix("a baseline does better on these rows: ") })
    // 266 of 867 too low in sum.
    #expect(verdict.contains("; the model lies 31 % too low in sum, the baseline"), "\(verdict)")

    // Where sums agree, it says for how many series the baseline is nearer.
    var mixed = SalesEvaluation()
    mixed.add(
      SalesForecast(
        seriesCount: 2, horizon: 2, quantiles: [0.5],
        values: [truth[0] + 40, truth[1] + 40, truth[2] - 40, truth[3] - 40]),
      of: set, start: 38)
    let counted = try #require(mixed.report(quantiles: [0.5]).notes.first)
    #expect(counted.contains("it is nearer for 2 of 2 series"), "\(counted)")

    var exact = SalesEvaluation()
    exact.add(
      SalesForecast(
        seriesCount: 2, horizon: 2, quantiles: [0.5], values: truth), of: set, start: 38)
    #expect(exact.report(quantiles: [0.5]).notes.isEmpty)
  }
}
