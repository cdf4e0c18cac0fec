import SluiceCompute
import Testing

@testable import SluiceTables

/// Quantiles that hold for one more row, however few there are.
struct ConformalQuantileTests {
  @Test func fewRowsGiveTheirLargestErrorOrNone() {
    #expect(ConformalQuantile.of((1...8).map { Double($0) }, level: 0.9) == nil)
    #expect(ConformalQuantile.of((1...9).map { Double($0) }, level: 0.9) == 9)
    #expect(ConformalQuantile.of((1...19).map { Double($0) }, level: 0.9) == 18)
    #expect(ConformalQuantile.of((1...99).reversed().map { Double($0) }, level: 0.9) == 90)
    #expect(ConformalQuantile.of([Double](), level: 0.5) == nil)
    #expect(ConformalQuantile.of([4.0], level: 0.5) == 4)
    #expect(ConformalQuantile.fewest(level: 0.9) == 9)
    #expect(ConformalQuantile.fewest(level: 0.5) == 1)
    #expect(ConformalQuantile.fewest(level: 0.95) == 19)
  }

  /// Ten errors of each of nine windows say no more than nine windows.
  @Test func errorsOfOneWindowCountAsOne() {
    let errors = (1...90).map { Double($0) }
    #expect(ConformalQuantile.of(errors, level: 0.9) == 82)
    #expect(ConformalQuantile.of(errors, level: 0.9, windows: 9) == 90)
    #expect(ConformalQuantile.of(errors, level: 0.9, windows: 30) == 84)
    #expect(ConformalQuantile.of(errors, level: 0.9, windows: 8) == nil)
  }

  /// The plain quantile of a few rows is exceeded too often; this one is not.
  @Test(arguments: [9, 14, 30])
  func theNextRowLiesBelowItAsOftenAsItShould(_ rows: Int) {
    var generator = PhiloxGenerator(RandomStream(seed: 5, stream: 1))
    let trials = 20_000
    var below = 0
    var plain = 0
    for _ in 0..<trials {
      let errors = (0..<rows).map { _ in generator.uniform() }
      let next = generator.uniform()
      if let bound = ConformalQuantile.of(errors, level: 0.9), next <= bound { below += 1 }
      if next <= errors.sorted()[Int((0.9 * Double(rows - 1)).rounded())] { plain += 1 }
    }
    let share = Double(below) / Double(trials)
    let most: Double = 0.907 + 1 / Double(rows + 1)
    #expect(share > 0.893 && share < most, "\(share)")
    let plainShare = Double(plain) / Double(trials)
    #expect(plainShare < 0.89, "\(plainShare)")
  }
}
