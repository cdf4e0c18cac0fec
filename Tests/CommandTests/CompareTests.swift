import Foundation
import Testing

/// `sluice compare`, by the real binary.
struct CompareTests {
  /// A folder with two runs that differ in their hidden units.
  private static func folder(_ more: [String: [String]] = [:]) throws -> Folder {
    let folder = try SmallSales.folder()
    for (output, hidden) in [("one", "8"), ("two", "6")] {
      let run = try Sluice.run(
        SmallSales.training(to: output, "--hidden", hidden) + (more[output] ?? []), in: folder)
      #expect(run.status == 0, "\(run.errors)")
    }
    return folder
  }

  private func group(_ run: Sluice.Run, _ place: Int = 0) throws -> [String: Any] {
    #expect(run.status == 0, "\(run.errors)")
    let tasks = try #require(try run.json()["tasks"] as? [[String: Any]])
    try #require(tasks.indices.contains(place))
    return tasks[place]
  }

  @Test func runsStandSideBySideAndTheBestIsMarked() throws {
    let folder = try Self.folder()
    let run = try Sluice.run("compare", "one", "two", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(lines[0].split(separator: " ") == ["one", "two"])
    for part in ["model.hidden", "SMAPE %", "… of its best baseline", "sequences/s", "cpu"] {
      #expect(run.output.contains(part), "\(part) in \(run.output)")
    }
    #expect(!run.output.contains("model.history"))
    #expect(lines.allSatisfy { $0.count <= 80 })
    // The star stands at the least SMAPE.
    let group = try group(Sluice.run("compare", "one", "two", "--json", in: folder))
    let runs = try #require(group["runs"] as? [[String: Any]])
    let scores = runs.compactMap { ($0["metrics"] as? [String: Double])?["smape"] }
    try #require(scores.count == 2 && scores[0] != scores[1])
    let best = scores[0] < scores[1] ? 0 : 1
    #expect((group["best"] as? [String: [String]])?["smape"] == [["one", "two"][best]])
    let row = try #require(lines.first { $0.contains("SMAPE %") })
    #expect(row.hasSuffix("*") == (best == 1) && row.contains("*"))
    #expect(group["differing_settings"] as? [String] == ["model.hidden"])
    let baselines = try #require(runs[0]["baselines"] as? [String: [String: Double]])
    #expect(baselines["theta"]?["mase"] != nil)
    // What `train` printed.
    let evaluated = try JSONSerialization.jsonObject(with: folder.bytes("one/report.json"))
    let report = try #require(evaluated as? [String: Any])
    let first = try #require((report["scores"] as? [[String: Any]])?.first)
    #expect(first["value"] as? Double == scores[0])
    // The best first.
    let sorted = try self.group(
      Sluice.run("compare", "one", "two", "--json", "--sort", "smape", in: folder))
    #expect(
      (sorted["runs"] as? [[String: Any]])?.first?["run"] as? String == ["one", "two"][best])
    let wrong = try Sluice.run("compare", "one", "--sort", "auc", in: folder)
    #expect(wrong.status == 64 && wrong.errors.contains("smape"), "\(wrong.errors)")
    // The page of both has the same star.
    #expect(try Sluice.run("report", "one", "two", "--output", "a.html", in: folder).status == 0)
    #expect(try folder.text("a.html").contains(" *<"))
  }

  @Test func scoresOfOtherRowsAreNotCompared() throws {
    let folder = try Self.folder(["two": ["--validation", "28"]])
    let run = try Sluice.run("compare", "one", "two", in: folder)
    #expect(run.output.contains("different rows") && !run.output.contains("*"), "\(run.output)")
    try folder.write(SmallSales.csv(shops: 3), to: "sales.csv")
    let third = try Sluice.run(SmallSales.training(to: "three"), in: folder)
    #expect(third.status == 0, "\(third.errors)")
    let both = try group(Sluice.run("compare", "one", "three", "--json", in: folder))
    #expect((both["best"] as? [String: Any])?.isEmpty == true)
    #expect((both["warnings"] as? [String])?.first?.contains("different data") == true)
  }

