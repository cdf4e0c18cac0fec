import Foundation
import SluicePlatform
import Testing

/// From a CSV to a forecast by the real binary.
struct TrainingTests {
  @Test func trainsEvaluatesAndPredicts() throws {
    let folder = try SmallSales.folder()
    let trained = try Sluice.run(SmallSales.training(to: "run", "--json"), in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    let result = try trained.json()
    for key in [
      "run", "model", "device", "strategy", "epochs", "steps", "seconds", "sequences_per_s",
      "train_loss", "validation",
    ] {
      #expect(result[key] != nil, "\(key)")
    }
    #expect(result["steps"] as? Int == 60)
    for file in [
      "config.yaml", "metrics.csv", "log.txt", "model/model.safetensors", "model/config.yaml",
      "model/preprocessing.json", "checkpoints/step-60/state.json",
    ] {
      #expect(folder.exists("run/\(file)"), "\(file)")
    }

    let evaluated = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "sales.csv", "--json", in: folder)
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    let report = try evaluated.json()
    let metrics = try #require(report["metrics"] as? [String: Double])
    #expect(Set(metrics.keys) == ["smape", "mase", "mae", "rmse", "coverage_80", "pinball"])
    #expect(report["rows"] as? Int == 4 * 14)
    #expect((report["baselines"] as? [String: Any])?.count == 6)
    let notes = try #require(report["notes"] as? [String])
    #expect(notes.contains { $0.contains("14 of the 14 steps were in the training data") })

    let predicted = try Sluice.run(
      "predict", "--model", "run/model", "--output", "forecast.csv", in: folder)
    #expect(predicted.status == 0, "\(predicted.errors)")
    let lines = try folder.lines("forecast.csv")
    #expect(lines.count == 1 + 4 * 14)
    #expect(lines[0] == "date,store,item,prediction,p10,p90")
    #expect(lines[1].hasPrefix(SmallSales.date(160) + ",1,1,"))

    let written = try Sluice.run("predict", "--model", "run/model", "--output", "-", in: folder)
    #expect(written.status == 0)
    #expect(try Data(written.output.utf8) == folder.bytes("forecast.csv"))
    #expect(written.errors.isEmpty && !folder.exists("-"))
  }

  @Test func everyDeviceForecastsAlikeAndTheSameTwice() throws {
    guard let id = TestDevice.id else {
      #expect(!TestDevice.isRequired, "no OpenCL device")
      return
    }
    let folder = try SmallSales.folder()
    var scores: [Double] = []
    for (device, output) in [("cpu", "cpu"), (id, "first"), (id, "second")] {
      let run = try Sluice.run(
        SmallSales.training(to: output, "--device", device, "--json", "--require-persistent"),
        in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let result = try run.json()
      #expect(result["device"] as? String == device)
      let report = try #require(result["validation"] as? [String: Any])
      let metrics = try #require(report["metrics"] as? [String: Any])
      scores.append(try #require(metrics["smape"] as? Double))
    }
    #expect(abs(scores[0] - scores[1]) < 0.1, "\(scores)")
    #expect(
      try folder.bytes("first/model/model.safetensors")
        == folder.bytes("second/model/model.safetensors"))
    #expect(
      try folder.bytes("first/model/model.safetensors")
        != folder.bytes("cpu/model/model.safetensors"), "another device rounds otherwise")
  }

