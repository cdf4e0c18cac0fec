import Foundation
import Logging
import SluiceCPU
import SluiceTraining
import Testing

@testable import SluiceTasks
import SluicePlatform
import SluiceTables

/// The reviews task as a whole, on small sets with a known truth.
struct ReviewsModelTests {
  /// The words' embedding folds into the LSTM where nothing happens between the two.
  @Test(arguments: [(0, 0.0, ""), (0, 0.2, "dropout of 0.2"), (512, 0.0, "pairs")])
  func wordsFold(pairs: Int, dropout: Double, obstacle: String) throws {
    var configuration = SmallReviews.configuration()
    configuration.model.embedding = 64
    configuration.model.pairs = pairs
    configuration.model.embeddingDropout = dropout
    let training = try ReviewsTraining(
      configuration, set: SmallReviews.set(SmallReviews.sample(rows: 60)), fingerprint: "",
      on: CPUBackend(threads: 1), logger: Logger(label: "test"))
    let plan = try #require(try training.makeFirstPhase().plans.first?.plan)
    #expect(plan.folding == (obstacle.isEmpty ? .upTo(share: 0.5) : .never))
    #expect(plan.reason.contains(obstacle) || obstacle.isEmpty)
  }

  @Test func learnsRatingsAndScoresNewRows() throws {
    let (report, model, _) = try SmallReviews.train(
      SmallReviews.configuration(), SmallReviews.set(SmallReviews.sample()))
    let accuracy = try #require(report.metrics["accuracy"])
    let majority = try #require(
      report.baselines.first { $0.name == "majority" }?.metrics["accuracy"])
    #expect(accuracy > majority + 0.2, "\(accuracy) beside \(majority)")
    #expect(report.baselines.map(\.name) == ["majority", "bag_of_words"])
    // Two of four folds.
    #expect(report.rows == 300 && report.subsets.map(\.name) == ["seen", "unseen"])

