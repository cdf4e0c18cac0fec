import Testing

@testable import SluiceTasks
import SluiceTables

struct ReviewColumnsTests {
  private func find(_ header: String, _ request: ReviewColumns.Request = .init()) throws
    -> ReviewColumns
  {
    let cells = header.split(separator: ",", omittingEmptySubsequences: false)
    let row = cells.map { $0 == "Age" ? "33" : "x" }.joined(separator: ",")
    return try ReviewColumns.find(in: Table(csv: "\(header)\n\(row)\n", file: "r.csv"), request)
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
          item: "asin", time: "unixReviewTime"))
    let chinese = try find("cat,label,review")
    #expect(chinese == ReviewColumns(text: "review", target: "label", categories: ["cat"]))
  }

  @Test func flagsComeFirstAndAnEmptyNameMeansNone() throws {
    let columns = try find(
      "stars,rating,body,title,user,age_group,Age",
      .init(text: "body", titles: [""], target: "stars", user: "", categories: ["age_group"]))
    #expect(
      columns
        == ReviewColumns(
          text: "body", target: "stars", categories: ["age_group"], numbers: ["Age"]))
    let ignoring = try find("text,rating,title,user", .init(ignored: ["title", "user"]))
    #expect(ignoring == ReviewColumns(text: "text", target: "rating"))
  }

  @Test func errorsSayWhichFlagHelps() {
    #expect(throws: TableError.self) { try find("a,b,c") }
    do {
      _ = try find("a,rating,c")
      Issue.record("no column of texts")
    } catch {
      #expect("\(error)".contains("--text COLUMN") && "\(error)".contains("r.csv:1"))
    }
    do {
      _ = try find("text,rating", .init(text: "txt"))
      Issue.record("no such column")
    } catch {
      #expect("\(error)".contains("Did you mean \"text\""))
    }
    do {
      _ = try find("text,rating", .init(text: "text", target: "text"))
      Issue.record("one column for two purposes")
    } catch {
      #expect("\(error)".contains("two purposes"))
    }
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
      ("5,good,1", "r.csv:3:3", "\"good\" in column \"rating\" is no rating"),
      ("5,5,5", "r.csv", "all ratings in column \"rating\" are 5"),
      (",,", "r.csv", "holds no rating"),
      ((1...40).map(String.init).joined(separator: ","), "r.csv:23:3", "more than 21 different"),
    ])
  func columnsThatHoldNoRatings(cells: String, place: String, what: String) throws {
    let rows = cells.split(separator: ",", omittingEmptySubsequences: false)
    let table = try Table(
      csv: "text,rating\n" + rows.map { "x,\($0)\n" }.joined(), file: "r.csv")
    do {
      _ = try RatingScale(table.column("rating"))
      Issue.record("accepted \(cells)")
    } catch {
      #expect("\(error)".hasPrefix(place) && "\(error)".contains(what), "\(error)")
    }
  }

  @Test func namesOfRatings() {
    let scale = RatingScale(values: [0.5, 1, 4.5, 5])
    #expect((0..<4).map(scale.name) == ["0.5", "1", "4.5", "5"])
    #expect(scale.index(of: 4.5) == 2 && scale.index(of: 2) == nil)
  }
}
