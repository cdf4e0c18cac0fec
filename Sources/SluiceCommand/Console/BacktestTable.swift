import Sluice
import SluiceTasks

/// Prints scores at several cuts in time: those of the model at each, then the means beside baselines.
enum BacktestTable {
  static func lines(_ backtest: Backtest) -> [String] {
    guard let shown = backtest.cuts.last?.report.metrics.values else { return [] }
    func places(_ metric: String) -> Int {
      ReportTable.places(metric, backtest.spread(of: metric).mean)
    }
    var cuts = TextTable(
      [backtest.isRetrained ? "trained anew at each cut" : "at each cut"] + shown.map(\.title))
    for cut in backtest.cuts {
      cuts.add(
        [cut.span]
          + shown.map { Format.decimal(cut.report.metrics[$0.name] ?? .nan, places($0.name)) })
    }
    let spreads = shown.map { (name: $0.name, spread: backtest.spread(of: $0.name)) }
    cuts.add(["mean"] + spreads.map { Format.decimal($0.spread.mean, places($0.name)) })
    cuts.add(
      ["± standard deviation"]
        + spreads.map { Format.decimal($0.spread.deviation, places($0.name)) })
    let shared = shown.filter { metric in
      backtest.baselines.contains { $0.metrics[metric.name] != nil }
    }
    var means = TextTable(["mean of \(backtest.cuts.count) cuts"] + shared.map(\.title))
    func add(_ title: String, _ baseline: String?) {
      means.add(
        [title]
          + shared.map { metric in
            let spread = backtest.spread(of: metric.name, baseline: baseline)
            guard spread.mean.isFinite else { return "n/a" }
            let places = places(metric.name)
            return "\(Format.decimal(spread.mean, places)) ± "
              + Format.decimal(spread.deviation, places)
          })
    }
    add("this model", nil)
    for baseline in backtest.baselines { add(baseline.explanation, baseline.name) }
    return cuts.lines + [""] + means.lines + (backtest.verdict.map { ["note: \($0)"] } ?? [])
  }
}
