import Foundation
import SluicePlatform
import Testing

/// Bad input of each kind: its message says where and what to do, and the status is 1.
struct BadInputTests {
  /// A table that is wrong in one way, and what its message must contain.
  struct BadTable: CustomTestStringConvertible {
    var name: String
    var text: String
    var flags: [String] = []
    var parts: [String]

    var testDescription: String { name }

    static func lines(_ lines: String...) -> String {
      "date,store,item,sales\n" + lines.joined(separator: "\n") + "\n"
    }

    static let all: [BadTable] = [
      BadTable(name: "empty file", text: "", parts: ["bad.csv", "empty"]),
      BadTable(name: "header only", text: "date,store,item,sales\n", parts: ["bad.csv", "header"]),
      BadTable(
        name: "no date column", text: "dat,store,item,sales\nfirst,1,1,3\n",
        parts: ["bad.csv:1", "--date"]),
      BadTable(
        name: "a misspelt column", text: SmallSales.csv(days: 3), flags: ["--target", "sale"],
        parts: ["bad.csv:1", "no column \"sale\"", "\"sales\""]),
      BadTable(
        name: "a date that is none", text: lines("2020-01-01,1,1,3", "2020-02-30,1,1,4"),
        parts: ["bad.csv:3:1", "2020-02-30"]),
      BadTable(
        name: "a number that is none", text: lines("2020-01-01,1,1,3", "2020-01-02,1,1,many"),
        parts: ["bad.csv:3:16", "many"]),
      BadTable(
        name: "NaN", text: lines("2020-01-01,1,1,3", "2020-01-02,1,1,NaN"),
        parts: ["bad.csv:3:16", "NaN"]),
      BadTable(
        name: "infinity", text: lines("2020-01-01,1,1,3", "2020-01-02,1,1,inf"),
        parts: ["bad.csv:3:16", "inf"]),
      BadTable(
        name: "a duplicate",
        text: lines("2020-01-01,1,1,3", "2020-01-02,1,1,4", "2020-01-01,1,1,5"),
        parts: ["bad.csv:4", "2020-01-01", "line 2"]),
      BadTable(
        name: "a gap",
        text: lines("2020-01-01,1,1,3", "2020-01-02,1,1,3", "2020-01-03,1,1,3", "2020-01-05,1,1,3"),
        parts: ["2020-01-04", "--gaps"]),
      BadTable(
        name: "a ragged row", text: lines("2020-01-01,1,1,3", "2020-01-02,1,1"),
        parts: ["bad.csv:3"]),
      BadTable(
        name: "an open quote", text: lines("2020-01-01,1,\"1,3", "2020-01-02,1,1,4"),
        parts: ["bad.csv:2", "quote"]),
      BadTable(
        name: "no line of names", text: "2020-01-01,1,1,3\n2020-01-02,1,1,4\n",
        parts: ["bad.csv:1", "looks like data"]),
      BadTable(
        name: "dates as names", text: "item,2020-01,2020-02,2020-03\na,1,2,3\nb,4,5,6\n",
        parts: ["bad.csv:1", "2020-01 to 2020-03", "pandas", "bad.csv"]),
      BadTable(
        name: "several targets", text: "date,a,b\n2020-01-01,1,2\n2020-01-02,3,4\n",
        parts: ["bad.csv:1", "\"a\", \"b\"", "--target", "melt([\"date\"]"]),
      BadTable(
        name: "a date in parts", text: "year,month,sales\n2020,1,2\n2020,2,4\n",
        parts: ["bad.csv:1", "\"year\", \"month\"", "--date"]),
      BadTable(
        name: "mixed units", text: lines("2020-01-01,1,1,$3", "2020-01-02,1,1,€4"),
        parts: ["bad.csv:2:16", "one unit"]),
      BadTable(
        name: "too short", text: SmallSales.csv(days: 20),
        parts: ["no series is long enough", "--horizon"]),
    ]
  }