  @Test func runsThatHaveNotEndedAreShownAsFarAsTheyAre() throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "whole"), in: folder).status == 0)
    try Sluice.runKilled(
      SmallSales.training(to: "killed", "--hidden", "6"), output: "killed", atCheckpoint: 12,
      in: folder)
    let quiet = try Sluice.run(SmallSales.training(to: "quiet", "--report", "off"), in: folder)
    #expect(quiet.status == 0, "\(quiet.errors)")
    try FileManager.default.createDirectory(
      at: folder.url("young"), withIntermediateDirectories: true)
    try folder.write(folder.text("whole/config.yaml"), to: "young/config.yaml")
    let run = try Sluice.run("compare", "whole", "killed", "quiet", "young", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    for part in [
      "killed has not ended", "--resume goes on", "quiet has a model", "unfinished", "finished",
      "young has not ended: nothing is logged yet", "model.hidden", "unreported",
    ] {
      #expect(run.output.contains(part), "\(part) in \(run.output)")
    }
    // The settings are read alike from a report and from a configuration.
    let group = try group(Sluice.run("compare", "whole", "killed", "young", "--json", in: folder))
    #expect(group["differing_settings"] as? [String] == ["model.hidden"])
    let runs = try #require(group["runs"] as? [[String: Any]])
    #expect(runs.map { $0["device"] as? String } == ["cpu", "cpu", nil])
    #expect((runs[1]["steps"] as? Int ?? 0) > 0)
    // While it trains, it is said to.
    let started = try Sluice.start(
      SmallSales.training(to: "long", "--epochs", "2000"), in: folder)
    while started.process.isRunning && (folder.newestCheckpoint(of: "long") ?? 0) < 4 {
      usleep(1000)
    }
    let meanwhile = try Sluice.run("compare", "long", in: folder)
    kill(started.process.processIdentifier, SIGKILL)
    _ = try Sluice.finish(started)
    #expect(meanwhile.status == 0 && meanwhile.output.contains("long is being trained"))
  }

  /// What an earlier version wrote lacks the numbers that runs are compared by.
  @Test func reportsOfEarlierVersionsAreRead() throws {
    let folder = try Self.folder()
    let object = try JSONSerialization.jsonObject(with: folder.bytes("one/report.json"))
    var report = try #require(object as? [String: Any])
    report["outcome"] = nil
    report["scores"] = (report["scores"] as? [[String: Any]])?.map { score in
      score.filter { ["name", "value"].contains($0.key) }
    }
    try JSONSerialization.data(withJSONObject: report).write(to: folder.url("one/report.json"))
    let run = try Sluice.run("compare", "one", "two", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("one was trained by an earlier version"), "\(run.output)")
    #expect(run.output.contains("Nothing says which rows the scores of one are of"))
    let row = try #require(run.output.split(separator: "\n").first { $0.contains("SMAPE %") })
    #expect(row.split(separator: " ").compactMap { Double($0) }.count == 2)
    try folder.write("{", to: "two/report.json")
    let damaged = try Sluice.run("compare", "one", "two", in: folder)
    #expect(damaged.status == 0 && damaged.output.contains("two/report.json: the file is damaged"))
  }

  @Test func tasksStandApartAndManyRunsFold() throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "sales"), in: folder).status == 0)
    try FileManager.default.createDirectory(
      at: folder.url("churn"), withIntermediateDirectories: true)
    let settings = try Sluice.run("config", "churn", in: folder)
    try folder.write(settings.output, to: "churn/config.yaml")
    let both = try group(Sluice.run("compare", "sales", "churn", "--json", in: folder), 1)
    #expect(both["task"] as? String == "churn")
    var names: [String] = []
    for number in 1...9 {
      names.append("a-run-with-a-long-name-\(number)")
      try FileManager.default.copyItem(
        at: folder.url("sales"), to: folder.url(names[names.count - 1]))
    }
    let run = try Sluice.run(["compare"] + names, in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(lines.contains { $0.contains("#1  a-run-with-a-long-name-1") }, "\(run.output)")
    #expect(lines.count { $0.contains("SMAPE %") } > 1)
    #expect(lines.allSatisfy { $0.count <= 80 }, "\(run.output)")
    let nothing = try Sluice.run("compare", "nowhere", in: folder)
    #expect(nothing.status == 1 && nothing.errors.contains("there is no run in this folder"))
  }
}
