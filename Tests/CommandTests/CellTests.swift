import Foundation
import SluicePlatform
import Testing

/// Cells other than an LSTM's, by the real binary.
struct CellTests {
  /// A run says of which cell it is, is that when it is resumed, and its model answers.
  @Test(arguments: ["gru", "rnn", "rnn_relu"])
  func aRunKeepsItsCell(_ cell: String) throws {
    let folder = try SmallChurn.folder()
    let title = ["gru": "GRU", "rnn": "RNN", "rnn_relu": "RNN with relu"][cell] ?? ""
    let train = { (output: String) in
      SmallChurn.training(to: output, "--device", "cpu", "--cell", cell)
    }
    let loud = train("whole").filter { $0 != "--quiet" }
    let whole = try Sluice.run(loud + ["--json"], in: folder)
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(whole.errors.contains("\(title), both directions"), "\(whole.errors)")
    let strategies = try #require(try whole.json()["strategy"] as? [String])
    #expect(strategies.allSatisfy { $0.hasPrefix("\(cell) l0") && $0.contains(", \(title): ") })
    #expect(try folder.text("whole/model/config.yaml").contains("cell: \(cell)\n"))
    #expect(try folder.text("whole/report.html").contains("recurrent layers: \(title)"))

    let (stopped, _) = try Sluice.runKilled(
      train("stopped") + ["--resume"], atMost: 1, in: folder
    ) { _ in { $0 >= 0.2 } }
    #expect(stopped.status == 0, "\(stopped.errors)")
    let resumed = try Sluice.run(
      ["train", "churn", "--output", "stopped", "--resume", "--quiet", "--device", "cpu"],
      in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(
      try folder.bytes("stopped/model/model.safetensors")
        == folder.bytes("whole/model/model.safetensors"))
    let other = try Sluice.run(
      SmallChurn.training(to: "stopped", "--resume", "--cell", "lstm"), in: folder)
    #expect(other.status == 1)
    #expect(other.errors.contains("--cell is \(cell) there, lstm here"), "\(other.errors)")

    let predicted = try Sluice.run(
      "predict", "--model", "whole/model", "--data", "others.csv", "--output", "p.csv",
      "--device", "cpu", in: folder)
    #expect(predicted.status == 0, "\(predicted.errors)")
    #expect(try folder.lines("p.csv").count == 61)
  }

  /// Folders of models from before there was a choice say nothing of a cell.
  @Test func aModelWithoutACellIsAnLSTM() throws {
    let folder = try SmallChurn.folder()
    let run = try Sluice.run(SmallChurn.training(to: "run", "--device", "cpu"), in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let evaluate = {
      try Sluice.run(
        "evaluate", "--model", "run/model", "--data", "customers.csv", "--device", "cpu", "--json",
        in: folder)
    }
    let before = try evaluate()
    #expect(before.status == 0, "\(before.errors)")
    let text = try folder.text("run/model/config.yaml")
    #expect(text.contains("  cell: lstm\n"))
    let older = text.replacingOccurrences(of: "  cell: lstm\n", with: "")
    try folder.write(older, to: "run/model/config.yaml")
    // The folder says so of its file, as one of that time does.
    let header = try folder.text("run/model/preprocessing.json")
      .replacingOccurrences(of: "\"formatVersion\":2", with: "\"formatVersion\":1")
      .replacingOccurrences(
        of: Checksum.hexadecimal(of: Array(text.utf8)),
        with: Checksum.hexadecimal(of: Array(older.utf8)))
    try folder.write(header, to: "run/model/preprocessing.json")
    let after = try evaluate()
    #expect(after.status == 0 && after.output == before.output, "\(after.errors)")
  }

  @Test func theStackOfARecipeFollowsTheFlag() throws {
    let folder = try SmallChurn.folder()
    let run = try Sluice.run(
      [
        "train", "churn", "--data", "customers.csv", "--recipe", "stack", "--cell", "gru",
        "--epochs", "1", "--output", "run", "--device", "cpu", "--json",
      ], in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let text = try folder.text("run/config.yaml")
    #expect(text.contains("{gru: {units: 50") && !text.contains("lstm: {"), "\(text)")
    #expect(run.errors.contains("stack.1  GRU"), "\(run.errors)")
    try folder.write(
      "model: {stack: [{lstm: 4}, {dense: {units: 1, activation: sigmoid}}]}\n", to: "own.yaml")
    let own = try Sluice.run(
      [
        "train", "churn", "--data", "customers.csv", "--config", "own.yaml", "--cell", "gru",
        "--output", "no",
      ], in: folder)
    #expect(own.status == 64 && !folder.exists("no"), "\(own.status)")
    #expect(
      own.errors.contains("--cell is gru, but the layers of `model.stack` name other cells"),
      "\(own.errors)")
  }
}
