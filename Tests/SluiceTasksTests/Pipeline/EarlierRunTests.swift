import Foundation
import Logging
import SluiceCPU
import SluicePlatform
import SluiceSettings
import Testing

@testable import SluiceTasks
@testable import SluiceTraining

/// Runs that an earlier version of Sluice began: their files know fewer settings.
@Suite struct EarlierRunTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("sluice-earlier-\(UUID().uuidString)").path

  private static let settings = """
    horizon: 7
    batch_size: 8
    refit: false
    data: {gaps: zero}
    model: {history: 14, hidden: 8, head: 8, members: 1}
    training: {epochs: 1, steps_per_epoch: 12, checkpoint_every: 4}
    """

  /// Trains, or goes on with a run by what its folder says.
  ///
  /// - Parameter limit: Steps after which it is stopped.
  private func train(
    _ output: String, resumes: Bool = false, limit: Int = .max, hidden: String? = nil
  ) throws -> RunResult? {
    var rows = "date,sales\n"
    for month in 1...4 {
      for day in 1...28 {
        rows += String(format: "2021-%02d-%02d,%d\n", month, day, 20 + day % 7 + day * month % 5)
      }
    }
    try Folder.create(folder)
    try AtomicFile.write(rows, to: "\(folder)/sales.csv")
    var request = TrainingRequest<SalesTask>()
    request.output = "\(folder)/\(output)"
    request.resumes = resumes
    if !resumes { request.settingsText = Self.settings }
    request.flags =
      [("data.path", "\(folder)/sales.csv")] + (hidden.map { [("model.hidden", $0)] } ?? [])
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let prepared = try request.prepare(logger: logger) { try CPUBackend(threads: 1) }
    prepared.training.reports = false
    var steps = 0
    prepared.training.shouldStop = {
      steps += 1
      return steps > limit
    }
    return try prepared.training.train(in: prepared.run)
  }

  /// Takes settings out of a run, as if they had not been thought of when it began.
  ///
  /// - Parameter keepsText: Whether its checkpoint holds the settings, not just their checksum.
  private func age(_ run: String, without keys: [String], keepsText: Bool) throws {
    let path = "\(folder)/\(run)/config.yaml"
    let lines = try FileReader.text(of: path).split(separator: "\n")
    let older = lines.filter { line in !keys.contains { line.hasPrefix("\($0): ") } }
    #expect(older.count == lines.count - keys.count)
    let text = older.joined(separator: "\n") + "\n"
    try AtomicFile.write(text, to: path)
    let store = try CheckpointStore(folder: "\(folder)/\(run)/checkpoints")
    var checkpoint = try #require(try store.newest())
    #expect(checkpoint.state.taskState["settings"] != nil)
    checkpoint.state.taskState["settings"] = keepsText ? text : nil
    checkpoint.state.taskState["configuration"] =
      keepsText ? nil : Checksum.hexadecimal(of: Array(text.utf8))
    try store.write(checkpoint)
  }

  private func replace(_ old: String, _ new: String, in run: String) throws {
    let path = "\(folder)/\(run)/config.yaml"
    let text = try FileReader.text(of: path)
    #expect(text.contains(old))
    try AtomicFile.write(text.replacingOccurrences(of: old, with: new), to: path)
  }

  private func model(_ run: String) throws -> [[UInt8]] {
    try ["model.safetensors", "config.yaml", "preprocessing.json"].map {
      try FileReader.bytes(of: "\(folder)/\(run)/model/\($0)")
    }
  }

  @Test func theyGoOnToTheBit() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try #require(try train("whole"))
    for keepsText in [false, true] {
      let run = keepsText ? "text" : "checksum"
      #expect(try train(run, limit: 6) == nil)
      // One that says it came later, one that does not, and one at a depth of its own.
      try age(
        run, without: ["  cell", "folds", "  gradient_accumulation"], keepsText: keepsText)
      let result = try #require(try train(run, resumes: true))
      #expect(result.steps == 12)
      #expect(try model(run) == model("whole"))
      // The model names settings that the run's own file does not: it is of the run all the same.
      let report = try FinishedRun<SalesTask>(ofModel: "\(folder)/\(run)/model")
        .evaluate(on: CPUBackend(threads: 1))
      #expect(report.metrics["smape"] == result.validation?.metrics["smape"])
    }
  }

  @Test func aValueThatDiffersIsNamed() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(try train("run", limit: 6) == nil)
    let asked = #expect(throws: RunDirectoryError.self) {
      try train("run", resumes: true, hidden: "9")
    }
    #expect(asked?.what.contains("`model.hidden` is 8 there, 9 here") == true)
    try replace("weight_decay: 0.001", "weight_decay: 0.002", in: "run")
    let edited = #expect(throws: TrainingError.self) { try train("run", resumes: true) }
    #expect(
      edited?.what.contains("`training.weight_decay` is 0.001 there") == true,
      "\(edited?.what ?? "")")
    #expect(edited?.what.contains("0.002 here") == true, "\(edited?.what ?? "")")
    // The same values in other words.
    try replace("weight_decay: 0.002", "weight_decay: 1.0e-3", in: "run")
    try replace("hidden: 8", "# A note.\n  hidden:   8", in: "run")
    #expect(try train("run", resumes: true) != nil)
  }

  /// A checkpoint that has a checksum alone cannot tell which of them was changed.
  @Test func anOldCheckpointKnowsThatOneDiffers() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(try train("run", limit: 6) == nil)
    try age("run", without: ["  cell"], keepsText: false)
    try replace("weight_decay: 0.001", "weight_decay: 0.002", in: "run")
    let edited = #expect(throws: TrainingError.self) { try train("run", resumes: true) }
    #expect(edited?.what.contains("not those that the run began with") == true)
    try replace("weight_decay: 0.002", "weight_decay: 0.001", in: "run")
    #expect(try train("run", resumes: true) != nil)
  }
}
