import Testing

@testable import SluiceTasks
import SluiceTables

struct ReviewColumnsTests {
  private func find(_ header: String, _ change: (inout ReviewData) -> Void = { _ in }) throws
    -> ReviewColumns
  {
    var data = ReviewData()
    change(&data)
    let cells = header.split(separator: ",", omittingEmptySubsequences: false)
    let row = cells.map { $0 == "Age" ? "33" : "x" }.joined(separator: ",")
    return try ReviewColumns.find(in: Table(csv: "\(header)\n\(row)\n", file: "r.csv"), data)
  }

  @Test func knownDataSetsNeedNoFlags() throws {
    let womens = try find(
      ",Clothing ID,Age,Title,Review Text,Rating,Recommended IND,Positive Feedback Count,"
        + "Division Name,Department Name,Class Name")
    #expect(
      womens
        == ReviewColumns(
          text: "Review Text", titles: ["Title"], target: "Rating", item: "Clothing ID",
          categories: ["Division Name", "Department Name", "Class Name"], numbers: ["Age"]))
    let amazon = try find(
      "reviewerID,asin,reviewerName,helpful,reviewText,overall,summary,unixReviewTime,reviewTime")
    #expect(
      amazon
        == ReviewColumns(
          text: "reviewText", titles: ["summary"], target: "overall", user: "reviewerID",
          item: "asin"))
    let chinese = try find("cat,label,review")
    #expect(chinese == ReviewColumns(text: "review", target: "label", categories: ["cat"]))
  }

  @Test func settingsComeFirstAndAnEmptyNameMeansNone() throws {
    let columns = try find("stars,rating,body,title,user,age_group,Age") {
      $0.text = "body"
      $0.titles = [""]
      $0.target = "stars"
      $0.user = ""
      $0.categories = ["age_group"]
    }
    #expect(
      columns
        == ReviewColumns(
          text: "body", target: "stars", categories: ["age_group"], numbers: ["Age"]))
    let ignoring = try find("text,rating,title,user") { $0.ignored = ["title", "user"] }
    #expect(ignoring == ReviewColumns(text: "text", target: "rating"))
  }

  @Test func errorsSayWhichSettingHelps() throws {
    func error(_ header: String, _ change: (inout ReviewData) -> Void = { _ in }) throws
      -> TableError
    {
      try #require(throws: TableError.self) { try find(header, change) }
    }
    #expect(try error("a,b,c").remedy.contains("`data.target`"))
    let text = try error("a,rating,c")
    #expect(text.place == "r.csv:1" && text.remedy.contains("`data.text`"))
    let near = try error("text,rating") { $0.text = "txt" }
    #expect(near.remedy.contains("\"text\""))
    let twice = try error("text,rating") {
      $0.text = "text"
      $0.target = "text"
    }
    #expect(twice.what.contains("`data.target`"))
    let ignored = try error("text,rating") { $0.ignored = ["nothing"] }
    #expect(ignored.what.contains("\"nothing\""))
  }

  @Test(
    arguments: [
      ("5.0\n3\n1\n2\n4\n", [1, 2, 3, 4, 5]), ("0\n1\n\n1\n", [0, 1]),
      ("4.5\n0.5\n5\n", [0.5, 4.5, 5]), ("-1\n1\n", [-1, 1]),
    ] as [(String, [Double])])
  func scales(cells: String, values: [Double]) throws {
    let table = try Table(
      csv: "text,rating\n" + cells.split(separator: "\n").map { "x,\($0)\n" }.joined())
    #expect(try RatingScale(table.column("rating")).values == values)
  }

  @Test(
    arguments: [
      ("5,good,1", "r.csv:3:3", "\"good\""), ("5,5,5", "r.csv", "are 5"), (",,", "r.csv", "no"),
      ((1...40).map(String.init).joined(separator: ","), "r.csv:23:3", "21"),
    ])
  func columnsThatHoldNoRatings(cells: String, place: String, what: String) throws {
    let rows = cells.split(separator: ",", omittingEmptySubsequences: false)
    let table = try Table(
      csv: "text,rating\n" + rows.map { "x,\($0)\n" }.joined(), file: "r.csv")
    let error = try #require(throws: TableError.self) { try RatingScale(table.column("rating")) }
    #expect(error.place == place && error.what.contains(what), "\(error)")
    #expect(error.what.contains("\"rating\"") && error.remedy.contains("`data.target`"))
  }

  @Test func namesOfRatings() {
    let scale = RatingScale(values: [0.5, 1, 4.5, 5])
    #expect((0..<4).map(scale.name) == ["0.5", "1", "4.5", "5"])
    #expect(scale.index(of: 4.5) == 2 && scale.index(of: 2) == nil)
  }
}
