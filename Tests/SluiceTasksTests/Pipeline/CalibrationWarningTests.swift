import Foundation
import SluiceTraining
import Testing

@testable import SluiceTasks

/// Reports say where answers claim more, or less, than they hold.
struct CalibrationWarningTests {
  private func report(
    _ metrics: [(String, Double)], rows: Int = 1000, hint: String = ""
  ) -> EvaluationReport {
    EvaluationReport(
      task: "sales", rows: rows, metrics: MetricSet(metrics.map { MetricValue($0.0, $0.1) }),
      baselines: [], notes: ["a note"], intervalHint: hint)
  }

  @Test(arguments: [0.71, 0.8, 0.89])
  func anIntervalThatHoldsIsNotWarnedOf(_ coverage: Double) {
    #expect(report([("smape", 90), ("coverage_80", coverage)]).warnings.isEmpty)
  }

  @Test func whatWasAskedAndFoundIsSaid() throws {
    let narrow = report([("coverage_80", 0.404)], hint: "do this")
    let line = try #require(narrow.warnings.first)
    #expect(narrow.warnings.count == 1)
    for part in ["made for 80 %", "holds 40 %", "1,000 rows", "too narrow", "; do this"] {
      #expect(line.contains(part), "\(line)")
    }
    #expect(!line.contains("chance") && !line.contains("\n"))
    let wide = try #require(report([("coverage_80", 1)], rows: 24).warnings.first)
    for part in ["holds 100 %", "24 rows", "may be chance", "too wide"] {
      #expect(wide.contains(part), "\(wide)")
    }
    let broad = try #require(report([("coverage_95", 0.84)]).warnings.first)
    #expect(broad.contains("made for 95 %") && broad.contains("holds 84 %"))
    #expect(report([("coverage_80", 0)], rows: 0).warnings.isEmpty)
    #expect(report([("coverage_80", .nan)]).warnings.isEmpty)
  }

  @Test func probabilitiesThatAreOffAreSaidToBe() throws {
    #expect(report([("log_loss", 2), ("calibration_error", 0.099)]).warnings.isEmpty)
    let line = try #require(report([("calibration_error", 0.142)]).warnings.first)
    for part in ["off by 14 %", "1,000 rows", "calibration error"] {
      #expect(line.contains(part), "\(line)")
    }
  }

  /// Several cuts say more than the last of them alone.
  @Test func aBacktestIsJudgedByItsMean() throws {
    func backtest(_ shares: [Double]) -> EvaluationReport {
      var last = report([("coverage_80", shares[shares.count - 1])])
      last.backtest = Backtest(
        shares.map {
          Backtest.Cut(first: "a", last: "b", report: report([("coverage_80", $0)]))
        }, isRetrained: true)
      return last
    }
    #expect(backtest([0.9, 0.95, 0.5]).warnings.isEmpty)
    let line = try #require(backtest([0.5, 0.55, 0.8]).warnings.first)
    #expect(line.contains("holds 62 %") && line.contains("mean of 3 cuts"), "\(line)")
  }

  @Test func pagesAndObjectsShowIt() throws {
    let bad = report([("coverage_80", 0.4)])
    let section = bad.section(explanation: "")
    #expect(section.prose.first?.hasPrefix("Warning: the interval is made for 80 %") == true)
    #expect(section.prose.last == "A note.")
    func object(_ report: EvaluationReport) throws -> [String: Any]? {
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any]
    }
    #expect(try object(bad)?["warnings"] as? [String] == bad.warnings)
    #expect(try object(report([("coverage_80", 0.8)]))?["warnings"] == nil)
  }
}