  @Test func rowsComeFromARelativePathOrAPipe() throws {
    let folder = try SmallSales.folder()
    try folder.write("data:\n  path: sales.csv\n" + SmallSales.configuration, to: "path.yaml")
    let train = ["train", "sales", "--epochs", "1", "--no-refit", "--quiet"]
    let relative = try Sluice.run(
      train + ["--config", "path.yaml", "--output", "relative"], in: folder)
    #expect(relative.status == 0, "\(relative.errors)")
    // One epoch leaves an interval that does not hold, which is said; nothing else is.
    #expect(
      relative.errors.split(separator: "\n").allSatisfy { $0.hasPrefix("warning: the interval") },
      "\(relative.errors)")
    let resumed = try Sluice.run(
      train + ["--output", folder.url("relative").path, "--resume"], in: Folder())
    #expect(resumed.status == 0, "\(resumed.errors)")
    let piped = try Sluice.shell(
      "cat sales.csv | \"$SLUICE\" \(train.joined(separator: " ")) --config small.yaml "
        + "--data /dev/stdin --output piped", in: folder)
    #expect(piped.status == 0, "\(piped.errors)")
    #expect(piped.errors.contains("/dev/stdin cannot be read twice"), "\(piped.errors)")
    #expect(
      try folder.bytes("piped/model/model.safetensors")
        == folder.bytes("relative/model/model.safetensors"))
  }

  @Test func aModelFolderAloneIsEnough() throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "run"), in: folder).status == 0)
    let elsewhere = try Folder()
    try FileManager.default.copyItem(at: folder.url("run/model"), to: elsewhere.url("model"))
    #expect(
      try Sluice.run("predict", "--model", "model", "--output", "f.csv", in: elsewhere).status == 0)
    #expect(try elsewhere.lines("f.csv").count == 57)
  }

  @Test func noRefitKeepsTheModelThatWasReportedOn() throws {
    let folder = try SmallSales.folder()
    let run = try Sluice.run(SmallSales.training(to: "run", "--no-refit", "--json"), in: folder)
    #expect(try run.json()["steps"] as? Int == 30)
    #expect(
      try Sluice.run("predict", "--model", "run/model", "--output", "f.csv", in: folder).status == 0
    )
    // The forecast begins where the held-out days began.
    #expect(try folder.lines("f.csv")[1].hasPrefix(SmallSales.date(146) + ",1,1,"))
    let reported = try #require(
      (run.json()["validation"] as? [String: Any])?["metrics"] as? [String: Double])
    let evaluated = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "sales.csv", "--json", in: folder)
    let again = try #require(evaluated.json()["metrics"] as? [String: Double])
    #expect(abs((reported["smape"] ?? 0) - (again["smape"] ?? 1)) < 1e-3)
  }

  @Test func withoutDataItSaysThatItGeneratesASample() throws {
    let folder = try SmallSales.folder()
    let run = try Sluice.run(
      "train", "sales", "--config", "small.yaml", "--output", "run", "--epochs", "1", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("not real sales"))
    #expect(try folder.lines("run/sample.csv")[0] == "date,store,item,sales")
    // A summary of the network, the strategies and the baselines are shown.
    for text in ["encoder", "Weights", "persistent"] {
      #expect(run.errors.contains(text), "\(text)")
    }
    #expect(run.output.contains("same weekday last year"))
  }

  @Test(arguments: [["--validation", "0"], ["--validation", "30"], ["--validation", "5"]])
  func holdsOutAsManyStepsAsAsked(_ flags: [String]) throws {
    let folder = try SmallSales.folder()
    let run = try Sluice.run(SmallSales.training(to: "run") + flags + ["--json"], in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let rows = (try run.json()["validation"] as? [String: Any])?["rows"] as? Int
    #expect(rows == (flags[1] == "0" ? nil : 4 * (Int(flags[1]) ?? 0)))
  }

  @Test func theHorizonFollowsTheStep() throws {
    let folder = try SmallSales.folder()
    var rows = "date,sales\n"
    for month in 0..<60 {
      rows += String(
        format: "%04d-%02d-01,%d\n", 2015 + month / 12, month % 12 + 1, 50 + month % 12)
    }
    try folder.write(rows, to: "months.csv")
    let run = try Sluice.run(
      "train", "sales", "--data", "months.csv", "--output", "run", "--epochs", "1", "--quiet",
      in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let settings = try folder.text("run/config.yaml")
    for line in ["horizon: 12", "validation: 12", "history: 16", "target: sales"] {
      #expect(settings.contains(line), "\(line)")
    }
  }

  @Test func readsOneSeriesOfHalfHours() throws {
    let folder = try SmallSales.folder()
    var text = "timestamp,value\n"
    for index in 0..<700 {
      let time = String(format: "%02d:%02d:00", index / 2 % 24, index % 2 * 30)
      text += "\(SmallSales.date(index / 48)) \(time),\(100 + index % 48)\n"
    }
    try folder.write(text, to: "taxi.csv")
    let run = try Sluice.run(
      "train", "sales", "--data", "taxi.csv", "--config", "small.yaml", "--output", "run",
      "--epochs", "1", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("30 minutes"))
    #expect(
      try Sluice.run("predict", "--model", "run/model", "--output", "f.csv", in: folder).status == 0
    )
    #expect(try folder.lines("f.csv")[1].hasPrefix("2020-01-15 14:00:00,"))
  }

  @Test func readsCovariatesThatAreKnownAhead() throws {
    let folder = try SmallSales.folder()
    var rows = "week,shop,promo,sold\n"
    var future = "week,shop,promo\n"
    for shop in ["north", "south"] {
      for week in 0..<140 {
        let promo = week % 5 == 0
        let day = SmallSales.date(week * 7)
        if week < 126 {
          rows += "\(day),\(shop),\(promo ? 1 : 0),\(promo ? 90 : 30 + week % 3)\n"
        } else {
          future += "\(day),\(shop),\(promo ? 1 : 0)\n"
        }
      }
    }
    try folder.write(rows, to: "weeks.csv")
    try folder.write(future, to: "future.csv")
    let run = try Sluice.run(
      "train", "sales", "--data", "weeks.csv", "--date", "week", "--series", "shop", "--target",
      "sold", "--covariates", "promo", "--config", "small.yaml", "--output", "run", "--epochs",
      "12", "--learning-rate", "0.01", "--json", "--quiet", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let predicted = try Sluice.run(
      "predict", "--model", "run/model", "--data", "future.csv", "--output", "f.csv", in: folder)
    #expect(predicted.status == 0, "\(predicted.errors)")
    // Weeks with a promotion are forecast well above those without.
    var promoted: [Double] = []
    var plain: [Double] = []
    for line in try folder.lines("f.csv").dropFirst() {
      let cells = line.split(separator: ",")
      let value = try #require(Double(cells[3]))
      if cells[2] == "1" { promoted.append(value) } else { plain.append(value) }
    }
    #expect((promoted.min() ?? 0) > 1.3 * (plain.max() ?? 1), "\(promoted) \(plain)")

    let without = try Sluice.run(
      "predict", "--model", "run/model", "--output", "f.csv", in: folder)
    #expect(without.status == 1)
    #expect(without.errors.contains("promo"))
  }

  @Test func writesASubmissionRowForRow() throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "run"), in: folder).status == 0)
    var rows: [String] = []
    for day in stride(from: 173, through: 160, by: -1) {
      for store in 1...2 { rows.append("\(rows.count + 7),\(SmallSales.date(day)),\(store),2") }
    }
    try folder.write("id,date,store,item\n" + rows.joined(separator: "\n"), to: "test.csv")
    let run = try Sluice.run(
      "predict", "--model", "run/model", "--data", "test.csv", "--output", "out.csv", "--kaggle",
      in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let lines = try folder.lines("out.csv")
    let withoutRows = try Sluice.run(
      "predict", "--model", "run/model", "--output", "x", "--kaggle", in: folder)
    #expect(withoutRows.status == 64 && withoutRows.errors.contains("--kaggle"))
    #expect(lines[0] == "id,sales")
    #expect(lines.dropFirst().map { $0.split(separator: ",")[0] } == (7..<35).map { "\($0)" })
    // Rows run backwards in time, so the stores take turns: store 2 sells more.
    let values = lines.dropFirst().compactMap { Double($0.split(separator: ",")[1]) }
    #expect(stride(from: 0, to: 28, by: 2).allSatisfy { values[$0] < values[$0 + 1] })
  }

  @Test func newSeriesAreForecastAndNamed() throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "run"), in: folder).status == 0)
    let day = SmallSales.date(160)
    try folder.write("date,store,item\n\(day),3,1\n\(day),1,1\n", to: "new.csv")
    let run = try Sluice.run(
      "predict", "--model", "run/model", "--data", "new.csv", "--output", "f.csv", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("store 3, item 1: not in the training data"))
    let value = try #require(Double(try folder.lines("f.csv")[1].split(separator: ",")[3]))
    #expect(value > 5 && value < 200)
  }
}
