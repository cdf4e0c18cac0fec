import Foundation
import Testing

/// `train sales --folds` and `evaluate --folds`, by the real binary.
struct BacktestTests {
  private static let horizon = 5

  /// Short series: how much of the past is read depends on how long they are, so on the cut.
  private static func folder(days: Int = 64) throws -> Folder {
    let folder = try Folder()
    try folder.write(SmallSales.csv(days: days), to: "sales.csv")
    return folder
  }

  /// The first rows of every series.
  private static func shorten(_ folder: Folder, to days: Int, as name: String) throws {
    let end = SmallSales.date(days)
    let lines = try folder.lines("sales.csv")
    let kept = lines.dropFirst().filter { $0.prefix(10) < end }
    try folder.write(([lines[0]] + kept).joined(separator: "\n") + "\n", to: name)
  }

  private static func training(
    _ recipe: String, to output: String, data: String = "sales.csv", _ more: String...
  ) -> [String] {
    var arguments = [
      "train", "sales", "--data", data, "--recipe", recipe, "--output", output, "--quiet",
      "--horizon", "\(horizon)", "--epochs", "1",
    ]
    if recipe != "default" { arguments += ["--batch-size", "8"] }
    if recipe != "stack" { arguments += ["--hidden", "8"] }
    if recipe == "history" { arguments += ["--history", "14"] }
    return arguments + more
  }

