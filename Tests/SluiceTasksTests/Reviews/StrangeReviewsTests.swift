import SluiceCPU
import Testing

@testable import SluiceTasks
import SluiceTables

/// Texts and people as they come: nothing of it is an error, and every row gets its probabilities.
@Suite struct StrangeReviewsTests {
  private static let texts = [
    "", "   ", "😍😍😍", "👨‍👩‍👧‍👦 👍🏽", "很好，质量不错。", "质量很差 but the box is nice 😡", "???!!!...", "a",
    "Caf&eacute; &amp; bar &#128512; &unknown;", "\u{0301}\u{200D}\u{FEFF}", "0 1 2 3.14 1e9",
    String(repeating: "word ", count: 10_000), String(repeating: "长", count: 10_000),
    String(repeating: "x", count: 10_000), "line\nbreak \"quoted\"",
  ]

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  @Test(arguments: [ReviewRecipe.words, .people, .characters])
  func textsOfEveryKind(recipe: ReviewRecipe) throws {
    let plain = ["It broke, a waste.", "Great, I love it!", "质量很好，喜欢。", "差，退货了。"]
    var csv = "text,rating\n"
    for row in 0..<120 {
      csv += Self.quoted(plain[row % 4]) + ",\([1, 5, 5, 1][row % 4])\n"
    }
    for (row, text) in Self.texts.enumerated() {
      csv += Self.quoted(text) + ",\(row % 2 == 0 ? 1 : 5)\n"
    }
    let table = try Table(csv: csv, file: "strange.csv")
    var settings = SmallReviews.settings(recipe)
    settings.training.epochs = 2
    let (report, model, _) = try SmallReviews.train(settings, try SmallReviews.set(table))
    #expect(report.metrics["log_loss"]?.isFinite == true)
    let set = try ReviewSet(table, columns: model.fitted.columns, for: .prediction)
    let probabilities = try model.probabilities(set, rows: Array(0..<set.count))
    #expect(probabilities.count == 2 * (120 + Self.texts.count))
    for row in 0..<set.count {
      #expect(abs(probabilities[2 * row] + probabilities[2 * row + 1] - 1) < 1e-5, "row \(row)")
    }
    // The plain ones are told apart whatever stands beside them.
    #expect(probabilities[1] < 0.5 && probabilities[3] > 0.5)
  }

  @Test func aUserOfTenThousandReviews() throws {
    var csv = "user,item,text,rating\n"
    for row in 0..<10_300 {
      let isGood = (row * 7919) % 10 < 6
      let user = row < 10_000 ? "busy" : "u\(row % 50)"
      csv += "\(user),i\(row % 40),\(isGood ? "good" : "bad"),\(isGood ? 5 : 1)\n"
    }
    let table = try Table(csv: csv, file: "busy.csv")
    var settings = SmallReviews.settings(.people)
    settings.training.epochs = 1
    settings.members = 1
    settings.batchSize = 128
    let (report, model, _) = try SmallReviews.train(settings, try SmallReviews.set(table))
    #expect(try #require(report.metrics["accuracy"]) > 0.95)
    let asked = try Table(csv: "user,item,text\nbusy,i1,good\nnobody,i99,bad\n", file: "ask.csv")
    let set = try ReviewSet(asked, columns: model.fitted.columns, for: .prediction)
    let probabilities = try model.probabilities(set, rows: [0, 1])
    #expect(probabilities[1] > 0.5 && probabilities[2] > 0.5)
  }

  @Test func oneRatingOnlyIsRefused() throws {
    let csv = "text,rating\n" + String(repeating: "fine,5\n", count: 100)
    let error = #expect(throws: TableError.self) {
      _ = try SmallReviews.train(
        SmallReviews.settings(.words),
        try SmallReviews.set(try Table(csv: csv, file: "one.csv")))
    }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains("one.csv") && text.contains("rating"), "\(text)")
  }
}
