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
  static func configuration(_ recipe: ReviewRecipe = .people) -> ReviewsConfiguration {
    var configuration = recipe.configuration()
    configuration.members = 2
    configuration.folds = 4
    configuration.batchSize = 32
    configuration.model.tokens = 24
    configuration.model.embedding = 16
    configuration.model.hidden = 12
    configuration.model.pairs = min(configuration.model.pairs, 512)
    configuration.training.epochs = 6
    configuration.training.learningRate = 1e-2
    configuration.training.schedule = .cosine(warmup: 5, final: 0.02)
    configuration.training.weightAverage = WeightAverageConfiguration(decay: 0.9)
    configuration.training.checkpointEvery = 5
    return configuration
  }

  static func sample(rows: Int = 600, seed: UInt64 = 1) throws -> Table {
    var sample = SampleReviews(seed: seed)
    sample.rows = rows
    return try Table(csv: sample.csv(), file: "sample.csv")
  }

  static func set(_ table: Table) throws -> ReviewSet {
    try ReviewSet(table, columns: ReviewColumns.find(in: table))
  }

  /// Trains in a folder that is removed afterwards.
  static func train(
    _ configuration: ReviewsConfiguration, _ set: ReviewSet, threads: Int = 2
  ) throws -> (report: EvaluationReport, model: ReviewsModel, files: [String: Data]) {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-reviews-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let backend = try CPUBackend(threads: threads)
    let training = try ReviewsTraining(
      configuration, set: set, fingerprint: "test", on: backend, logger: Logger(label: "test"))
    let result = try #require(try training.train(in: RunDirectory(folder, resuming: false)))
    var files: [String: Data] = [:]
    for name in ["model.safetensors", "preprocessing.json"] {
      files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(result.model)/\(name)"))
    }
    return (
      try #require(result.validation), try ReviewsModel(folder: result.model, on: backend), files
    )
  }
}