  private static func json(_ run: Sluice.Run, _ path: String...) throws -> [String: Any] {
    #expect(run.status == 0, "\(run.errors)")
    var object = try run.json()
    for key in path { object = try #require(object[key] as? [String: Any], "\(key)") }
    return object
  }

  /// The first cut is, to the bit, the run of a table that ends where its scores end: nothing of the rows
  /// behind them can have come into it. The last cut and the model are those of a run without a backtest.
  @Test(arguments: ["default", "residual", "history", "stack"])
  func everyCutIsARunOfItsOwn(recipe: String) throws {
    let folder = try Self.folder()
    let run = try Sluice.run(
      Self.training(recipe, to: "run", "--folds", "3", "--json"), in: folder)
    let validation = try Self.json(run, "validation")
    let backtest = try #require(validation["backtest"] as? [String: Any])
    let cuts = try #require(backtest["cuts"] as? [[String: Any]])
    #expect(cuts.count == 3)
    try Self.shorten(folder, to: 54, as: "short.csv")
    let alone = try Sluice.run(
      Self.training(recipe, to: "alone", data: "short.csv", "--no-refit", "--json"), in: folder)
    let expected = try Self.json(alone, "validation")
    for part in ["metrics", "baselines"] {
      let found = try #require(cuts[0][part] as? [String: Any])
      let wanted = try #require(expected[part] as? [String: Any])
      #expect(NSDictionary(dictionary: found) == NSDictionary(dictionary: wanted), "\(part)")
    }
    for member in recipe == "default" ? ["-1", "-2"] : [""] {
      #expect(
        try folder.bytes("run/phases/backtest-1\(member)/model.safetensors")
          == folder.bytes("alone/phases/validate\(member)/model.safetensors"))
    }
    let plain = try Sluice.run(Self.training(recipe, to: "plain", "--json"), in: folder)
    let usual = try Self.json(plain, "validation")
    #expect(usual["backtest"] == nil)
    let last = try #require(cuts[2]["metrics"] as? [String: Double])
    #expect(last == usual["metrics"] as? [String: Double])
    #expect(
      try folder.bytes("run/model/model.safetensors")
        == folder.bytes("plain/model/model.safetensors"))
  }

  @Test func theMeanAndTheSpreadAreThoseOfTheCuts() throws {
    let folder = try Self.folder()
    let run = try Sluice.run(
      Self.training("residual", to: "run", "--folds", "4", "--json"), in: folder)
    let backtest = try Self.json(run, "validation", "backtest")
    let cuts = try #require(backtest["cuts"] as? [[String: Any]])
    #expect(cuts.map { $0["from"] as? String } == [44, 49, 54, 59].map { SmallSales.date($0) })
    #expect(cuts.map { $0["to"] as? String } == [48, 53, 58, 63].map { SmallSales.date($0) })
    func check(_ values: [Double], _ path: (Any?) -> Double?) throws {
      try #require(values.count == 4)
      let mean = values.reduce(0, +) / 4
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let found = try #require(path(backtest["mean"]))
      let deviation = try #require(path(backtest["deviation"]))
      #expect(abs(found - mean) < 1e-9 && abs(deviation - (squares / 3).squareRoot()) < 1e-9)
      #expect(deviation > 0)
    }
    try check(cuts.compactMap { ($0["metrics"] as? [String: Double])?["mase"] }) {
      (($0 as? [String: Any])?["metrics"] as? [String: Double])?["mase"]
    }
    try check(
      cuts.compactMap { ($0["baselines"] as? [String: [String: Double]])?["theta"]?["smape"] }
    ) {
      (($0 as? [String: Any])?["baselines"] as? [String: [String: Double]])?["theta"]?["smape"]
    }
    // People read it too, on the page and beside other runs.
    let page = try folder.text("run/report.html")
    for part in ["Backtest", "SMAPE % by cut", SmallSales.date(44), "over 4 cuts", " ± "] {
      #expect(page.contains(part), "\(part)")
    }
    #expect(page.contains("trained once more, on all rows"))
    let shown = try Sluice.run("compare", "run", in: folder)
    #expect(shown.output.contains("SMAPE %, 4 cuts") && shown.output.contains(" ± "))
  }

  @Test func killedInTheSecondCutAndResumedEqualsUninterrupted() throws {
    let folder = try Self.folder()
    let settings = ["--folds", "3", "--members", "1"]
    let whole = try Sluice.run(
      Self.training("default", to: "whole", "--json") + settings, in: folder)
    #expect(whole.status == 0, "\(whole.errors)")
    let arguments = Self.training("default", to: "run", "--resume", "--json") + settings
    let started = try Sluice.start(arguments, in: folder)
    while started.process.isRunning, !folder.exists("run/phases/backtest-1") { usleep(500) }
    let first = folder.newestCheckpoint(of: "run") ?? 0
    while started.process.isRunning, (folder.newestCheckpoint(of: "run") ?? 0) <= first {
      usleep(500)
    }
    kill(started.process.processIdentifier, SIGKILL)
    _ = try Sluice.finish(started)
    #expect(!folder.exists("run/phases/backtest-2") && !folder.exists("run/model"))
    // With nothing but the folder: what the rows chose is chosen again.
    let resumed = try Sluice.run(
      ["train", "sales", "--output", "run", "--resume", "--quiet", "--json"], in: folder)
    let names = ["validate", "backtest-1", "backtest-2", "member"].map {
      $0 == "member" ? "model" : "phases/\($0)"
    }
    for name in names {
      #expect(
        try folder.bytes("run/\(name)/model.safetensors")
          == folder.bytes("whole/\(name)/model.safetensors"), "\(name)")
    }
    #expect(
      try NSDictionary(dictionary: Self.json(resumed, "validation"))
        == NSDictionary(dictionary: Self.json(whole, "validation")))
  }

  @Test func moreCutsThanFitAreRefused() throws {
    let folder = try Self.folder()
    let run = try Sluice.run(Self.training("stack", to: "run", "--folds", "9"), in: folder)
    #expect(run.status != 0 && !folder.exists("run"))
    // History 28, horizon 5 and 5 held out leave 64 - 38 = 26 steps: five cuts more.
    #expect(run.errors.contains("--folds is 9, but only 6 cuts fit"), "\(run.errors)")
    #expect(run.errors.contains("Set --folds to 6"), "\(run.errors)")
    let nothing = try Sluice.run(
      Self.training("stack", to: "run", "--folds", "2", "--validation", "0"), in: folder)
    #expect(nothing.status != 0 && nothing.errors.contains("nothing is held out"))
    let most = try Sluice.run(
      Self.training("stack", to: "run", "--folds", "6", "--no-refit"), in: folder)
    #expect(most.status == 0 && !most.errors.contains("trained once more"), "\(most.errors)")
    #expect(try !folder.text("run/report.html").contains("trained once more"))
  }

  @Test func aModelIsScoredAtSeveralCutsAsItIs() throws {
    let folder = try Self.folder(days: 80)
    try Self.shorten(folder, to: 65, as: "early.csv")
    let trained = try Sluice.run(
      Self.training("residual", to: "run", data: "early.csv"), in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    let evaluation = ["evaluate", "--model", "run/model", "--data", "sales.csv", "--json"]
    let once = try Self.json(Sluice.run(evaluation, in: folder))
    #expect(once["backtest"] == nil)
    let fresh = try Self.json(Sluice.run(evaluation + ["--folds", "3"], in: folder))
    #expect(once["metrics"] as? [String: Double] == fresh["metrics"] as? [String: Double])
    #expect(!(fresh["notes"] as? [String] ?? []).contains { $0.contains("flatters") })
    let cuts = try #require(
      (fresh["backtest"] as? [String: Any])?["cuts"] as? [[String: Any]])
    try Self.shorten(folder, to: 70, as: "middle.csv")
    let middle = try Self.json(
      Sluice.run("evaluate", "--model", "run/model", "--data", "middle.csv", "--json", in: folder))
    #expect(cuts[0]["metrics"] as? [String: Double] == middle["metrics"] as? [String: Double])
    let seen = try Self.json(Sluice.run(evaluation + ["--folds", "5"], in: folder))
    #expect(
      (seen["notes"] as? [String])?.contains { $0.hasPrefix("at 2 of the 5 cuts") } == true,
      "\(seen["notes"] ?? "")")
    let many = try Sluice.run(evaluation + ["--folds", "50"], in: folder)
    #expect(many.status != 0 && many.errors.contains("--folds is 50, but only"), "\(many.errors)")
    let table = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "sales.csv", "--folds", "3", in: folder)
    #expect(
      table.output.contains("± standard deviation") && table.output.contains("mean of 3 cuts"))
  }
}