    let other = try SmallReviews.sample(rows: 300, seed: 9)
    let set = try ReviewSet(other, columns: model.preprocessing.columns, for: .evaluation)
    let evaluated = try model.evaluate(set)
    let metrics = evaluated.metrics
    for name in ["accuracy", "macro_f1", "rmse", "mae", "log_loss"] {
      #expect(metrics[name] != nil, "\(name)")
    }
    #expect(try #require(metrics["rmse"]) < 0.8)
    #expect(evaluated.rows == 300 && evaluated.subsets.reduce(0) { $0 + $1.rows } == 300)
  }

  @Test func predictionsAddColumnsAndSumToOne() throws {
    let (_, model, _) = try SmallReviews.train(
      SmallReviews.configuration(), SmallReviews.set(SmallReviews.sample()))
    let rows = """
      summary,reviewText
      Excellent!,"I love it!
      The best I have ever owned."
      Terrible,It broke after two days. Avoid this!
      ,
      """
    var warnings: [String] = []
    let table = try Table(csv: rows, file: "new.csv")
    let predicted = try Table(
      bytes: model.predict(table) { warnings.append($0) }, file: "out.csv")
    #expect(
      predicted.header == [
        "summary", "reviewText", "rating", "rating_class", "p_1", "p_2", "p_3", "p_4", "p_5",
      ])
    #expect(warnings.count == 1 && warnings[0].contains("reviewerID, asin"))
    var ratings: [Float] = []
    for row in 0..<3 {
      let sum = try (1...5).reduce(Float(0)) { try $0 + predicted.column("p_\($1)").float(row) }
      #expect(abs(sum - 1) < 1e-3)
      ratings.append(try predicted.column("rating").float(row))
    }
    #expect(ratings[0] > ratings[1] + 1.5, "\(ratings)")
    #expect(predicted.string(row: 0, column: 1) == table.string(row: 0, column: 1))
    // A text alone is a row of which nothing else is known.
    let alone = try model.rate(text: "It broke after two days. Avoid this!")
    #expect(alone.expected < Double(ratings[0]) - 1 && alone.probabilities.count == 5)
    #expect(try model.rate(text: "").probabilities.allSatisfy { $0.value.isFinite })
    let long = (0..<10_000).map { _ in "love" }.joined(separator: " ")
    #expect(try model.rate(text: long).expected.isFinite)
    #expect(try model.rate(text: "太好了 👍").expected.isFinite)
    #expect(throws: TableError.self) {
      try model.predict(Table(csv: "reviewText,rating\nx,1\n")) { _ in }
    }
    let own = try model.preprocessing.scale.addedColumns(
      in: Table(csv: "text,rating\nx,1\n"), target: "rating")
    #expect(own.first == "rating_expected")
  }

  @Test func charactersAndTwoClasses() throws {
    let good = ["质量很好，很喜欢", "非常满意👍", "物流快，好用", "值得购买 good"]
    let bad = ["质量太差了", "退货！不好用", "很失望，垃圾", "坏的 bad"]
    var text = "cat,label,review\n"
    for row in 0..<240 {
      let label = (row * 7) % 3 == 0 ? 0 : 1
      let own = label == 1 ? good : bad
      text += "\(row % 4),\(label),\"\(own[row % 4])\(own[(row / 4) % 4])\"\n"
    }
    text += "1,1,\n2,0,\u{FEFF}坏的\n"
    let set = try SmallReviews.set(Table(csv: text))
    let (report, model, _) = try SmallReviews.train(SmallReviews.configuration(.characters), set)
    #expect(try #require(report.metrics["auc"]) > 0.95)
    #expect(report.subsets.isEmpty)
    #expect(
      try model.preprocessing.scale.addedColumns(in: Table(csv: "a\n1\n"), target: "b") == [
        "rating", "rating_class", "p_0", "p_1",
      ])
    #expect(try model.rate(text: "很好，很喜欢").expected > 0.5)
  }

  @Test func theSameBytesWithAnyNumberOfThreads() throws {
    let set = try SmallReviews.set(SmallReviews.sample(rows: 300))
    var configuration = SmallReviews.configuration()
    configuration.training.epochs = 1
    let one = try SmallReviews.train(configuration, set, threads: 1).files
    #expect(try SmallReviews.train(configuration, set, threads: 1).files == one)
    #expect(try SmallReviews.train(configuration, set, threads: 2).files == one)
    configuration.training.seed = 2
    #expect(try SmallReviews.train(configuration, set, threads: 2).files != one)
  }

  @Test func heldOutRowsAreReportedOnAndThenLearned() throws {
    let set = try SmallReviews.set(SmallReviews.sample(rows: 400))
    var configuration = SmallReviews.configuration()
    configuration.validation = 0.25
    configuration.training.epochs = 1
    let (report, model, _) = try SmallReviews.train(configuration, set)
    #expect(report.rows >= 98 && report.rows <= 102)
    #expect(model.preprocessing.trainedRows == 400)
    configuration.refit = false
    let kept = try SmallReviews.train(configuration, set)
    #expect(kept.model.preprocessing.trainedRows == 400 - report.rows)
    #expect(kept.report.metrics == report.metrics)
  }

  @Test func stoppedAndResumedEqualsUninterrupted() throws {
    let set = try SmallReviews.set(SmallReviews.sample(rows: 300))
    let configuration = SmallReviews.configuration()
    let whole = try SmallReviews.train(configuration, set).files
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-resume-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let backend = try CPUBackend(threads: 2)
    var result: RunResult?
    var sessions = 0
    while result == nil && sessions < 50 {
      var steps = 0
      let training = try ReviewsTraining(
        configuration, set: set, fingerprint: "test", on: backend, logger: Logger(label: "test"))
      training.shouldStop = {
        steps += 1
        return steps > 7
      }
      let run = try RunDirectory(folder, resuming: sessions > 0)
      if sessions == 0 {
        try AtomicFile.write(
          ConfigurationFile.yaml(of: training.configuration), to: run.configurationPath)
      }
      result = try training.train(in: run)
      sessions += 1
    }
    #expect(sessions > 3)
    let model = try #require(result?.model)
    for (name, bytes) in whole {
      #expect(try Data(contentsOf: URL(fileURLWithPath: "\(model)/\(name)")) == bytes, "\(name)")
    }
  }

  @Test func rowsWithoutARatingAreLeftOutAndTooFewAreAnError() throws {
    let backend = try CPUBackend(threads: 1)
    func training(_ csv: String) throws -> ReviewsTraining {
      let set = try SmallReviews.set(Table(csv: csv, file: "r.csv"))
      return try ReviewsTraining(
        SmallReviews.configuration(.words), set: set, fingerprint: "", on: backend,
        logger: Logger(label: "test"))
    }
    let rows = (0..<30).map { "good,\($0 % 2)\n" }.joined()
    _ = try training("text,rating\n" + rows + "no rating,\n")
    do {
      _ = try training("text,rating\ngood,1\nbad,0\n")
      Issue.record("two rows are enough")
    } catch {
      #expect("\(error)".contains("2 rows have a rating, 20 are needed"), "\(error)")
    }
  }

  @Test func settingsOutOfRangeAreNamed() throws {
    let set = try SmallReviews.set(SmallReviews.sample(rows: 60))
    func message(_ change: (inout ReviewsConfiguration) -> Void) throws -> String {
      var configuration = SmallReviews.configuration()
      change(&configuration)
      do {
        _ = try ReviewsTraining(
          configuration, set: set, fingerprint: "", on: CPUBackend(threads: 1),
          logger: Logger(label: "test"))
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(try message { $0.members = 9 }.contains("`members` is 9"))
    #expect(try message { $0.model.dropout = 1 }.contains("`model.dropout`"))
    #expect(try message { $0.model.tokens = 0 }.contains("`model.tokens`"))
    #expect(try message { $0.validation = -1 }.contains("`validation`"))
    #expect(try message { $0.task = "sales" }.contains("`task`"))
  }
}
