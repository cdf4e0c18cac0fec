import Foundation
import Logging
import SluiceCPU
import SluiceCompute
import SluiceTraining
import Testing

@testable import SluiceTasks
import SluicePlatform
import SluiceTables

/// Trainings on ratings that take a second.
enum SmallRatings {
  static func settings() -> RatingsSettings {
    var settings = RatingsTask.standard
    settings.members = 2
    settings.folds = 5
    settings.batchSize = 16
    settings.model.embedding = 8
    settings.model.hidden = 16
    settings.model.mixed = 16
    settings.model.minimumCount = 5
    settings.training.epochs = 4
    settings.training.learningRate = 1e-2
    settings.training.schedule = .cosine(warmup: 5, final: 0.02)
    settings.training.weightAverage = WeightAverageConfiguration(decay: 0.95)
    return settings
  }

  /// One network, a few steps: for what does not depend on how good it is.
  static func quick() -> RatingsSettings {
    var settings = settings()
    settings.members = 1
    settings.refit = false
    settings.training.epochs = 1
    settings.training.stepsPerEpoch = 8
    return settings
  }

  static func sample(users: Int = 120, seed: UInt64 = 1) throws -> Table {
    var sample = SampleRatings(seed: seed)
    sample.users = users
    sample.items = 20
    return try Table(csv: sample.csv(), file: "sample.csv")
  }

  static func task(_ table: Table, _ settings: RatingsSettings = quick()) throws -> RatingsTask {
    try RatingsTask(table, settings) { $0 }
  }

  struct Trained {
    var report: EvaluationReport
    var model: RatingsTask.Model
    var files: [String: Data]
  }

  /// Trains in a folder that is removed afterwards.
  ///
  /// - Parameter stops: After how many questions whether to stop each session ends; the last one
  ///   goes to the end.
  static func train(
    _ settings: RatingsSettings, _ table: Table, threads: Int = 2, stops: [Int] = []
  ) throws -> Trained {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-ratings-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let backend = try CPUBackend(threads: threads)
    for (session, stop) in (stops + [Int.max]).enumerated() {
      let training = TaskRun(
        try task(table, settings), fingerprint: "test", on: backend, logger: Logger(label: "test"))
      var left = stop
      training.shouldStop = {
        left -= 1
        return left < 0
      }
      let run = try RunDirectory(folder, resuming: session > 0)
      if session == 0 { try AtomicFile.write("", to: run.configurationPath) }
      let result = try training.train(in: run)
      guard stop == Int.max else {
        #expect(result == nil)
        continue
      }
      let done = try #require(result)
      var files: [String: Data] = [:]
      for name in ["model.safetensors", "preprocessing.json"] {
        files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(done.model)/\(name)"))
      }
      return Trained(
        report: try #require(done.validation),
        model: try RatingsTask.Model(folder: done.model, on: backend), files: files)
    }
    throw ModelError(nil, "no session", remedy: "")
  }

  /// The cells that a prediction adds, row by row.
  static func predictions(_ model: RatingsTask.Model, _ table: Table) throws -> [[String]] {
    let answers = try RatingsTask.predict(model, for: table, NoOptions())
    #expect(answers.count == table.rowCount && answers.noun == "ratings")
    let answer = try Table(bytes: try #require(answers.csv), file: "answer.csv")
    return (0..<answer.rowCount).map { row in
      (table.columnCount..<answer.columnCount).map { answer.string(row: row, column: $0) }
    }
  }
}
