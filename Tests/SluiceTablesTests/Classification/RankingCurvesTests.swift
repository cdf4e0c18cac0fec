import Testing

@testable import SluiceTables

/// Curves of a report, on cases that can be counted by hand.
struct RankingCurvesReportTests {
  private let scores = [0.9, 0.8, 0.8, 0.4, 0.1]
  private let third = 1.0 / 3
  private let truth = [true, true, false, false, true]

  @Test func curvesCountByHand() {
    let points = RankingCurves(scores: scores, isPositive: truth).points
    #expect(points.map(\.threshold) == [.infinity, 0.9, 0.8, 0.4, 0.1])
    let recalls: [Double] = [0, third, 2 * third, 2 * third, 1]
    #expect(points.map(\.recall) == recalls)
    #expect(points.map(\.falsePositiveRate) == [0, 0, 0.5, 1, 1])
    let precisions: [Double] = [1, 1, 2 * third, 0.5, 0.6]
    #expect(points.map(\.precision) == precisions)
    #expect(points.map(\.taken) == [0, 0.2, 0.6, 0.8, 1])
    #expect(points[2].f1 == 2 * third && points[0].f1 == 0)
  }

  /// Tied rows lie on a straight line, which is what a tie that counts half says.
  @Test func theAreaUnderTheCurveIsTheMetric() {
    let points = RankingCurves(scores: scores, isPositive: truth).points
    var area = 0.0
    for (from, to) in zip(points, points.dropFirst()) {
      let width = to.falsePositiveRate - from.falsePositiveRate
      area += width * (to.recall + from.recall) / 2
    }
    #expect(abs(area - RankingMetrics.areaUnderROC(scores: scores, isPositive: truth)) < 1e-12)
  }

  @Test func thinnedCurvesKeepTheirEnds() {
    let many = RankingCurves(
      scores: (0..<1000).map { Double($0) }, isPositive: (0..<1000).map { $0 % 3 == 0 })
    let few = many.thinned(to: 50)
    #expect(few.count == 50 && few.first == many.points.first && few.last == many.points.last)
    #expect(RankingCurves(scores: [1, 2], isPositive: [true, true]).points.isEmpty)
  }

  @Test func calibrationIsThatOfTheError() {
    let probabilities = [0.05, 0.15, 0.18, 0.95, 1.0, 0.92]
    let outcomes = [false, true, false, true, true, false]
    let bins = CalibrationCurve(probabilities: probabilities, outcomes: outcomes).bins
    #expect(bins.map(\.rows) == [1, 2, 3])
    #expect(bins[1].share == 0.5 && abs(bins[1].probability - 0.165) < 1e-12)
    var error = 0.0
    for bin in bins { error += Double(bin.rows) / 6 * abs(bin.probability - bin.share) }
    let known = ProbabilityMetrics.calibrationError(
      probabilities: probabilities, outcomes: outcomes)
    #expect(abs(error - known) < 1e-12)
  }

  @Test func liftCountsByHand() {
    let parts = LiftTable(scores: [4, 3, 2, 1], isPositive: [true, false, false, false], parts: 2)
      .parts
    #expect(parts.map(\.lift) == [2, 0] && parts.map(\.gain) == [1, 1])
  }
}
