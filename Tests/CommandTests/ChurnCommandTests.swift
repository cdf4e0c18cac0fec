import Foundation
import Testing

/// The churn task by the real binary.
struct ChurnCommandTests {
  @Test func trainsEvaluatesPredictsAndExplains() throws {
    let folder = try SmallChurn.folder()
    let trained = try Sluice.run(SmallChurn.training(to: "run", "--json"), in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    let result = try trained.json()
    let strategies = try #require(result["strategy"] as? [String])
    #expect(strategies.count == 2 && strategies.allSatisfy { $0.contains("persistent") })
    let validation = try #require(result["validation"] as? [String: Any])
    #expect(validation["rows"] as? Int == 240)

    let evaluated = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "others.csv", "--json", in: folder)
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    let report = try evaluated.json()
    #expect(report["task"] as? String == "churn" && report["rows"] as? Int == 60)
    let metrics = try #require(report["metrics"] as? [String: Double])
    let keys: Set = [
      "auc", "average_precision", "accuracy", "f1", "log_loss", "brier", "calibration_error",
    ]
    #expect(Set(metrics.keys) == keys)
    let baselines = try #require(report["baselines"] as? [String: [String: Double]])
    #expect(baselines.keys.sorted() == ["logistic_regression"])
    #expect(Set(baselines["logistic_regression"]?.keys.map { $0 } ?? []) == keys)
    let breakdowns = try #require(report["breakdowns"] as? [String: [[String: Any]]])
    #expect(breakdowns["lift"]?.count == 10 && breakdowns["confusion"]?.count == 2)
    let shown = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "others.csv", in: folder)
    for part in ["AUC", "F1", "Brier", "logistic regression", "decile", "Yes decided"] {
      #expect(shown.output.contains(part), "\(shown.output)")
    }

