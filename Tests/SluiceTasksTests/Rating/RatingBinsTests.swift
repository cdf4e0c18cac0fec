import SluiceTables
import Testing

@testable import SluiceTasks

/// Ratings of many values, put into bins.
struct RatingBinsTests {
  @Test func binsHaveAboutAsManyRowsEach() throws {
    let ratings = (0..<1400).map { Double(($0 * 37) % 1400) / 100 }
    let scale = RatingScale(binning: ratings)
    #expect(scale.count == 14 && scale.hasSoundBounds)
    #expect(scale.bounds?.first == 0 && scale.bounds?.last == 13.99)
    #expect(scale.values[0] == 0.495 && scale.values == scale.values.sorted())
    var counts = [Int](repeating: 0, count: 14)
    for rating in ratings { counts[try #require(scale.index(of: rating))] += 1 }
    #expect(counts == [Int](repeating: 100, count: 14))
    // What lies beyond them belongs to the outermost.
    #expect(scale.index(of: -5) == 0 && scale.index(of: 99) == 13)
  }

  @Test func equalRatingsShareABin() throws {
    // 60 of 100 rows are 5: no bound lies amid them.
    let ratings = [Double](repeating: 5, count: 600) + (0..<400).map { 5.5 + Double($0) / 100 }
    let scale = RatingScale(binning: ratings)
    #expect(scale.values[0] == 5 && scale.bounds?[1] == 5.25)
    #expect(try #require(scale.bounds) == scale.bounds?.sorted())
    #expect(Set(ratings.compactMap { scale.index(of: $0) }).count == scale.count)
    // The mass at the other end, and nearly all of it.
    #expect(RatingScale(binning: ratings.map { -$0 }).values.last == -5)
    #expect(RatingScale(binning: [Double](repeating: 1, count: 500) + [2]).values == [1, 2])
  }

  @Test func fewRowsHaveFewBins() {
    #expect(RatingScale(binning: (0..<40).map { Double($0) / 3 }).count == 3)
    #expect(RatingScale(binning: (0..<200).map { Double($0) / 3 }).count == 8)
  }

  @Test func quantilesAreSpreadEvenlyWithinABin() {
    let scale = RatingScale(values: [1, 3, 7], bounds: [0, 2, 4, 10])
    let even: [Float] = [0.25, 0.5, 0.25]
    #expect(scale.quantile(0.125, of: even[...]) == 1)
    #expect(scale.quantile(0.5, of: even[...]) == 3)
    #expect(scale.quantile(0.875, of: even[...]) == 7)
    #expect(scale.quantile(1, of: even[...]) == 10)
    let sure: [Float] = [0, 1, 0]
    #expect(scale.quantile(0, of: sure[...]) == 2 && scale.quantile(0.75, of: sure[...]) == 3.5)
    #expect(scale.expectations(even) == [3.5])
  }

  private static func scale(of cells: [String], binsMany: Bool = true) throws -> RatingScale {
    let rows = cells.map { "x,\($0)\n" }.joined()
    let table = try Table(csv: "text,rating\n" + rows, file: "r.csv")
    return try RatingScale(table.column("rating"), binsMany: binsMany)
  }

  @Test func aColumnOfManyValuesIsPutIntoBins() throws {
    let means = (0..<60).map { "\(Double($0 * 7 % 60) / 8 - 3)" } + ["", "1.25"]
    #expect(try Self.scale(of: means).bounds?.first == -3)
    // Points of which some come twice are ratings as well.
    let points = (0..<200).map { "\($0 * 31 % 101)" }
    #expect(try Self.scale(of: points).bounds?.last == 100)
    // 21 values are as they were.
    let few = (0..<42).map { "\(Double($0 % 21) / 2)" }
    #expect(try Self.scale(of: few) == Self.scale(of: few, binsMany: false))
    #expect(try Self.scale(of: few).bounds == nil)
  }

  @Test func namesAndTextsAreNoRatings() throws {
    let names = try #require(throws: TableError.self) {
      try Self.scale(of: (1000..<1300).map { "\($0)" })
    }
    #expect(names.what.contains("300 different whole numbers in 300 rows"), "\(names)")
    #expect(names.what.contains("\"rating\"") && names.remedy.contains("`data.target`"))
    let text = try #require(throws: TableError.self) {
      try Self.scale(of: (0..<50).map { "\(Double($0) / 4)" } + ["good"])
    }
    #expect(text.place == "r.csv:52:3" && text.what.contains("\"good\""), "\(text)")
    // Another task has no use for bins.
    let many = try #require(throws: TableError.self) {
      try Self.scale(of: (0..<50).map { "\(Double($0) / 4)" }, binsMany: false)
    }
    #expect(many.what.contains("more than 21 different numbers"), "\(many)")
  }

  @Test func boundsThatCannotBeAreNamed() {
    func sound(_ bounds: [Double]) -> Bool {
      RatingScale(values: [1, 3], bounds: bounds).hasSoundBounds
    }
    #expect(sound([0, 2, 4]) && RatingScale(values: [1, 3]).hasSoundBounds)
    #expect(
      !sound([0, 2]) && !sound([0, 4, 2]) && !sound([0, 2, .infinity]) && !sound([2, 2, 4]))
  }
}
