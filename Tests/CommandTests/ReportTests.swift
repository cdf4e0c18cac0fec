import Foundation
import SluicePlatform
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The page of a run, by the real binary.
struct ReportTests {
  /// The page, which must be well-formed and ask for nothing.
  private func page(_ name: String, in folder: Folder) throws -> String {
    let bytes = try folder.bytes(name)
    #expect(XMLParser(data: bytes).parse(), "\(name)")
    #expect(bytes.count < 2_000_000)
    let text = String(decoding: bytes, as: UTF8.self)
    for word in ["http:", "https:", "<script", "src="] {
      #expect(!text.contains(word), "\(word)")
    }
    return text
  }

  @Test func aTrainingLeavesAPageThatIsDrawnAgainToTheByte() throws {
    let folder = try SmallSales.folder()
    let trained = try Sluice.run(SmallSales.training(to: "run", "--json"), in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(try trained.json()["report"] as? String == "run/report.html")
    let text = try page("run/report.html", in: folder)
    for part in [
      "This model and its baselines", "p10–p90", "Coverage by step ahead", "store 2, item 2",
      "Training loss", "Gradient norm", "Learning rate", "Phases", "persistent", "batch_size",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    let first = try folder.bytes("run/report.html")
    try folder.write("", to: "run/report.html")
    let drawn = try Sluice.run("report", "run", in: folder)
    #expect(drawn.status == 0 && drawn.output == "run/report.html\n", "\(drawn.errors)")
    #expect(try folder.bytes("run/report.html") == first)
    let elsewhere = try Sluice.run("report", "run", "--output", "a.html", in: folder)
    #expect(elsewhere.status == 0)
    #expect(try folder.bytes("a.html") == first)
  }

  /// What a resumed run leaves is what one that was not interrupted does, but for times and places.
  @Test func aResumedRunReportsOnAllOfIt() throws {
    let folder = try SmallSales.folder()
    let whole = try Sluice.run(SmallSales.training(to: "whole"), in: folder)
    #expect(whole.status == 0, "\(whole.errors)")
    try Sluice.runKilled(
      SmallSales.training(to: "run", "--resume"), output: "run", atCheckpoint: 36, in: folder)
    let resumed = try Sluice.run(SmallSales.training(to: "run", "--resume"), in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    func sections(_ run: String) throws -> [[String: Any]] {
      let object = try JSONSerialization.jsonObject(with: folder.bytes("\(run)/report.json"))
      let report = try #require(object as? [String: Any])
      return try #require(report["sections"] as? [[String: Any]])
    }
    let (expected, found) = (try sections("whole"), try sections("run"))
    #expect(expected.count == found.count)
    // All but the last, which holds times.
    for (first, second) in zip(expected, found).dropLast() {
      #expect(NSDictionary(dictionary: first) == NSDictionary(dictionary: second))
    }
    #expect(
      try folder.bytes("whole/model/model.safetensors")
        == folder.bytes("run/model/model.safetensors"))
  }

  @Test func aRunWithoutAReportGetsOneByResuming() throws {
    let folder = try SmallSales.folder()
    let quiet = try Sluice.run(
      SmallSales.training(to: "run", "--report", "off", "--json"), in: folder)
    #expect(quiet.status == 0, "\(quiet.errors)")
    #expect(try quiet.json()["report"] == nil)
    #expect(!folder.exists("run/report.html") && !folder.exists("run/report.json"))
    // Drawing changes nothing of what is learned.
    let drawn = try Sluice.run(SmallSales.training(to: "drawn"), in: folder)
    #expect(drawn.status == 0, "\(drawn.errors)")
    let model = try folder.bytes("run/model/model.safetensors")
    #expect(try folder.bytes("drawn/model/model.safetensors") == model)
    let missing = try Sluice.run("report", "run", in: folder)
    #expect(missing.status == 1 && missing.output.isEmpty)
    #expect(missing.errors.contains("no report.json") && missing.errors.contains("--resume"))
    let resumed = try Sluice.run(SmallSales.training(to: "run", "--resume"), in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    _ = try page("run/report.html", in: folder)
    #expect(try folder.bytes("run/model/model.safetensors") == model)
  }

  @Test func aReportThatCannotBeWrittenLosesNoTraining() throws {
    let folder = try SmallSales.folder()
    let quiet = try Sluice.run(SmallSales.training(to: "run", "--report", "off"), in: folder)
    #expect(quiet.status == 0, "\(quiet.errors)")
    let model = try folder.bytes("run/model/model.safetensors")
    try FileManager.default.createDirectory(
      at: folder.url("run/report.json"), withIntermediateDirectories: true)
    let run = try Sluice.run(SmallSales.training(to: "run", "--resume", "--json"), in: folder)
    #expect(run.status == 0 && run.errors.contains("report cannot be written"), "\(run.errors)")
    #expect(try run.json()["report"] == nil)
    #expect(try folder.bytes("run/model/model.safetensors") == model)
  }

  @Test func withoutValidationThePageSaysSo() throws {
    let folder = try SmallSales.folder()
    let run = try Sluice.run(SmallSales.training(to: "run", "--validation", "0"), in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let text = try page("run/report.html", in: folder)
    #expect(text.contains("No rows were held out") && text.contains("Training loss"))
    #expect(!text.contains("This model and its baselines"))
  }

  @Test func hostileNamesAreTexts() throws {
    let folder = try SmallSales.folder()
    let name = "</script><b>&\"'👩🏽‍💻"
    let quoted = "\"\(name.replacingOccurrences(of: "\"", with: "\"\""))\""
    let csv = SmallSales.csv().replacingOccurrences(of: ",2,1,", with: ",\(quoted),1,")
      .replacingOccurrences(of: "sales\n", with: "<i>sales\n")
    try folder.write(csv, to: "sales.csv")
    let run = try Sluice.run(SmallSales.training(to: "run", "--target", "<i>sales"), in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let text = try page("run/report.html", in: folder)
    #expect(!text.contains("<b>") && !text.contains("<i>"))
    #expect(text.contains("&lt;/script&gt;&lt;b&gt;&amp;&quot;&#39;👩🏽‍💻"))
  }

  @Test func runsStandSideBySide() throws {
    let folder = try SmallSales.folder()
    for (output, hidden) in [("one", "8"), ("two", "6")] {
      let run = try Sluice.run(SmallSales.training(to: output, "--hidden", hidden), in: folder)
      #expect(run.status == 0, "\(run.errors)")
    }
    let nameless = try Sluice.run("report", "one", "two", in: folder)
    #expect(nameless.status == 64 && nameless.errors.contains("--output"))
    let run = try Sluice.run("report", "one", "two", "--output", "both.html", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let text = try page("both.html", in: folder)
    #expect(text.contains("Settings that differ") && text.contains("model.hidden"))
    #expect(!text.contains("model.history") && text.contains("two: Training loss"))
  }

  @Test func churnShowsHowItRanks() throws {
    let folder = try SmallChurn.folder()
    for more in [[], ["--validation", "0.2"]] {
      let output = more.isEmpty ? "members" : "held"
      let run = try Sluice.run(SmallChurn.training(to: output) + more, in: folder)
      #expect(run.status == 0 && !run.errors.contains("warning: a part"), "\(run.errors)")
      let text = try page("\(output)/report.html", in: folder)
      for part in [
        "ROC", "Precision and recall", "Calibration", "Lift by decile", "Threshold",
        "What columns are worth", "Scores by segment", "taken for",
      ] {
        #expect(text.contains(part), "\(part)")
      }
    }
  }

  @Test func historiesOfCustomersToo() throws {
    let folder = try SmallChurn.folder()
    try folder.write(SmallChurn.events(60, seed: 1), to: "customers.csv")
    let run = try Sluice.run(
      SmallChurn.training(to: "run", "--id", "user", "--time", "day"), in: folder)
    #expect(run.status == 0 && !run.errors.contains("warning: a part"), "\(run.errors)")
    #expect(try page("run/report.html", in: folder).contains("What columns are worth"))
  }

  /// Reviews whose words tell their rating, and some that try to be more than texts.
  private func reviews(_ rating: (Int) -> String) -> String {
    let words = ["awful", "poor", "plain", "good", "great"]
    let asides = ["on monday", "]]> alert(1)</script>", "& 'so' on", "\u{7}bell 😀"]
    var text = "user,review,rating\n"
    for row in 0..<240 {
      let level = (row * 7 + row / 5) % 5
      text +=
        "u\(row % 40),\"It is \(words[level]) </td><script> \(words[level]) \(asides[row % 4])\","
      text += "\(rating(row * 5 + level))\n"
    }
    return text
  }

  private static let reviewSettings = """
    members: 2
    folds: 4
    batch_size: 16
    model: {tokens: 16, embedding: 16, hidden: 8}
    training: {epochs: 2, learning_rate: 0.01}

    """

  @Test(arguments: ["five", "two", "means", "held"])
  func reviewsShowWordsAndExamples(_ kind: String) throws {
    let folder = try Folder()
    let csv = reviews { place in
      switch kind {
      case "two": place % 5 > 2 ? "1" : "0"
      case "means": "\(Double(place % 5) + Double(place % 97) / 100)"
      default: "\(place % 5 + 1)"
      }
    }
    try folder.write(csv, to: "reviews.csv")
    try folder.write(Self.reviewSettings, to: "small.yaml")
    let run = try Sluice.run(
      [
        "train", "reviews", "--data", "reviews.csv", "--config", "small.yaml", "--output", "run",
        "--quiet", "--device", "cpu",
      ] + (kind == "held" ? ["--validation", "0.3"] : []), in: folder)
    #expect(run.status == 0 && !run.errors.contains("warning: a part"), "\(run.errors)")
    let text = try page("run/report.html", in: folder)
    let parts = [
      "five": ["Calibration", "taken for", "Rightly rated", "How often each rating"],
      "two": ["ROC", "Calibration", "taken for", "Rightly rated"],
      "means": ["Expected and given ratings", "Closest"],
      "held": ["Calibration", "user seen in training"],
    ]
    for part in (parts[kind] ?? []) + ["Words that push up", "Examples", "great"] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(text.contains("&lt;/td&gt;&lt;script&gt;"))
  }

  @Test func ratingsShowTheirsToo() throws {
    let folder = try Folder()
    let run = try Sluice.run(
      [
        "train", "ratings", "--output", "run", "--epochs", "1", "--hidden", "8", "--no-refit",
        "--quiet",
      ], in: folder)
    #expect(run.status == 0 && !run.errors.contains("warning: a part"), "\(run.errors)")
    let text = try page("run/report.html", in: folder)
    for part in ["Expected rating by the rating given", "taken for", "users seen in training"] {
      #expect(text.contains(part), "\(part)")
    }
  }
}
