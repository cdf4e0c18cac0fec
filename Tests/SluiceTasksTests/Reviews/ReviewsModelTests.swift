import Foundation
import Logging
import SluiceCPU
import SluiceCompute
import SluiceSettings
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
    var settings = SmallReviews.settings()
    settings.model.embedding = 64
    settings.model.pairs = pairs
    settings.model.embeddingDropout = dropout
    let run = try SmallReviews.run(
      settings, SmallReviews.set(SmallReviews.sample(rows: 60)), threads: 1)
    let plan = try #require(try run.makeFirstPhase().plans.first?.plan)
    #expect(plan.folding == (obstacle.isEmpty ? RecurrentPlan.Folding.upTo(share: 0.5) : .never))
    #expect(plan.reason.contains(obstacle) || obstacle.isEmpty)
  }

  @Test func learnsRatingsAndScoresNewRows() throws {
    let (report, model, _) = try SmallReviews.train(
      SmallReviews.settings(), SmallReviews.set(SmallReviews.sample()))
    let accuracy = try #require(report.metrics["accuracy"])
    let majority = try #require(
      report.baselines.first { $0.name == "majority" }?.metrics["accuracy"])
    #expect(accuracy > majority + 0.2, "\(accuracy) beside \(majority)")
    #expect(report.baselines.map(\.name) == ["majority", "bag_of_words"])
    // Two of four folds.
    #expect(report.rows == 300 && report.subsets.map(\.name) == ["seen", "unseen"])

    let other = try SmallReviews.sample(rows: 300, seed: 9)
    let evaluated = try ReviewsTask.evaluate(model, on: other, NoOptions())
    let metrics = evaluated.metrics
    for name in ["accuracy", "macro_f1", "rmse", "mae", "log_loss", "calibration_error"] {
      #expect(metrics[name] != nil, "\(name)")
    }
    #expect(try #require(metrics["rmse"]) < 0.8)
    #expect(evaluated.rows == 300 && evaluated.subsets.reduce(0) { $0 + $1.rows } == 300)
  }

  /// A network that has learned nothing is no reason to say less than the linear model beside it.
  @Test func noModelIsBelowItsOwnBaseline() throws {
    var settings = SmallReviews.settings(.words)
    settings.training.epochs = 1
    settings.training.learningRate = 1e-6
    let (report, model, _) = try SmallReviews.train(
      settings, SmallReviews.set(SmallReviews.sample()))
    #expect(report.notes.contains { $0.contains("blended") && $0.contains("bag of words") })
    let blend = try #require(model.fitted.blend)
    #expect(blend.networkShare < 0.2, "\(blend)")
    for report in [
      report,
      try ReviewsTask.evaluate(model, on: SmallReviews.sample(rows: 300, seed: 9), NoOptions()),
    ] {
      let own = try #require(report.metrics["log_loss"])
      let baseline = try #require(
        report.baselines.first { $0.name == "bag_of_words" }?.metrics["log_loss"])
      #expect(own < baseline + 0.01, "\(own) beside \(baseline)")
      #expect(try #require(report.metrics["calibration_error"]) < 0.1)
    }
  }

  @Test func predictionsAddColumnsAndSumToOne() throws {
    let (_, model, _) = try SmallReviews.train(
      SmallReviews.settings(), SmallReviews.set(SmallReviews.sample()))
    let rows = """
      summary,reviewText
      Excellent!,"I love it!
      The best I have ever owned."
      Terrible,It broke after two days. Avoid this!
      ,
      """
    let table = try Table(csv: rows, file: "new.csv")
    let answers = try ReviewsTask.predict(model, for: table, .init())
    #expect(answers.count == 3)
    let predicted = try Table(bytes: #require(answers.csv), file: "out.csv")
    #expect(
      predicted.header == [
        "summary", "reviewText", "rating", "rating_class", "p_1", "p_2", "p_3", "p_4", "p_5",
      ])
    #expect(answers.warnings.count == 1 && answers.warnings[0].contains("reviewerID, asin"))
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
      try ReviewsTask.predict(model, for: Table(csv: "reviewText,rating\nx,1\n"), .init())
    }
    let own = try model.fitted.scale.addedColumns(
      in: Table(csv: "text,rating\nx,1\n"), known: ["rating"])
    #expect(own.first == "rating_expected")
  }

  /// One text is rated as the only row of a table is that holds nothing else, and not beside one.
  @Test func aTextIsRatedAsARowOfItsOwn() throws {
    var settings = SmallReviews.settings()
    settings.training.epochs = 1
    settings.members = 1
    let (_, model, _) = try SmallReviews.train(
      settings, SmallReviews.set(SmallReviews.sample(rows: 200)))
    for text in ["It broke, \"really\".\nAvoid this! ", "", "太好了 👍", "love"] {
      var writer = CSVWriter()
      writer.append(["reviewText"])
      writer.append([text])
      let table = try Table(bytes: writer.bytes, file: "one.csv", separator: UInt8(ascii: ","))
      let row = try ReviewSet(table, columns: model.fitted.columns, for: .prediction)
      let alone = ReviewSet(text: text, columns: model.fitted.columns)
      #expect(Array(alone.texts[0]) == Array(row.texts[0]))
      #expect(
        try model.probabilities(alone, rows: [0]) == model.probabilities(row, rows: [0]), "\(text)")
      var options = ReviewsTask.PredictionOptions()
      options.text = text
      let answers = try ReviewsTask.predict(model, for: nil, options)
      #expect(try answers.lines == model.rate(text: text).lines)
      #expect(answers.csv == nil)
      let both = #expect(throws: SettingError.self) {
        try ReviewsTask.predict(model, for: table, options)
      }
      #expect(both?.setting == "text")
    }
    let neither = #expect(throws: SettingError.self) {
      try ReviewsTask.predict(model, for: nil, .init())
    }
    #expect(neither?.setting == "text")
  }

  /// Parts that do not fit each other are refused when they are read.
  @Test func aDamagedModelIsNamed() throws {
    var settings = SmallReviews.settings()
    settings.training.epochs = 1
    let (_, model, _) = try SmallReviews.train(
      settings, SmallReviews.set(SmallReviews.sample(rows: 200)))
    let fitted = model.fitted
    try fitted.check(model.settings)
    func part(_ change: (inout ReviewsPreprocessing) -> Void) -> String? {
      var other = fitted
      change(&other)
      let error = #expect(throws: Damage.self) { try other.check(model.settings) }
      return error?.part
    }
    #expect(part { $0.scale = RatingScale(values: [2, 1]) } == "`scale`")
    #expect(part { $0.decision = RatingDecision(priors: [0.5, 0.5], tau: 0) } == "`decision`")
    #expect(part { $0.encoders.removeLast() } == "`encoders`")
    #expect(part { $0.blend = RatingBlend(networkShare: 2) } == "`blend`")
    #expect(part { $0.blend = RatingBlend(networkShare: 1, temperature: 0) } == "`blend`")
    #expect(part { $0.columns.user = nil } == "`encoders`")
    #expect(part { $0.columns.numbers = ["age"] } == "`encoders`")
    #expect(part { $0.columns.categories = ["brand"] } == "`encoders`")
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
    let (report, model, _) = try SmallReviews.train(SmallReviews.settings(.characters), set)
    #expect(try #require(report.metrics["auc"]) > 0.95)
    #expect(report.subsets.isEmpty)
    #expect(
      try model.fitted.scale.addedColumns(in: Table(csv: "a\n1\n"), known: ["b"]) == [
        "rating", "rating_class", "p_0", "p_1",
      ])
    #expect(try model.rate(text: "很好，很喜欢").expected > 0.5)
  }

  @Test func theSameBytesWithAnyNumberOfThreads() throws {
    let set = try SmallReviews.set(SmallReviews.sample(rows: 300))
    var settings = SmallReviews.settings()
    settings.training.epochs = 1
    let one = try SmallReviews.train(settings, set, threads: 1).files
    #expect(try SmallReviews.train(settings, set, threads: 1).files == one)
    #expect(try SmallReviews.train(settings, set, threads: 2).files == one)
    settings.training.seed = 2
    #expect(try SmallReviews.train(settings, set, threads: 2).files != one)
  }

  @Test func heldOutRowsAreReportedOnAndThenLearned() throws {
    let set = try SmallReviews.set(SmallReviews.sample(rows: 400))
    var settings = SmallReviews.settings()
    settings.validation = 0.25
    settings.training.epochs = 1
    let (report, model, _) = try SmallReviews.train(settings, set)
    #expect(report.rows >= 98 && report.rows <= 102)
    #expect(model.fitted.trainedRows == 400)
    settings.refit = false
    let kept = try SmallReviews.train(settings, set)
    #expect(kept.model.fitted.trainedRows == 400 - report.rows)
    #expect(kept.report.metrics == report.metrics)
  }

  @Test func stoppedAndResumedEqualsUninterrupted() throws {
    let set = try SmallReviews.set(SmallReviews.sample(rows: 300))
    let settings = SmallReviews.settings()
    let whole = try SmallReviews.train(settings, set).files
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-resume-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var result: RunResult?
    var sessions = 0
    while result == nil && sessions < 50 {
      var steps = 0
      let training = try SmallReviews.run(settings, set)
      training.shouldStop = {
        steps += 1
        return steps > 7
      }
      let run = try RunDirectory(folder, resuming: sessions > 0)
      if sessions == 0 {
        try AtomicFile.write(
          SettingsText.yaml(of: training.task.settings), to: run.configurationPath)
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
    func task(_ csv: String) throws -> ReviewsTask {
      try ReviewsTask(
        SmallReviews.set(Table(csv: csv, file: "r.csv")), SmallReviews.settings(.words))
    }
    let rows = (0..<30).map { "good,\($0 % 2)\n" }.joined()
    let most = try task("text,rating\n" + rows + "no rating,\n")
    #expect(most.rows == Array(0..<30) && most.classes[30] == -1)
    guard case .warning(let text)? = most.remarks.first else {
      Issue.record("nothing is said of the row without a rating")
      return
    }
    #expect(text.contains("1 rows") && text.contains("rating"))
    let different = (0..<30).map { "good \($0),\($0 % 2)\n" }.joined()
    #expect(try task("text,rating\n" + different).remarks.isEmpty)
    let few = try #require(throws: TableError.self) { try task("text,rating\ngood,1\nbad,0\n") }
    #expect(few.place == "r.csv" && few.what.contains("2 rows") && few.what.contains("20"))
  }

  @Test func settingsOutOfRangeAreNamed() throws {
    let set = try SmallReviews.set(SmallReviews.sample(rows: 60))
    func setting(_ change: (inout ReviewsSettings) -> Void) -> String? {
      var settings = SmallReviews.settings()
      change(&settings)
      return #expect(throws: SettingError.self) { try ReviewsTask(set, settings) }?.setting
    }
    #expect(setting { $0.members = 9 } == "members")
    #expect(setting { $0.members = 0 } == "members")
    #expect(setting { $0.folds = 1 } == "folds")
    #expect(setting { $0.batchSize = 0 } == "batch_size")
    #expect(setting { $0.model.dropout = 1 } == "model.dropout")
    #expect(setting { $0.model.tokens = 0 } == "model.tokens")
    #expect(setting { $0.model.ordinal = 2 } == "model.ordinal")
    #expect(setting { $0.model.wide.scale = .nan } == "model.wide.scale")
    #expect(setting { $0.model.wide.learningRateScale = -1 } == "model.wide.learning_rate_scale")
    #expect(setting { $0.model.side.unknownRate = 1 } == "model.side.unknown_rate")
    #expect(setting { $0.validation = -1 } == "validation")
    #expect(setting { $0.training.epochs = 0 } == "training.epochs")
  }

  @Test func settingsOfAnotherTaskAndOfTheHistoryAreRefused() throws {
    func error(_ yaml: String) throws -> SettingError {
      try #require(throws: SettingError.self) {
        try SettingsReader<ReviewsSettings>(yaml, name: "c.yaml")
          .settings(over: ReviewsTask.standard)
      }
    }
    #expect(try error("mode: history").setting == "mode")
    let recipe = try error("members: 1\nrecipe: history")
    #expect(recipe.setting == "recipe" && recipe.place == "c.yaml:2:9")
    #expect(recipe.what.contains("people"))
  }
}
