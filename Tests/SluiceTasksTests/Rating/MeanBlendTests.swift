import SluiceCompute
import SluiceNN
import Testing

@testable import SluiceTasks

/// Ratings of many values by two, made one with an interval, on forecasts whose worth is known.
struct MeanBlendTests {
  private static let scale = RatingScale(binning: (0...1000).map { Double($0) / 100 })

  /// Ratings around a truth that the network sees in its bins and the other one as a number, each with
  /// an error of its own.
  private static func forecasts(
    rows: Int, network: Double, simpler: Double, noise: Double = 1, seed: UInt64 = 1
  ) -> MeanForecasts {
    var random = PhiloxGenerator(RandomStream(seed: seed, stream: 1))
    var forecasts = MeanForecasts()
    for _ in 0..<rows {
      let truth = 3 + 4 * Double(random.uniform())
      forecasts.ratings.append(max(0, min(10, truth + noise * random.normal())))
      forecasts.simpler.append(truth + simpler * random.normal())
      let bin = scale.index(of: truth + network * random.normal()) ?? 0
      // Far too sure of itself: the bin and a little of its neighbours.
      forecasts.network += (0..<scale.count).map { abs($0 - bin) == 0 ? 0.9 : Float(0) }
        .enumerated()
        .map { abs($0.offset - bin) == 1 ? 0.05 : $0.element }
    }
    return forecasts
  }

  private static func error(_ answers: MeanAnswers, _ forecasts: MeanForecasts) -> Double {
    zip(answers.expected, forecasts.ratings).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      / Double(forecasts.ratings.count)
  }

  private static func answers(_ blend: MeanBlend, _ forecasts: MeanForecasts) -> MeanAnswers {
    blend(networks: [forecasts.network], simpler: forecasts.simpler, scale: scale)
  }

  private static func blend(_ forecasts: MeanForecasts, isBlended: Bool = true) -> MeanBlend {
    MeanBlend(forecasts, isBlended: isBlended, mean: 5, scale: scale)
  }

  @Test func theBetterOneHasTheLargerShare() {
    let own = Self.blend(Self.forecasts(rows: 2000, network: 0.2, simpler: 2))
    #expect(own.networkShare > 0.85, "\(own)")
    let other = Self.blend(Self.forecasts(rows: 2000, network: 2, simpler: 0.2))
    #expect(other.networkShare < 0.15, "\(other)")
    let both = Self.blend(Self.forecasts(rows: 2000, network: 1, simpler: 1))
    let new = Self.forecasts(rows: 2000, network: 1, simpler: 1, seed: 2)
    let error = Self.error(Self.answers(both, new), new)
    for share in [0, 1.0] {
      let alone = Self.answers(MeanBlend(mean: 5, networkShare: share), new)
      #expect(error < Self.error(alone, new) - 0.1)
    }
    // A stack stays what it says.
    #expect(
      Self.blend(Self.forecasts(rows: 500, network: 2, simpler: 0), isBlended: false).networkShare
        == 1)
  }

  @Test func fewRowsSayLittle() {
    let few = Self.blend(Self.forecasts(rows: 5, network: 0, simpler: 3))
    #expect(abs(few.networkShare - 0.5) < 0.1, "\(few)")
    let none = Self.blend(MeanForecasts())
    #expect(none.isSound && none.networkShare == 0.5 && none.below == 0)
  }

  /// Whatever the network says of its own certainty, 8 of 10 new ratings lie within.
  @Test(arguments: [0.2, 2.0]) func theIntervalHolds(noise: Double) {
    let learned = Self.forecasts(rows: 2000, network: 0.5, simpler: 0.5, noise: noise)
    let new = Self.forecasts(rows: 2000, network: 0.5, simpler: 0.5, noise: noise, seed: 2)
    let intervals = Self.answers(Self.blend(learned), new).intervals ?? []
    let inside = zip(intervals, new.ratings).count { $0.contains($1) }
    #expect((1540...1660).contains(inside), "\(inside) of 2000")
    #expect(intervals.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= 10 })
  }

  /// Networks that disagree widen nothing: each has its own error, and their mean has less.
  @Test func quantilesAreAveragedNotProbabilities() throws {
    let scale = RatingScale(values: [1, 3, 7], bounds: [0, 2, 4, 10])
    let blend = MeanBlend(mean: 3, networkShare: 1)
    let (low, high): ([Float], [Float]) = ([1, 0, 0], [0, 1, 0])
    func interval(_ networks: [[Float]]) throws -> ClosedRange<Double> {
      try #require(blend(networks: networks, simpler: [], scale: scale).intervals)[0]
    }
    let both = try interval([low, high])
    #expect(abs(both.lowerBound - 1.2) < 1e-9 && abs(both.upperBound - 2.8) < 1e-9, "\(both)")
    #expect(blend(networks: [low, high], simpler: [], scale: scale).expected == [2])
    #expect(try interval([[0.5, 0.5, 0]]).upperBound > 3.5)
  }

  @Test func ratingsStayWithinThoseOfTheTraining() {
    let blend = MeanBlend(mean: 5, networkShare: 0, below: -4, above: -4)
    var forecasts = Self.forecasts(rows: 2, network: 0, simpler: 0)
    forecasts.simpler = [-50, 50]
    let answers = Self.answers(blend, forecasts)
    #expect(answers.expected == [0, 10])
    // An interval that would be less than nothing holds the rating at least.
    for (interval, rating) in zip(answers.intervals ?? [], answers.expected) {
      #expect(interval.contains(rating))
    }
  }

  /// What is reported of a part does not know how its rows came out.
  @Test func aPartIsAnsweredByTheOthers() {
    func found(_ flipped: Bool, parts: Int) -> (blend: MeanBlend, answers: MeanAnswers) {
      let parts = (0..<parts).map { part in
        var own = Self.forecasts(rows: 200, network: 1, simpler: 1, seed: UInt64(part))
        if flipped, part == 0 { own.ratings = own.ratings.map { 10 - $0 } }
        return own
      }
      return MeanBlend.outOfFold(parts, isBlended: true, mean: 5, scale: Self.scale)
    }
    let (plain, flipped) = (found(false, parts: 3), found(true, parts: 3))
    #expect(plain.answers.expected.prefix(200) == flipped.answers.expected.prefix(200))
    #expect(plain.answers.expected.suffix(400) != flipped.answers.expected.suffix(400))
    #expect(plain.blend != flipped.blend)
    // One part alone is halved.
    let (alone, other) = (found(false, parts: 1), found(true, parts: 1))
    #expect(alone.answers.expected.count == 200 && alone.answers.intervals?.count == 200)
    #expect(alone.answers.expected != other.answers.expected)
  }

  @Test func numbersThatCannotBeAreNoBlend() {
    #expect(MeanBlend(mean: 1, networkShare: 0.5, below: -1, above: 2).isSound)
    #expect(!MeanBlend(mean: .nan, networkShare: 0.5).isSound)
    #expect(!MeanBlend(mean: 1, networkShare: 1.5).isSound)
    #expect(!MeanBlend(mean: 1, networkShare: 1, above: .infinity).isSound)
    #expect(
      MeanBlend(mean: 1, networkShare: 0.4).summary(simpler: "x") == "0.40 network, 0.60 x")
  }
}
