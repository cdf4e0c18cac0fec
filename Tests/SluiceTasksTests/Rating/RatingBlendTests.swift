import Foundation
import SluiceCompute
import Testing

@testable import SluiceTasks
import SluiceTables

/// Two forecasts made one, on forecasts whose worth is known.
struct RatingBlendTests {
  /// Ratings of two kinds and forecasts that know a part of each.
  private struct Known {
    var classes: [Int] = []
    var first: [Float] = []
    var second: [Float] = []

    /// - Parameters:
    ///   - first: How much it knows: 0 nothing.
    ///   - sharpness: By how much the first one's logits are exaggerated.
    init(rows: Int, first: Double, second: Double, sharpness: Double = 1, seed: UInt64 = 1) {
      var random = PhiloxGenerator(RandomStream(seed: seed, stream: 1))
      func normal() -> Double {
        (0..<12).reduce(-6.0) { sum, _ in sum + Double(random.uniform()) }
      }
      func probabilities(_ logit: Double) -> [Float] {
        let positive = Float(1 / (1 + exp(-logit)))
        return [1 - positive, positive]
      }
      for _ in 0..<rows {
        // The log-odds of what is seen: two independent signs, each of the strength given.
        let isHigh = random.uniform() < 0.5
        let sign = isHigh ? 1.0 : -1.0
        classes.append(isHigh ? 1 : 0)
        let own = 2 * first * (sign * first + normal())
        let other = 2 * second * (sign * second + normal())
        self.first += probabilities(own * sharpness)
        self.second += probabilities(other)
      }
    }

    func loss(_ probabilities: [Float]) -> Double {
      ProbabilityMetrics.logLoss(
        probabilities: probabilities.map { Double($0) }, classCount: 2, actual: classes)
    }

    var blend: RatingBlend {
      RatingBlend(network: first, simpler: second, classes: classes, classCount: 2)
    }

    func blended(_ blend: RatingBlend) -> [Float] {
      blend(network: first, simpler: second, classCount: 2)
    }
  }

  @Test func whoKnowsNothingHasNoShare() {
    let own = Known(rows: 2000, first: 1, second: 0)
    #expect(own.blend.networkShare > 0.9)
    let other = Known(rows: 2000, first: 0, second: 1)
    #expect(abs(other.loss(other.blended(other.blend)) - other.loss(other.second)) < 0.005)
    let better = Known(rows: 2000, first: 0.5, second: 1)
    #expect(better.loss(better.blended(better.blend)) <= better.loss(better.second))
  }

  /// A handful of rows says little: neither is left out, none is believed beyond measure.
  @Test func fewRowsSayLittle() {
    let few = Known(rows: 5, first: 3, second: 0)
    #expect(abs(few.blend.networkShare - 0.5) < 0.1, "\(few.blend)")
    let new = Known(rows: 2000, first: 0.7, second: 0.7, seed: 2)
    #expect(new.loss(new.blended(few.blend)) < min(new.loss(new.first), new.loss(new.second)))
    let none = RatingBlend(network: [], simpler: [], classes: [], classCount: 2)
    #expect(none.isSound && none.networkShare == 0.5)
  }

  @Test func twoWhoKnowDifferentThingsAreBetterThanEither() {
    let learned = Known(rows: 2000, first: 0.7, second: 0.7)
    let blend = learned.blend
    #expect((0.3...0.7).contains(blend.networkShare), "\(blend)")
    let new = Known(rows: 2000, first: 0.7, second: 0.7, seed: 2)
    let probabilities = new.blended(blend)
    #expect(new.loss(probabilities) < min(new.loss(new.first), new.loss(new.second)) - 0.05)
    // Two independent ones add up: the halves' sum is too timid, and the temperature says so.
    let error = ProbabilityMetrics.calibrationError(
      probabilities: (0..<2000).map { Double(probabilities[2 * $0 + 1]) },
      outcomes: new.classes.map { $0 == 1 })
    #expect(error < 0.03, "\(error)")
  }