  @Test(arguments: BadTable.all)
  func tablesThatAreWrongSayWhere(_ bad: BadTable) throws {
    let folder = try SmallSales.folder()
    try folder.write(bad.text, to: "bad.csv")
    let run = try Sluice.run(
      ["train", "sales", "--data", "bad.csv", "--config", "small.yaml", "--output", "run"]
        + bad.flags, in: folder)
    #expect(run.status == 1)
    for part in bad.parts { #expect(run.errors.contains(part), "\(part) in: \(run.errors)") }
    #expect(!folder.exists("run/config.yaml"), "nothing is left behind")
  }

  @Test func invalidUTF8AndMissingFilesSayWhere() throws {
    let folder = try SmallSales.folder()
    var bytes = Data("date,store,item,sales\n2020-01-01,".utf8)
    bytes.append(contentsOf: [0xC3, 0x28])
    bytes.append(Data(",1,3\n".utf8))
    try bytes.write(to: folder.url("bad.csv"))
    let invalid = try Sluice.run(
      "train", "sales", "--data", "bad.csv", "--output", "run", in: folder)
    #expect(invalid.status == 1)
    #expect(invalid.errors.contains("bad.csv:2") && invalid.errors.contains("UTF-8"))
    for path in ["none.csv", "."] {
      let missing = try Sluice.run(
        "train", "sales", "--data", path, "--output", "run", in: folder)
      #expect(missing.status == 1)
      #expect(missing.errors.contains(path))
    }
  }

  @Test(arguments: [(";", "\r\n"), ("\t", "\n"), ("|", "\r\n")])
  func separatorsLineEndsAndMarksAreFound(_ separator: String, _ lineEnd: String) throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "plain"), in: folder).status == 0)
    let text = SmallSales.csv(separator: separator, lineEnd: lineEnd)
    try folder.write("\u{FEFF}" + text, to: "sales.csv")
    let run = try Sluice.run(SmallSales.training(to: "other"), in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      try folder.bytes("other/model/model.safetensors")
        == folder.bytes("plain/model/model.safetensors"))
  }

  @Test(arguments: ["zero", "interpolate"])
  func gapsAreFilledWhenAsked(_ policy: String) throws {
    let folder = try SmallSales.folder()
    var lines = SmallSales.csv().split(separator: "\n")
    lines.remove(at: 20)
    try folder.write(lines.joined(separator: "\n"), to: "sales.csv")
    #expect(try Sluice.run(SmallSales.training(to: "run"), in: folder).status == 1)
    let run = try Sluice.run(SmallSales.training(to: "run", "--gaps", policy), in: folder)
    #expect(run.status == 0, "\(run.errors)")
  }

  @Test func shortSeriesAreNamedAndLeftOut() throws {
    let folder = try SmallSales.folder()
    var text = SmallSales.csv()
    for day in 150..<160 { text += "\(SmallSales.date(day)),9,9,5\n" }
    try folder.write(text, to: "sales.csv")
    let run = try Sluice.run(SmallSales.training(to: "run"), in: folder)
    #expect(run.status == 0)
    #expect(run.errors.contains("store 9, item 9"))
  }

  @Test(arguments: [
    ("modle:\n  hidden: 3\n", ["bad.yaml:1:1", "modle", "model"]),
    ("model:\n  hiden: 3\n", ["bad.yaml:2:3", "model.hiden", "hidden"]),
    ("model:\n  hidden: many\n", ["bad.yaml:2:11", "model.hidden", "whole number"]),
    ("model:\n  hidden: 0\n", ["model.hidden"]),
    ("model:\n  quantiles: [0.9, 0.5]\n", ["quantiles"]),
    ("training:\n  learning_rate: -1\n", ["learning_rate"]),
    ("horizon: [1\n", ["bad.yaml"]),
    ("task: churn\n", ["churn", "sales"]),
  ])
  func configurationsThatAreWrongSayWhere(_ text: String, _ parts: [String]) throws {
    let folder = try SmallSales.folder()
    try folder.write(text, to: "bad.yaml")
    let run = try Sluice.run(
      "train", "sales", "--data", "sales.csv", "--config", "bad.yaml", "--output", "run",
      in: folder)
    #expect(run.status == 1)
    for part in parts { #expect(run.errors.contains(part), "\(part) in: \(run.errors)") }
  }

  @Test(arguments: [
    ["train", "sales", "--epochs", "many"], ["train", "sales", "--nonsense"],
    ["train", "sales", "--resume"], ["train"], ["frobnicate"], ["predict", "--output", "x"],
    ["predict", "--model", "m", "--output", ""], ["train", "sales", "--output", ""],
    ["train", "sales", "--threads", "0"], ["verify", "--threads", "0"],
    ["bench", "--threads", "-1"],
  ])
  func wrongUsageIsStatus64(_ arguments: [String]) throws {
    let folder = try Folder()
    let run = try Sluice.run(arguments, in: folder)
    #expect(run.status == 64 || (arguments == ["train"] && run.status == 0), "\(run)")
  }

  @Test(arguments: [
    ["--history", "9223372036854775807"], ["--validation", "9223372036854775807"],
    ["--epochs", "9223372036854775807"], ["--epochs", "0"], ["--learning-rate", "nan"],
    ["--learning-rate", "inf"], ["--horizon", "0"], ["--horizon", "-5"], ["--validation", "-1"],
    ["--batch-size", "-1"], ["--hidden", "8193"], ["--layers", "0"], ["--seed", "-1"],
  ])
  func flagsOutOfRangeAreRefused(_ flags: [String]) throws {
    let folder = try SmallSales.folder()
    let run = try Sluice.run(SmallSales.training(to: "run") + flags, in: folder)
    #expect(run.status == 64)
    #expect(run.errors.contains(flags[0]) && run.errors.contains(flags[1]), "\(run.errors)")
  }

  @Test func flagsOfAnotherTaskAreRefused() throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "run"), in: folder).status == 0)
    for flags in [
      ["predict", "--explain"], ["predict", "--text", "x"], ["evaluate", "--threshold", "0.5"],
    ] {
      let files = flags[0] == "predict" ? ["--output", "x.csv"] : ["--data", "sales.csv"]
      let run = try Sluice.run(
        [flags[0], "--model", "run/model"] + files + flags.dropFirst(), in: folder)
      #expect(run.status == 64 && run.errors.contains(flags[1]), "\(run)")
      #expect(!folder.exists("x.csv"))
    }
  }

  @Test func aBatchThatDoesNotFitNamesOneThatWould() throws {
    let folder = try SmallSales.folder()
    let arguments = SmallSales.training(to: "run", "--batch-size", "40000", "--hidden", "128")
    let run = try Sluice.shell(
      "ulimit -v 2500000; \"$SLUICE\" \(arguments.joined(separator: " "))", in: folder)
    #expect(run.status == 1, "\(run)")
    #expect(run.errors.contains("no memory for"), "\(run.errors)")
    let advice = try #require(run.errors.firstMatch(of: /--batch-size (\d+)/))
    let batch = try #require(Int(advice.1))
    #expect(batch >= 1 && batch < 40_000)
  }

  @Test func aLostFastPathIsAnErrorWhenAskedFor() throws {
    let folder = try SmallSales.folder()
    let arguments = SmallSales.training(to: "run", "--hidden", "300", "--require-persistent")
    let run = try Sluice.run(arguments, in: folder)
    #expect(run.status == 1)
    #expect(run.errors.contains("stepwise"), "\(run.errors)")
    let kept = SmallSales.training(to: "kept", "--require-persistent", "--epochs", "1")
    #expect(try Sluice.run(kept, in: folder).status == 0)
  }

  @Test func anUnknownDeviceNamesTheKnownOnes() throws {
    let folder = try SmallSales.folder()
    let run = try Sluice.run(SmallSales.training(to: "run", "--device", "opencl:9.9"), in: folder)
    #expect(run.status == 1)
    #expect(run.errors.contains("opencl:9.9") && run.errors.contains("cpu"))
  }

  /// A share for validation that leaves too little on either side.
  @Test(arguments: [("churn", "0.9"), ("reviews", "0.8"), ("reviews", "0.001")])
  func validationLeavesEnough(_ task: String, _ share: String) throws {
    let folder = try Folder()
    var rows = task == "churn" ? "id,plan,churn\n" : "text,rating\n"
    for row in 0..<20 {
      rows += task == "churn" ? "c\(row),p\(row % 3),\(row % 2)\n" : "word \(row),\(row % 10)\n"
    }
    try folder.write(rows, to: "few.csv")
    let run = try Sluice.run(
      "train", task, "--data", "few.csv", "--validation", share, "--epochs", "1", "--output", "run",
      in: folder)
    #expect(run.status == 1 && run.errors.contains("--validation"), "\(run)")
  }

  /// A file of settings that can be read only once.
  @Test func settingsFromAPipe() throws {
    let folder = try Folder()
    try folder.write(
      "members: 1\nfolds: 2\nmodel: {hidden: 8, tokens: 12}\ntraining: {epochs: 1}\n",
      to: "small.yaml")
    let run = try Sluice.shell(
      "\"$SLUICE\" train reviews --config <(cat small.yaml) --output run --quiet", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let settings = try folder.text("run/config.yaml")
    #expect(settings.contains("members: 1\n") && settings.contains("hidden: 8\n"))
  }
}
