import Foundation
import SluiceCompute
import Testing

@testable import SluiceTables

/// The metrics against their definitions, taken literally in double precision.
struct ClassificationMetricTests {
  /// Scores with ties, that lean towards the truth.
  private static func rows(_ count: Int, seed: UInt64, levels: Int = 12)
    -> (scores: [Double], isPositive: [Bool])
  {
    var random = PhiloxGenerator(RandomStream(seed: seed, stream: 1))
    let scores = (0..<count).map { _ in Double(random.index(below: levels)) / Double(levels) }
    return (scores, scores.map { Double(random.uniform()) < 0.2 + 0.5 * $0 })
  }

  @Test(arguments: [1, 2, 7, 100, 333])
  func areaUnderROCIsTheShareOfPairsInOrder(count: Int) {
    let (scores, isPositive) = Self.rows(count, seed: UInt64(count))
    var pairs = 0.0
    var ordered = 0.0
    for i in 0..<count where isPositive[i] {
      for j in 0..<count where !isPositive[j] {
        pairs += 1
        ordered += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0
      }
    }
    let found = RankingMetrics.areaUnderROC(scores: scores, isPositive: isPositive)
    if pairs == 0 {
      #expect(found.isNaN)
    } else {
      #expect(abs(found - ordered / pairs) < 1e-12)
    }
  }

  @Test(arguments: [20, 50, 200])
  func averagePrecisionSumsOverThresholds(count: Int) {
    let (scores, isPositive) = Self.rows(count, seed: UInt64(count) + 90)
    let positives = Double(isPositive.count { $0 })
    var expected = 0.0
    var recallBefore = 0.0
    for threshold in Set(scores).sorted(by: >) {
      let taken = scores.indices.filter { scores[$0] >= threshold }
      let found = Double(taken.count { isPositive[$0] })
      expected += (found / positives - recallBefore) * found / Double(taken.count)
      recallBefore = found / positives
    }
    let found = RankingMetrics.averagePrecision(scores: scores, isPositive: isPositive)
    #expect(abs(found - expected) < 1e-12)
  }

  @Test func orderOfRowsDoesNotMatter() {
    let (scores, isPositive) = Self.rows(200, seed: 5)
    let backwards = (Array(scores.reversed()), Array(isPositive.reversed()))
    #expect(
      RankingMetrics.areaUnderROC(scores: scores, isPositive: isPositive)
        == RankingMetrics.areaUnderROC(scores: backwards.0, isPositive: backwards.1))
    let lift = LiftTable(scores: scores, isPositive: isPositive)
    let other = LiftTable(scores: backwards.0, isPositive: backwards.1)
    #expect(lift == other)
  }

  @Test func confusion() {
    let actual = [0, 0, 0, 1, 1, 3, 3, 3]
    let predicted = [0, 0, 1, 1, 2, 3, 3, 0]
    let matrix = ConfusionMatrix(classCount: 4, actual: actual, predicted: predicted)
    #expect(matrix.rows == 8)
    #expect(matrix[actual: 0, predicted: 1] == 1)
    #expect(matrix.accuracy == 5.0 / 8)
    #expect(matrix.precision(0) == 2.0 / 3 && matrix.recall(0) == 2.0 / 3)
    #expect(matrix.f1(1) == 0.5)
    #expect(matrix.f1(2) == 0)
    // Class 2 is not in the truth: it does not count.
    let scores: [Double] = [2.0 / 3, 0.5, 0.8]
    let expected = scores.reduce(0, +) / 3
    #expect(abs(matrix.macroF1 - expected) < 1e-12)
  }

  @Test func probabilities() {
    let p = [0.9, 0.2, 0.0, 1.0, 0.55]
    let y = [true, false, true, true, false]
    let ofTruth: [Double] = [0.9, 0.8, 1e-15, 1, 0.45]
    let expected = -ofTruth.reduce(0) { $0 + log($1) } / 5
    #expect(abs(ProbabilityMetrics.logLoss(probabilities: p, isPositive: y) - expected) < 1e-12)
    let both = ProbabilityMetrics.logLoss(
      probabilities: p.flatMap { [1 - $0, $0] }, classCount: 2, actual: y.map { $0 ? 1 : 0 })
    #expect(abs(both - expected) < 1e-12)
    let brier = 1.3525 / 5
    #expect(abs(ProbabilityMetrics.brierScore(probabilities: p, isPositive: y) - brier) < 1e-12)
    // Bins of 0.5: {0.2, 0} with mean 0.1 and a half true; {0.9, 1, 0.55} with two thirds true.
    let error = (2 * 0.4 + 0.45) / 5
    let found = ProbabilityMetrics.calibrationError(probabilities: p, outcomes: y, bins: 2)
    #expect(abs(found - error) < 1e-12)
  }

  @Test func thresholdIsTheBestOfAll() {
    let (scores, isPositive) = Self.rows(300, seed: 8, levels: 40)
    func f1(_ threshold: Double) -> Double {
      ConfusionMatrix(isPositive: isPositive, predictedPositive: scores.map { $0 >= threshold })
        .f1(1)
    }
    let found = DecisionThreshold.bestF1(probabilities: scores, isPositive: isPositive)
    let best = Set(scores).map(f1).max()
    #expect(f1(found) == best)
    #expect(!scores.contains(found))
    #expect(DecisionThreshold.bestF1(probabilities: [0.3], isPositive: [false]) == 0.5)
  }

  @Test func liftByDecile() {
    // 20 rows, 5 positive, all at the top but one.
    let scores = (0..<20).map { Double(20 - $0) }
    let isPositive = (0..<20).map { $0 < 4 || $0 == 19 }
    let parts = LiftTable(scores: scores, isPositive: isPositive).parts
    #expect(parts.count == 10)
    #expect(parts.map(\.rows) == [Int](repeating: 2, count: 10))
    #expect(parts[0].lift == 4 && parts[1].lift == 4 && parts[2].lift == 0)
    #expect(abs(parts[1].gain - 0.8) < 1e-12 && abs(parts[9].gain - 1) < 1e-12)
    #expect(parts[9].rate == 0.5 && parts[0].lowestScore == 19)
    // One score for all: every part has its share.
    let flat = LiftTable(scores: [Double](repeating: 1, count: 20), isPositive: isPositive)
    #expect(flat.parts.allSatisfy { abs($0.lift - 1) < 1e-12 })
    #expect(LiftTable(scores: [1, 2, 3], isPositive: [true, false, true]).parts.count == 3)
  }
}