    let predicted = try Sluice.run(
      "predict", "--model", "run/model", "--data", "others.csv", "--output", "p.csv", "--explain",
      in: folder)
    #expect(predicted.status == 0, "\(predicted.errors)")
    let lines = try folder.lines("p.csv")
    #expect(lines.count == 61)
    #expect(lines[0].hasSuffix("Churn,churn_probability,churn,reason_1,reason_2,reason_3"))
    for line in lines.dropFirst() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      #expect(cells.count == 26)
      let probability = try #require(Double(cells[21]))
      #expect(probability > 0 && probability < 1 && ["Yes", "No"].contains(cells[22]))
      #expect(cells[23].contains("=") && cells[23].hasSuffix(")"))
    }
    // Without them: the same, and no reasons.
    let plain = try Sluice.run(
      "predict", "--model", "run/model", "--data", "others.csv", "--output", "-", "--quiet",
      in: folder)
    #expect(plain.output.split(separator: "\n")[0].hasSuffix("Churn,churn_probability,churn"))
  }

  @Test func withoutDataThereIsASample() throws {
    let folder = try SmallChurn.folder()
    let run = try Sluice.run(
      "train", "churn", "--config", "small.yaml", "--output", "run", "--epochs", "1", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("a sample generated from the seed, not real customers"))
    #expect(run.errors.contains("persistent"), "\(run.errors)")
    #expect(try folder.lines("run/sample.csv").count == 4001)
    #expect(run.output.contains("logistic regression"), "\(run.output)")
  }

  @Test func killedAndResumedEqualsUninterrupted() throws {
    let folder = try SmallChurn.folder()
    #expect(
      try Sluice.run(SmallChurn.training(to: "whole", "--validation", "0.2"), in: folder).status
        == 0)
    let (run, kills) = try Sluice.runKilled(
      SmallChurn.training(to: "killed", "--validation", "0.2", "--resume"), atMost: 8, in: folder
    ) { _ in
      // Each time some steps further: in the first members, between members, in the last ones.
      let next = (folder.newestCheckpoint(of: "killed") ?? 0) + 5
      return { _ in (folder.newestCheckpoint(of: "killed") ?? 0) >= next }
    }
    #expect(run.status == 0, "\(run.errors)")
    #expect(kills > 2)
    for file in ["model/model.safetensors", "model/preprocessing.json", "model/config.yaml"] {
      #expect(try folder.bytes("killed/\(file)") == folder.bytes("whole/\(file)"), "\(file)")
    }
  }

  @Test func thresholdsAndWrongUsage() throws {
    let folder = try SmallChurn.folder()
    let fixed = try Sluice.run(
      SmallChurn.training(to: "run", "--threshold", "0.9", "--positive-weight", "3"), in: folder)
    #expect(fixed.status == 0, "\(fixed.errors)")
    #expect(try folder.text("run/config.yaml").contains("threshold: 0.9"))
    let shown = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "others.csv", in: folder)
    #expect(shown.output.contains("0.900 and more"), "\(shown.output)")
    for arguments in [
      ["--threshold", "1.5"], ["--threshold", "best"], ["--validation", "1"],
      ["--positive-weight", "-1"],
    ] {
      let run = try Sluice.run(SmallChurn.training(to: "no") + arguments, in: folder)
      #expect(run.status == 64 && run.errors.contains(arguments[0]), "\(run.errors)")
    }
    // Another threshold than the model's: the same ranks, other decisions.
    func score(_ more: String...) throws -> Sluice.Run {
      try Sluice.run(
        ["evaluate", "--model", "run/model", "--data", "others.csv", "--json"] + more, in: folder)
    }
    func metrics(_ run: Sluice.Run) throws -> [String: Double] {
      try #require(try run.json()["metrics"] as? [String: Double])
    }
    let own = try metrics(score())
    let all = try metrics(score("--threshold", "0"))
    let gone = try folder.lines("others.csv").count { $0.hasSuffix(",Yes") }
    #expect(all["accuracy"] == Double(gone) / 60)
    #expect(abs(try #require(all["f1"]) - Double(2 * gone) / Double(gone + 60)) < 1e-9)
    #expect(own["auc"] == all["auc"] && own["log_loss"] == all["log_loss"])
    #expect(try metrics(score("--threshold", "0.9")) == own && own["accuracy"] != all["accuracy"])
    #expect(try metrics(score("--threshold", "auto")) == own)
    for bad in ["1.5", "-0.1", "best"] {
      let run = try score("--threshold", bad)
      #expect(run.status == 64 && run.errors.contains("--threshold"), "\(run.errors)")
    }
    // Where all are gone there are no ranks to measure, and the rest is said.
    let allGone = try folder.text("others.csv").replacingOccurrences(of: ",No\n", with: ",Yes\n")
    try folder.write(allGone, to: "gone.csv")
    let one = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "gone.csv", "--json", in: folder)
    #expect(one.status == 0, "\(one.errors)")
    let known = try #require(try one.json()["metrics"] as? [String: Any])
    #expect(known["auc"] is NSNull && (known["log_loss"] as? Double ?? 0) > 0)
    let needsData = try Sluice.run(
      "predict", "--model", "run/model", "--output", "p.csv", in: folder)
    #expect(needsData.status == 64 && needsData.errors.contains("--data"), "\(needsData.errors)")
    #expect(!folder.exists("no"))
  }

  @Test func whatCannotBeLearntFromIsNamed() throws {
    let folder = try SmallChurn.folder()
    let rows = SmallChurn.csv(90).split(separator: "\n").map(String.init)
    func table(_ churn: (Int) -> String) -> String {
      rows.enumerated().map { index, row in
        index == 0
          ? row
          : row.split(separator: ",").dropLast().joined(separator: ",") + "," + churn(index)
      }.joined(separator: "\n") + "\n"
    }
    for (text, flags, parts) in [
      (table { ["Yes", "No", "Maybe"][$0 % 3] }, [], ["\"Churn\" has 3 values", "Maybe (30)"]),
      (table { _ in "No" }, [], ["one value only, No"]),
      (table { ["A", "B"][$0 % 2] }, [], ["--positive"]),
      (table { _ in "" }, [], ["\"Churn\" is empty"]),
      (table { $0 == 5 ? "Yes" : "No" }, [], ["1 customers are gone"]),
      (table { ["Yes", "No"][$0 % 2] }, ["--target", "tenur"], ["\"tenure\""]),
      (table { ["Yes", "No"][$0 % 2] }, ["--time", "tenure"], ["--id"]),
    ] as [(String, [String], [String])] {
      try folder.write(text, to: "customers.csv")
      let run = try Sluice.run(SmallChurn.training(to: "bad") + flags, in: folder)
      #expect(run.status == 1)
      for part in ["customers.csv"] + parts {
        #expect(run.errors.contains(part), "\(run.errors)")
      }
      #expect(!folder.exists("bad"))
    }
  }

  @Test func configurationIsWhole() throws {
    let folder = try SmallChurn.folder()
    let printed = try Sluice.run("config", "churn", in: folder)
    #expect(printed.status == 0)
    try folder.write(printed.output, to: "all.yaml")
    let misspelt = printed.output.replacingOccurrences(of: "flat_tokens:", with: "flat_token:")
    try folder.write(misspelt, to: "wrong.yaml")
    let run = try Sluice.run(
      "train", "churn", "--data", "customers.csv", "--config", "wrong.yaml", "--output", "no",
      in: folder)
    #expect(run.status == 1)
    #expect(run.errors.contains("Did you mean `flat_tokens`?"), "\(run.errors)")
  }
}
