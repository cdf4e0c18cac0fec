import Foundation
import Logging
import SluiceCPU
import SluiceCompute
import SluiceTraining
import Testing

@testable import SluiceTasks
import SluicePlatform
import SluiceTables

/// Trainings on histories that take a second.
enum SmallHistory {
  static func configuration() -> ReviewsConfiguration {
    var configuration = ReviewRecipe.history.configuration()
    configuration.members = 2
    configuration.folds = 5
    configuration.batchSize = 16
    configuration.history.embedding = 8
    configuration.history.hidden = 16
    configuration.history.mixed = 16
    configuration.history.minimumCount = 5
    configuration.training.epochs = 4
    configuration.training.learningRate = 1e-2
    configuration.training.schedule = .cosine(warmup: 5, final: 0.02)
    configuration.training.weightAverage = WeightAverageConfiguration(decay: 0.95)
    return configuration
  }

  /// One network, a few steps: for what does not depend on how good it is.
  static func quick() -> ReviewsConfiguration {
    var configuration = configuration()
    configuration.members = 1
    configuration.refit = false
    configuration.training.epochs = 1
    configuration.training.stepsPerEpoch = 8
    return configuration
  }

  static func sample(users: Int = 120, seed: UInt64 = 1) throws -> Table {
    var sample = SampleHistory(seed: seed)
    sample.users = users
    sample.items = 20
    return try Table(csv: sample.csv(), file: "sample.csv")
  }

  static func set(_ table: Table) throws -> HistorySet {
    try HistorySet(table, columns: HistoryColumns.find(in: table, ReviewColumns.Request()))
  }

  struct Trained {
    var report: EvaluationReport
    var model: HistoryModel
    var files: [String: Data]
  }

  /// Trains in a folder that is removed afterwards.
  ///
  /// - Parameter stops: After how many questions whether to stop each session ends; the last one
  ///   goes to the end.
  static func train(
    _ configuration: ReviewsConfiguration, _ set: HistorySet, threads: Int = 2, stops: [Int] = []
  ) throws -> Trained {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-history-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let backend = try CPUBackend(threads: threads)
    for (session, stop) in (stops + [Int.max]).enumerated() {
      let training = try HistoryTraining(
        configuration, set: set, fingerprint: "test", on: backend, logger: Logger(label: "test"))
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
        model: try HistoryModel(folder: done.model, on: backend), files: files)
    }
    throw ModelError("no session")
  }

  /// The cells that a prediction adds, row by row.
  static func predictions(_ model: HistoryModel, _ table: Table) throws -> [[String]] {
    var warnings: [String] = []
    let bytes = try model.predict(table) { warnings.append($0) }
    let answer = try Table(bytes: bytes, file: "answer.csv")
    return (0..<answer.rowCount).map { row in
      (table.columnCount..<answer.columnCount).map { answer.string(row: row, column: $0) }
    }
  }
}
