import Foundation
import Logging
import SluiceCPU
import SluiceCompute
import SluiceTraining
import Testing

@testable import SluiceTasks
import SluiceTables

/// Trainings that take a second.
enum SmallReviews {
  static func settings(_ recipe: ReviewRecipe = .people) -> ReviewsSettings {
    var settings = recipe.settings
    settings.members = 2
    settings.folds = 4
    settings.batchSize = 32
    settings.model.tokens = 24
    settings.model.embedding = 16
    settings.model.hidden = 12
    settings.model.pairs = min(settings.model.pairs, 512)
    settings.training.epochs = 6
    settings.training.learningRate = 1e-2
    settings.training.schedule = .cosine(warmup: 5, final: 0.02)
    settings.training.weightAverage = WeightAverageConfiguration(decay: 0.9)
    settings.training.checkpointEvery = 5
    return settings
  }

  static func sample(rows: Int = 600, seed: UInt64 = 1) throws -> Table {
    var sample = SampleReviews(seed: seed)
    sample.rows = rows
    return try Table(csv: sample.csv(), file: "sample.csv")
  }

  static func set(_ table: Table) throws -> ReviewSet {
    try ReviewSet(table, columns: ReviewColumns.find(in: table))
  }

  /// A run that is told nothing.
  static func run(_ settings: ReviewsSettings, _ set: ReviewSet, threads: Int = 2) throws
    -> TaskRun<ReviewsTask>
  {
    TaskRun(
      try ReviewsTask(set, settings), fingerprint: "test", on: try CPUBackend(threads: threads),
      logger: Logger(label: "test"))
  }

  /// Trains in a folder that is removed afterwards.
  static func train(_ settings: ReviewsSettings, _ set: ReviewSet, threads: Int = 2) throws
    -> (report: EvaluationReport, model: ReviewsTask.Model, files: [String: Data])
  {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-reviews-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let result = try #require(
      try run(settings, set, threads: threads).train(in: RunDirectory(folder, resuming: false)))
    var files: [String: Data] = [:]
    for name in ["model.safetensors", "preprocessing.json"] {
      files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(result.model)/\(name)"))
    }
    let model = try ReviewsTask.Model(folder: result.model, on: CPUBackend(threads: threads))
    return (try #require(result.validation), model, files)
  }
}
