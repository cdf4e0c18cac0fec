import Foundation
import Testing

/// What `train` and `evaluate` say where an interval does not hold.
struct CalibrationWarningTests {
  private static let words = "the interval is made for 80 % of the true values and holds "

  /// Sales that are other ones from some day on: no interval can know.
  private func turned(from day: Int) -> String {
    var rows = SmallSales.csv(goods: 3).split(separator: "\n").map { $0.split(separator: ",") }
    for row in rows.indices.dropFirst() where rows[row][0] >= SmallSales.date(day) {
      rows[row][3] = "500"
    }
    return rows.map { $0.joined(separator: ",") }.joined(separator: "\n") + "\n"
  }

  private func warnings(_ run: Sluice.Run) -> [Substring] {
    run.errors.split(separator: "\n").filter { $0.contains(Self.words) }
  }

  @Test func trainingsAndEvaluationsWarnOnce() throws {
    let folder = try SmallSales.folder()
    try folder.write(turned(from: 146), to: "sales.csv")
    let trained = try Sluice.run(
      SmallSales.training(to: "run", "--json", "--report", "on"), in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    let said = warnings(trained)
    #expect(said.count == 1 && said[0].contains("holds 0 %"), "\(trained.errors)")
    #expect(said[0].contains("too narrow") && said[0].contains("84 rows"))
    #expect(said[0].contains("--folds"), "flags are named, not settings: \(said[0])")
    let report = try #require(try trained.json()["validation"] as? [String: Any])
    #expect((report["warnings"] as? [String])?.count == 1)
    for file in ["report.html", "report.json"] {
      #expect(try folder.text("run/\(file)").contains("Warning: \(Self.words)"), "\(file)")
    }

    for more in [[], ["--data", "sales.csv"]] {
      let evaluated = try Sluice.run(["evaluate", "--model", "run/model"] + more, in: folder)
      #expect(evaluated.status == 0)
      if more.isEmpty { #expect(warnings(evaluated).count == 1, "\(evaluated.errors)") }
      #expect(!evaluated.output.contains("warning:"), "results have no warnings among them")
    }
  }

  /// It is said if it is so, and only then.
  @Test func whatHoldsIsNotWarnedOf() throws {
    let folder = try SmallSales.folder()
    try folder.write(SmallSales.csv(goods: 3, days: 400), to: "sales.csv")
    let trained = try Sluice.run(
      SmallSales.training(to: "run", "--json", "--epochs", "12"), in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    let report = try #require(try trained.json()["validation"] as? [String: Any])
    let metrics = try #require(report["metrics"] as? [String: Double])
    let coverage = try #require(metrics["coverage_80"])
    let holds = abs(coverage - 0.8) <= 0.1
    #expect(coverage > 0.6, "\(coverage)")
    #expect(warnings(trained).isEmpty == holds, "\(trained.errors)")
    #expect((report["warnings"] == nil) == holds)
    let notes = try #require(report["notes"] as? [String])
    #expect(notes.contains { $0.contains("the interval is calibrated on") }, "\(notes)")
  }
}
