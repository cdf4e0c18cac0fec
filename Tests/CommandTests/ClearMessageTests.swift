import Foundation
import Testing

/// What a message says, and what it keeps from the terminal.
struct ClearMessageTests {
  @Test func rowsThatWereMovedAreTheSameRows() throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "whole"), in: folder).status == 0)
    try Sluice.runKilled(
      SmallSales.training(to: "run"), output: "run", atCheckpoint: 8, in: folder)
    let rows = try folder.text("sales.csv")
    try FileManager.default.moveItem(at: folder.url("sales.csv"), to: folder.url("moved.csv"))
    let resume = ["train", "sales", "--output", "run", "--resume"]
    let gone = try Sluice.run(resume, in: folder)
    #expect(gone.status == 1)
    #expect(gone.errors.contains("Name the file in --data where it lies now"), "\(gone.errors)")
    try folder.write(rows.replacingOccurrences(of: ",1,1,", with: ",1,1,1"), to: "other.csv")
    let other = try Sluice.run(resume + ["--data", "other.csv"], in: folder)
    #expect(other.status == 1)
    #expect(other.errors.contains("is of other data than"), "\(other.errors)")
    let moved = try Sluice.run(resume + ["--data", "moved.csv"], in: folder)
    #expect(moved.status == 0, "\(moved.errors)")
    #expect(moved.errors.contains("the rows that the run knows as"), "\(moved.errors)")
    for file in ["model.safetensors", "config.yaml", "preprocessing.json"] {
      #expect(
        try folder.bytes("run/model/\(file)") == folder.bytes("whole/model/\(file)"), "\(file)")
    }
  }

  @Test func controlCharactersOfTablesDoNotReachTheTerminal() throws {
    let folder = try SmallSales.folder()
    let red = "\u{1B}[31mred\u{7}\u{9B}"
    try folder.write(
      SmallSales.csv(shops: 1, goods: 1).replacingOccurrences(of: ",1,1,", with: ",1,\(red),"),
      to: "sales.csv")
    let run = try Sluice.run(
      ["train", "sales", "--data", "sales.csv", "--config", "small.yaml", "--output", "run"],
      in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let predicted = try Sluice.run(
      "predict", "--model", "run/model", "--output", "answers.csv", in: folder)
    #expect(predicted.status == 0)
    #expect(predicted.errors.contains("␛[31mred␇\u{FFFD}"), "\(predicted.errors)")
    // The answers keep the name as it is.
    #expect(try folder.text("answers.csv").contains(red))
    try folder.write("date,store,item,sales\n2020-01-01,1,1,\(red)\n", to: "bad.csv")
    let bad = try Sluice.run("evaluate", "--model", "run/model", "--data", "bad.csv", in: folder)
    #expect(bad.status == 1)
    for text in [
      run.errors, run.output, predicted.errors, bad.errors, try folder.text("run/log.txt"),
    ] {
      #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{7}" || $0 == "\u{9B}" })
    }
  }

  @Test func argumentsThatAreNotUTF8AreRefused() throws {
    let folder = try SmallSales.folder()
    let run = try Sluice.shell(
      "$SLUICE train sales --data sales.csv --config small.yaml --output $'run\\xff'", in: folder)
    #expect(run.status == 64)
    #expect(run.errors.contains("argument 8") && run.errors.contains("is not UTF-8"))
    #expect(!folder.exists("run\u{FFFD}"))
  }

  @Test(
    arguments: [
      ([0x1F, 0x8B, 8, 0, 0], "packed by gzip", "gunzip -k 'rows.csv'"),
      (
        Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 26) + Array("xl/workbook".utf8),
        "a workbook", "read_excel(\"rows.csv\")"
      ),
      (
        Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 26) + Array("rows.csv".utf8),
        "a zip archive", "unzip 'rows.csv'"
      ),
      (Array("PAR1".utf8) + [0, 0, 0xFF], "in Parquet", "read_parquet(\"rows.csv\")"),
      (Array("{\"text\": \"a\", \"rating\": 1}\n".utf8), "JSON", "lines=True"),
      (Array("[\n  {\"text\": \"a\"}]".utf8), "JSON", "read_json(\"rows.csv\")"),
    ] as [([UInt8], String, String)])
  func filesOfOtherFormatsSayWhichAndWhatToDo(
    _ bytes: [UInt8], _ kind: String, _ remedy: String
  ) throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "run"), in: folder).status == 0)
    try Data(bytes).write(to: folder.url("rows.csv"))
    let run = try Sluice.run("evaluate", "--model", "run/model", "--data", "rows.csv", in: folder)
    #expect(run.status == 1)
    #expect(run.errors.contains(kind) && run.errors.contains(remedy), "\(run.errors)")
    #expect(!run.errors.contains("iconv"))
  }

  @Test func anEvaluationKnowsTheGapsOfTheTrainingAndItsOwnFlags() throws {
    let folder = try SmallSales.folder()
    var lines = try folder.lines("sales.csv")
    lines.remove(at: 40)
    try folder.write(lines.joined(separator: "\n") + "\n", to: "sales.csv")
    #expect(
      try Sluice.run(SmallSales.training(to: "run", "--gaps", "interpolate"), in: folder).status
        == 0)
    let scored = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "sales.csv", in: folder)
    #expect(scored.status == 0, "\(scored.errors)")
    let strict = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "sales.csv", "--gaps", "error", in: folder)
    #expect(strict.status == 1)
    let rows = (160..<174).map { "\(SmallSales.date($0)),1,1,\(30 + $0 % 7)" }
    try folder.write("date,store,item,sales\n" + rows.joined(separator: "\n"), to: "new.csv")
    let short = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "new.csv", in: folder)
    #expect(short.status == 1)
    #expect(short.errors.contains("put its last 14 steps"), "\(short.errors)")
    #expect(!short.errors.contains("--horizon"), "\(short.errors)")
  }

  @Test(
    arguments: [
      ("early_stopping: {mode: 0.5}", "2:26"),
      ("schedule: {name: reduce_on_plateau, mode: 0.5}", "2:45"),
    ])
  func settingsSpeakOfWordsNotOfTypes(_ line: String, _ place: String) throws {
    let folder = try Folder()
    try folder.write("training:\n  \(line)\n", to: "c.yaml")
    let run = try Sluice.run(
      "train", "churn", "--config", "c.yaml", "--output", "run", in: folder)
    #expect(run.status == 1)
    #expect(run.errors.contains("c.yaml:\(place): "), "\(run.errors)")
    #expect(run.errors.contains("mode` is 0.5, it takes one of: min, max"), "\(run.errors)")
  }

  @Test func aTableWithNothingToLearnFromIsToldWhy() throws {
    let folder = try Folder()
    let rows = (0..<200).map { "c\($0),x,\($0 % 3 == 0 ? "yes" : "no")" }
    try folder.write("id,kind,churn\n" + rows.joined(separator: "\n") + "\n", to: "c.csv")
    let run = try Sluice.run("train", "churn", "--data", "c.csv", "--output", "run", in: folder)
    #expect(run.status == 1)
    #expect(
      run.errors.contains("left to learn from: id (tells customers apart), kind ("),
      "\(run.errors)")
  }

  @Test func aWarmupLongerThanTheTrainingIsSaid() throws {
    let folder = try SmallSales.folder()
    try folder.write(
      SmallSales.configuration.replacingOccurrences(of: "warmup: 5", with: "warmup: 500"),
      to: "small.yaml")
    let run = try Sluice.run(SmallSales.training(to: "run"), in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("warm-up of 500 steps is longer than the training of 30"))
  }
}
