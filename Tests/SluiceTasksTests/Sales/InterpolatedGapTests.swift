import Testing

@testable import SluiceTasks
import SluiceTables

/// A value that was interpolated is a guess: it must not carry the future into the training, nor be
/// scored as if it were true.
struct InterpolatedGapTests {
  /// One series of ten days; days 4 to 6 are missing.
  private func gapped() throws -> SeriesSet {
    var text = "date,sales\n"
    for day in 0..<10 where !(4...6).contains(day) {
      text += "2020-01-\(11 + day),\(day * 10)\n"
    }
    let table = try Table(csv: text)
    return try SeriesSet(table, columns: SalesColumns.find(in: table), gaps: .interpolate)
  }

  @Test func interpolatedValuesAreMarked() throws {
    let set = try gapped()
    #expect(set.values == (0..<10).map { Float($0 * 10) })
    #expect((0..<10).filter { set.isInterpolated(series: 0, step: $0) } == [4, 5, 6])
  }

  @Test func aGapOverTheCutHoldsWhatWasKnown() throws {
    let set = try gapped()
    #expect(set.asKnown(at: 6).values == [0, 10, 20, 30, 30, 30, 60, 70, 80, 90])
    // A gap that lies whole before the cut, or behind it, stays as it is.
    #expect(set.asKnown(at: 8).values == set.values)
    #expect(set.asKnown(at: 3).values == set.values)
  }

  @Test func theyAreNotScored() throws {
    let set = try gapped()
    let forecast = SalesForecast(
      seriesCount: 1, horizon: 5, quantiles: [0.5], values: [0, 0, 70, 80, 90])
    var evaluation = SalesEvaluation()
    evaluation.add(forecast, of: set, start: 5)
    let report = evaluation.report(quantiles: [0.5])
    #expect(report.rows == 3)
    #expect(report.metrics["mae"] == 0)
  }
}
