import Foundation
import SluiceTables
import Testing

@testable import SluiceTasks

/// Reviews whose ratings are means: a number with an interval instead of a class.
@Suite struct MeanReviewsTests {
  /// Texts whose words add up to the rating, but for some noise.
  private static func csv(rows: Int) -> String {
    let words: [(String, Double)] = [
      ("awful", -3), ("poor", -1.5), ("plain", 0), ("nice", 1.2), ("great", 2.9), ("box", 0),
    ]
    var csv = "user,text,rating\n"
    for row in 0..<rows {
      let own = (0..<3).map { words[(row * 7919 + $0 * 104_729 + row / 6) % words.count] }
      let noise = Double((row * 7907) % 200) / 200 - 0.5
      let mean = own.reduce(0) { $0 + $1.1 } / 3 + noise
      csv += "u\(row % 9),\(own.map(\.0).joined(separator: " ")),"
      csv += "\((mean * 1000).rounded() / 1000)\n"
    }
    return csv
  }

  private static func settings() -> ReviewsSettings {
    var settings = SmallReviews.settings(.words)
    settings.training.epochs = 3
    return settings
  }

  @Test func meansAreLearnedWithAnInterval() throws {
    let set = try SmallReviews.set(Table(csv: Self.csv(rows: 600), file: "means.csv"))
    #expect(
      try ReviewsTask(set, Self.settings()).summary.contains("different ones in 14 bins"))
    let (report, model, files) = try SmallReviews.train(Self.settings(), set)
    let error = try #require(report.metrics["rmse"])
    let mean = try #require(report.baselines.first { $0.name == "mean" })
    #expect(error < 0.6 * (mean.metrics["rmse"] ?? 0), "\(report)")
    #expect(abs(mean.metrics["r2"] ?? 1) < 0.02)
    #expect(report.baselines.map(\.name) == ["mean", "bag_of_words"])
    #expect(report.metrics["mae"] != nil && report.metrics["accuracy"] == nil)
    #expect((0.7...0.9).contains(report.metrics["coverage_80"] ?? 0), "\(report)")
    #expect(report.breakdowns.isEmpty && report.notes.contains { $0.contains("bag of words") })

    // What a table is answered with, and one text; nothing of it lies beyond the training's ratings.
    let asked = try Table(
      csv: "text,rating\ngreat great nice,0\nawful awful poor,\n,\n😍 太好了,9\n", file: "ask.csv")
    let answers = try ReviewsTask.predict(model, for: asked, .init())
    let rated = try Table(bytes: #require(answers.csv), file: "out.csv")
    #expect(rated.header == ["text", "rating", "rating_expected", "p10", "p90"])
    let ratings = try rated.column("rating_expected").floats()
    let (low, high) = (try rated.column("p10").floats(), try rated.column("p90").floats())
    #expect(ratings[0] > 1 && ratings[1] < -1, "\(ratings)")
    for row in 0..<4 { #expect(low[row] <= ratings[row] && ratings[row] <= high[row]) }
    let line = try #require(try model.rate(text: "great great nice").lines.first)
    #expect(line.hasPrefix("rating ") && line.contains(", p10 ") && line.contains(", p90 "))
    #expect(throws: TableError.self) {
      try ReviewsTask.predict(model, for: Table(csv: "text,p10\nx,1\n"), .init())
    }

    // Ratings that were never met are scored as they are.
    let scored = try ReviewsTask.evaluate(
      model, on: Table(csv: "user,text,rating\nu1,awful,-40.5\nnew,great,\nu2,great,3\n"), .init())
    #expect(scored.rows == 2 && (scored.metrics["mae"] ?? 0) > 15, "\(scored)")

    // The files hold all of it, and what cannot be is named.
    let fitted = model.fitted
    try fitted.check(model.settings)
    #expect(
      String(decoding: try #require(files["preprocessing.json"]), as: UTF8.self).contains("bounds"))
    func part(_ change: (inout ReviewsPreprocessing) -> Void) -> String? {
      var other = fitted
      change(&other)
      let error = #expect(throws: Damage.self) { try other.check(model.settings) }
      return error?.part
    }
    #expect(part { $0.means = nil } == "`means`")
    #expect(part { $0.means = MeanBlend(mean: 0, networkShare: 2) } == "`means`")
    let values = fitted.scale.values
    #expect(part { $0.scale = RatingScale(values: values, bounds: [0, 1]) } == "`scale`")
    #expect(part { $0.scale = RatingScale(values: values) } == "`baseline`")
  }

  /// Rows that are held out have no part in the bins, and are reported on.
  @Test func heldOutRowsAreNotInTheBins() throws {
    var settings = Self.settings()
    settings.training.epochs = 1
    settings.validation = 0.3
    settings.refit = false
    let set = try SmallReviews.set(
      Table(csv: Self.csv(rows: 300) + "u1,great,77.5\n", file: "means.csv"))
    let task = try ReviewsTask(set, settings)
    let heldOut = try #require(task.heldOut())
    #expect(heldOut.rows.count > 70 && heldOut.kept.count + heldOut.rows.count == 301)
    let (report, model, _) = try SmallReviews.train(settings, set)
    #expect(report.rows == heldOut.rows.count && report.metrics["coverage_80"] != nil)
    let highest = heldOut.kept.compactMap { set.ratings[$0] }.max()
    #expect(model.fitted.scale.bounds?.last == highest)
  }

  /// A plain stack of one linear unit says a number, and stays what it says.
  @Test func aStackOfOneLinearUnit() throws {
    var settings = SmallReviews.settings(.regression)
    settings.training.epochs = 2
    let set = try SmallReviews.set(Table(csv: Self.csv(rows: 300), file: "means.csv"))
    let (report, model, _) = try SmallReviews.train(settings, set)
    #expect(model.fitted.means?.networkShare == 1)
    #expect((0.65...0.95).contains(report.metrics["coverage_80"] ?? 0), "\(report)")
    #expect(!report.notes.contains { $0.contains("blended") })
  }
}