  @Test func whoIsTooSureIsTakenLessAtTheirWord() {
    let learned = Known(rows: 2000, first: 1, second: 0, sharpness: 4)
    let new = Known(rows: 2000, first: 1, second: 0, sharpness: 4, seed: 2)
    let honest = Known(rows: 2000, first: 1, second: 0, seed: 2)
    #expect(new.loss(new.first) > honest.loss(honest.first) + 0.1)
    #expect(abs(new.loss(new.blended(learned.blend)) - honest.loss(honest.first)) < 0.01)
  }

  /// A plain stack has no share to give away, but is too sure all the same.
  @Test func whoIsAloneIsTakenLessAtTheirWordToo() {
    let learned = Known(rows: 2000, first: 1, second: 0, sharpness: 4)
    let parts = [0..<1000, 1000..<2000].map { rows in
      OutOfFoldRatings.Part(
        classes: Array(learned.classes[rows]),
        network: Array(learned.first[(2 * rows.lowerBound)..<(2 * rows.upperBound)]), baseline: [])
    }
    let answers = OutOfFoldRatings(parts: parts, classCount: 2, isAlone: true)
    #expect(answers.blend().isAlone && answers.blend().temperature.temperature > 2)
    func error(_ probabilities: [Float]) -> Double {
      ProbabilityMetrics.calibrationError(
        probabilities: (0..<2000).map { Double(probabilities[2 * $0 + 1]) },
        outcomes: learned.classes.map { $0 == 1 })
    }
    #expect(error(answers.network) > 0.1 && error(answers.blended()) < 0.05)
  }

  @Test func probabilitiesOfManyRatingsSumToOneAndSurviveZeros() throws {
    let blend = RatingBlend(networkShare: 0.35, temperature: 1.26)
    let probabilities = blend(
      network: [0, 0, 1, 0.2, 0.3, 0.5], simpler: [1, 0, 0, 0.2, 0.3, 0.5], classCount: 3)
    for row in 0..<2 {
      let own = probabilities[(3 * row)..<(3 * row + 3)]
      #expect(own.allSatisfy { $0 > 0 } && abs(own.reduce(0, +) - 1) < 1e-5)
    }
    #expect(blend.isSound && !RatingBlend(networkShare: 0, temperature: .nan).isSound)
    #expect(
      blend.note(simpler: "bag of words")
        == "blended by such rows: 0.35 network, 0.65 bag of words; temperature 1.26")
    #expect(
      RatingBlend(networkShare: 1).note(simpler: "x")
        == "calibrated by such rows: temperature 1.0")
    #expect(
      try JSONDecoder().decode(RatingBlend.self, from: JSONEncoder().encode(blend)) == blend)
  }

  /// What is reported of a part does not know how its rows came out.
  @Test func aPartIsBlendedByTheOthers() {
    func answers(_ flipped: Bool, parts: Int) -> OutOfFoldRatings {
      OutOfFoldRatings(
        parts: (0..<parts).map { part in
          let known = Known(rows: 300, first: 0.7, second: 0.4, seed: UInt64(part))
          return .init(
            classes: flipped && part == 0 ? known.classes.map { 1 - $0 } : known.classes,
            network: known.first, baseline: known.second)
        }, classCount: 2)
    }
    let (plain, flipped) = (answers(false, parts: 3), answers(true, parts: 3))
    #expect(plain.blended().prefix(600) == flipped.blended().prefix(600))
    #expect(plain.blended().suffix(1200) != flipped.blended().suffix(1200))
    #expect(plain.blend() != flipped.blend())
    // One part alone is halved.
    let alone = answers(false, parts: 1)
    #expect(alone.parts.map(\.classes.count) == [150, 150] && alone.blended().count == 600)
    #expect(alone.network.count == 600 && alone.classes.count == 300)
  }
}
