import Foundation
import Logging
import SluiceCPU
import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceSettings
import SluiceTables
import SluiceTraining
import Testing

@testable import SluiceTasks

/// The churn task as a whole, on tables with a known truth.
struct ChurnModelTests {
  /// A small network and a short training.
  static func small(_ change: (inout ChurnSettings) -> Void = { _ in }) -> ChurnSettings {
    var settings = ChurnTask.standard
    settings.batchSize = 64
    settings.ensemble.folds = 3
    settings.ensemble.shuffles = 1
    settings.model.hidden = 16
    settings.model.tokenSize = 16
    settings.model.head = 16
    settings.model.dropout = 0.2
    settings.model.inputDropout = 0.1
    settings.training.epochs = 6
    settings.training.learningRate = 1e-2
    change(&settings)
    return settings
  }

  /// Trains on a table and reads the model back from its folder.
  static func train(
    _ settings: ChurnSettings, _ csv: String, _ data: ChurnData = .init(), threads: Int = 2
  ) throws -> (report: EvaluationReport, model: TrainedModel<ChurnTask>, files: [Data]) {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-churn-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let backend = try CPUBackend(threads: threads)
    var settings = settings
    settings.data = data
    let run = TaskRun(
      try ChurnTask(Table(csv: csv), settings), fingerprint: "test", on: backend,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let result = try #require(try run.train(in: RunDirectory(folder.path, resuming: false)))
    #expect(result.strategy.allSatisfy { $0.contains("persistent") }, "\(result.strategy)")
    let files = try ["model.safetensors", "preprocessing.json", "config.yaml"].map {
      try Data(contentsOf: folder.appendingPathComponent("model/\($0)"))
    }
    return (
      try #require(result.validation), try TrainedModel(folder: result.model, on: backend), files
    )
  }

  private static func sample(_ count: Int, seed: UInt64) -> SampleChurn {
    var sample = SampleChurn(seed: seed)
    sample.customers = count
    return sample
  }

  /// The area under the ROC curve that the truth itself reaches.
  private static func ideal(_ sample: SampleChurn) -> Double {
    let rows = sample.rows()
    return RankingMetrics.areaUnderROC(
      scores: rows.map(\.score), isPositive: rows.map { $0.cells.last == "Yes" })
  }

  @Test func comesCloseToTheTruth() throws {
    let (report, model, _) = try Self.train(
      Self.small(), Self.sample(2000, seed: 1).csv())
    let other = Self.sample(1500, seed: 2)
    let scored = try model.evaluate(Table(csv: other.csv()))
    let area = try #require(scored.metrics["auc"])
    let ideal = Self.ideal(other)
    #expect(area > ideal - 0.03 && ideal < 0.95, "\(area) of \(ideal)")
    // What was said beforehand, by members that did not learn from each customer.
    #expect(abs(try #require(report.metrics["auc"]) - area) < 0.03)
    // Probabilities can be taken at their word, and the decision finds more than half.
    #expect(try #require(scored.metrics["calibration_error"]) < 0.06)
    let share = Double(other.rows().count { $0.cells.last == "Yes" }) / 1500
    #expect(try #require(scored.metrics["brier"]) < share * (1 - share) * 0.85)
    #expect(try #require(scored.metrics["f1"]) > 0.5)
    #expect(scored.rows == 1500)
    let lift = try #require(scored.breakdowns.first { $0.name == "lift" })
    #expect(lift.rows.count == 10 && lift.rows[0].values[4] > 1.8, "\(lift.rows)")
    #expect(scored.baselines.map(\.name) == ["logistic_regression"])
  }

  @Test func theSameBitsTwiceAndWithAnyNumberOfThreads() throws {
    let csv = Self.sample(300, seed: 3).csv()
    let settings = Self.small { $0.training.epochs = 2 }
    let files = try [1, 2, 2].map { threads in
      try Self.train(settings, csv, threads: threads).files
    }
    #expect(files[0] == files[1] && files[1] == files[2])
    let other = try Self.train(
      Self.small {
        $0.training.epochs = 2
        $0.training.seed = 2
      }, csv
    ).files
    #expect(other[0] != files[0][0])
  }

  /// Only `a` and `b` matter: they are the reasons, with the right signs, and noise is not.
  @Test func reasonsAreTheColumnsThatDecide() throws {
    var generator = PhiloxGenerator(RandomStream(seed: 5, stream: 1))
    func rows(_ count: Int) -> String {
      (0..<count).map { row in
        let a = ["low", "high"][generator.index(below: 2)]
        let b = generator.uniform()
        let noise = (0..<3).map { _ in ["x", "y", "z"][generator.index(below: 3)] }
        let score = (a == "high" ? 1.5 : -1.5) + 5 * (b - 0.5) + 2 * (generator.uniform() - 0.5)
        return "c\(row),\(noise[0]),\(a),\(noise[1]),\(b),\(noise[2]),\(score > 0 ? "yes" : "no")\n"
      }.joined()
    }
    let header = "id,n1,a,n2,b,n3,churn\n"
    let (_, model, _) = try Self.train(Self.small(), header + rows(1200))
    let table = try Table(csv: header + rows(300))
    let prediction = try model.predict(table, explains: true)
    let reasons = try #require(prediction.reasons)
    var strongest = 0
    var rightSign = 0
    var large = 0
    for (row, own) in reasons.enumerated() {
      #expect(own.count == 3)
      if ["a", "b"].contains(own[0].column) { strongest += 1 }
      guard let a = own.first(where: { $0.column == "a" }), abs(a.effect) > 0.05 else { continue }
      large += 1
      #expect(a.value == table.string(row: row, column: 2))
      if (a.effect > 0) == (a.value == "high") { rightSign += 1 }
    }
    #expect(strongest > 285 && large > 100 && rightSign > large * 95 / 100)
    #expect(prediction.columnNames.suffix(3) == ["reason_1", "reason_2", "reason_3"])
    let line = String(decoding: prediction.csv(), as: UTF8.self).split(separator: "\n")[1]
    #expect(line.contains("a=") && line.contains("(+0.") || line.contains("(-0."))
  }

  /// Values that no customer in training had, blanks where there were none, columns in another order.
  @Test func nothingInACellIsAnError() throws {
    let sample = Self.sample(400, seed: 4)
    let (_, model, _) = try Self.train(Self.small { $0.training.epochs = 2 }, sample.csv())
    let lines = sample.csv().split(separator: "\n").map {
      $0.split(separator: ",").map(String.init)
    }
    var odd = lines.prefix(6)
    for row in 1...5 {
      odd[row][5] = ["", "-7", "1e30", "many", "9999"][row - 1]
      odd[row][8] = ["", "Satellite", "Ünïcödé", " ", "\"a,b\""][row - 1]
    }
    let csv = odd.map { $0.reversed().joined(separator: ",") + "\n" }.joined()
    let prediction = try model.predict(Table(csv: csv), explains: true)
    #expect(prediction.probabilities.count == 5)
    #expect(prediction.probabilities.allSatisfy { $0 > 0 && $0 < 1 })
    // A column that is missing altogether is another file.
    let short = lines.prefix(3).map { $0.prefix(8).joined(separator: ",") + "\n" }.joined()
    let error = #expect(throws: TableError.self) {
      try model.predict(Table(csv: short, file: "s.csv"))
    }
    #expect(error?.place == "s.csv:1" && error?.what.contains("\"InternetService\"") == true)
  }

  /// What a prediction writes can be read again, also where the target has the decision's name.
  @Test func namesOfColumnsStayDistinct() throws {
    let csv = Self.sample(300, seed: 9).csv().replacingOccurrences(of: ",Churn\n", with: ",churn\n")
    let (_, model, _) = try Self.train(Self.small { $0.training.epochs = 1 }, csv)
    let prediction = try model.predict(Table(csv: csv))
    #expect(prediction.columnNames == ["churn_probability", "churn_predicted"])
    let written = try Table(csv: String(decoding: prediction.csv(), as: UTF8.self))
    #expect(try model.evaluate(written).rows == 300)
    let error = #expect(throws: TableError.self) { try model.predict(written) }
    #expect(error?.what.contains("\"churn_probability\"") == true)
    // Customers of whom nobody knows yet: there is nothing to keep apart.
    let unknown = csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).dropLast().joined(separator: ",")
    }
    let open = try model.predict(Table(csv: unknown.joined(separator: "\n")))
    #expect(open.columnNames == ["churn_probability", "churn"])
  }

  /// A table with columns that answers would add, as one has that was scored before.
  @Test func columnsOfAnswersMayBeInputs() throws {
    let lines = Self.sample(300, seed: 9).csv().split(separator: "\n")
    let csv = lines.enumerated().map { row, line in
      "\(line),\(row == 0 ? "churn_probability" : "0.\(row * 37 % 89)")\n"
    }.joined()
    let (_, model, _) = try Self.train(Self.small { $0.training.epochs = 1 }, csv)
    #expect(model.fitted.columns.inputs.map(\.name).contains("churn_probability"))
    let prediction = try model.predict(Table(csv: csv))
    #expect(prediction.columnNames == ["churn_probability_predicted", "churn"])
    let again = try Table(csv: String(decoding: prediction.csv(), as: UTF8.self))
    #expect(throws: TableError.self) { try model.predict(again) }
  }

  /// Weights that are no numbers, in a folder whose checksums are right.
  @Test func unsoundWeightsAreRefused() throws {
    let (_, model, _) = try Self.train(
      Self.small { $0.training.epochs = 1 }, Self.sample(200, seed: 9).csv())
    let weights = model.networks[0].parameters.weights
    var values: [Float] = try model.backend.read(weights)
    for (value, part) in [(Float.nan, "no numbers"), (3e38, "not finite")] {
      for index in values.indices { values[index] = value }
      try model.backend.write(values, to: weights)
      let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("sluice-unsound-\(UUID().uuidString)").path
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try Folder.replace(folder, with: model.files())
      let error = #expect(throws: ModelError.self) {
        try TrainedModel<ChurnTask>(folder: folder, on: model.backend)
          .predict(Table(csv: Self.sample(20, seed: 3).csv()))
      }
      #expect(error?.what.contains(part) == true, "\(String(describing: error))")
    }
  }

  @Test func weightedTrainingStaysHonest() throws {
    let csv = Self.sample(1500, seed: 6).csv()
    let weighted = Self.small {
      $0.decision.positiveWeight = 4
      $0.decision.threshold = 0.5
    }
    let (report, model, _) = try Self.train(weighted, csv)
    #expect(model.fitted.threshold == 0.5)
    #expect(try #require(report.metrics["calibration_error"]) < 0.06)
  }

  @Test func heldOutCustomersAreReportedOn() throws {
    let csv = Self.sample(600, seed: 7).csv()
    let settings = Self.small {
      $0.validation = 0.25
      $0.training.epochs = 2
    }
    let (report, model, _) = try Self.train(settings, csv)
    #expect((149...151).contains(report.rows))
    #expect(model.fitted.customers == 600)
    let (same, kept, _) = try Self.train(
      Self.small {
        $0.validation = 0.25
        $0.training.epochs = 2
        $0.refit = false
      }, csv)
    #expect(same.metrics == report.metrics)
    #expect(kept.fitted.customers == 600 - report.rows)
  }

  @Test func tooFewOfAKindAreAnError() throws {
    var lines = Self.sample(40, seed: 8).csv().split(separator: "\n").map(String.init)
    for row in 1...40 {
      lines[row] = lines[row].replacingOccurrences(
        of: ",(Yes|No)$", with: row < 3 ? ",Yes" : ",No", options: .regularExpression)
    }
    let csv = lines.joined(separator: "\n") + "\n"
    let error = #expect(throws: TableError.self) {
      try ChurnTask(Table(csv: csv, file: "few.csv"), Self.small())
    }
    #expect(error?.place == "few.csv" && error?.remedy.contains("`ensemble.folds`") == true)
    #expect(error?.what.contains("2 customers are gone and 38 stayed") == true)
  }

  /// What is left out and what tells too much is said before the training begins.
  @Test func theUserIsToldOfTheColumns() throws {
    let csv =
      "id,plan,same,known,churn\n"
      + (0..<90).map { row in
        "c\(row),\(row % 4),x,\(row % 3),\(row < 2 ? "" : row % 3 == 0 ? "yes" : "no")\n"
      }.joined()
    let task = try ChurnTask(Table(csv: csv), Self.small { $0.data.ignore = ["plan"] })
    #expect(task.rows == Array(2..<90))
    #expect(task.settings.data.target == "churn" && task.settings.data.positive == "yes")
    #expect(task.settings.data.id == ["id"] && task.unusedColumns == ["plan", "same"])
    #expect(task.summary.contains("88 customers, 29 of them"))
    // Not of what was asked for.
    let said = task.remarks.map { remark in
      switch remark {
      case .note(let text): ("note", text)
      case .warning(let text): ("warning", text)
      }
    }
    #expect(said.map(\.0) == ["note", "warning", "warning"])
    for (text, part) in zip(said.map(\.1), ["\"same\"", "\"known\"", "2 customers"]) {
      #expect(text.contains(part))
    }
    #expect(said.contains { $0.1.contains("`data.ignore: ") })
  }

  /// The answers as they are written and shown.
  @Test func answersShowTheLikeliest() throws {
    let csv = Self.sample(300, seed: 10).csv()
    let (_, model, _) = try Self.train(Self.small { $0.training.epochs = 2 }, csv)
    var options = ChurnTask.PredictionOptions()
    options.explain = true
    let table = try Table(csv: Self.sample(40, seed: 11).csv())
    let answers = try ChurnTask.predict(model, for: table, options)
    let prediction = try model.predict(table, explains: true)
    #expect(answers.csv == prediction.csv() && answers.count == 40 && answers.preview.count == 8)
    #expect(answers.preview[0].prefix(3) == ["customerID", "churn_probability", "churn"])
    #expect(answers.preview.allSatisfy { $0.count == 6 })
    let shown = answers.preview.dropFirst().compactMap { Double($0[1]) }
    #expect(shown.count == 7 && shown == shown.sorted(by: >))
    #expect(shown.first.map { abs($0 - (prediction.probabilities.max() ?? 0)) < 1e-6 } == true)
    let gone = prediction.probabilities.count { $0 >= model.fitted.threshold }
    #expect(answers.remark.hasPrefix("\(gone) "))
    #expect(answers.remark.contains(DecimalText.of(model.fitted.threshold, places: 3)))
    let error = #expect(throws: SettingError.self) {
      try ChurnTask.predict(model, for: nil, options)
    }
    #expect(error?.setting == "data.path")
    // Another threshold than the model's: the same ranks, other decisions.
    var all = ChurnTask.EvaluationOptions()
    all.threshold = 0
    let decided = try ChurnTask.evaluate(model, on: table, all)
    let own = try model.evaluate(table)
    #expect(decided.metrics["auc"] == own.metrics["auc"])
    let confusion = try #require(decided.breakdowns.first { $0.name == "confusion" })
    #expect(confusion.rows.allSatisfy { $0.values[0] == 0 })
    #expect(decided.metrics["accuracy"] != own.metrics["accuracy"])
  }

  @Test func whatCannotBeRightIsDamage() throws {
    let csv = Self.sample(120, seed: 12).csv()
    let (_, model, _) = try Self.train(Self.small { $0.training.epochs = 1 }, csv)
    let damages: [(String, (inout ChurnPreprocessing) -> Void)] = [
      ("`encoders`", { $0.encoders.removeLast() }),
      ("`encoders`", { $0.encoders[0].kind = .date }),
      (
        "`columns`",
        {
          $0.columns.time = "tenure"; $0.columns.identifiers = []
        }
      ),
      ("`calibration`", { $0.calibration.temperature = 0 }),
      ("`threshold`", { $0.threshold = .nan }),
      (
        "`baseline`",
        {
          $0.baseline = LogisticRegression(
            fittedTo: SparseRows(columnCount: 0), labels: [], classCount: 2)
        }
      ),
    ]
    for (part, damage) in damages {
      var fitted = model.fitted
      damage(&fitted)
      let error = #expect(throws: Damage.self) { try fitted.check(model.settings) }
      #expect(error?.part == part)
    }
  }

  /// Part of a batch has the customers and the hidden cells of the whole.
  @Test func aBatchCanBeShortened() {
    let sampler = ChurnSampler(
      customers: Array(100..<150), lengths: [Int](repeating: 1, count: 50), inputs: 3,
      batchSize: 20, microBatches: 1, unknownRate: 0.4, seed: 3)
    let whole = sampler.draw(step: 1, microBatch: 0)
    let part = whole.limited(to: 7)
    #expect(whole.count == 20 && part.count == 7 && part.customers == Array(whole.customers[..<7]))
    var hidden = 0
    for customer in 0..<7 {
      for input in 0..<3 {
        #expect(part.isHidden(customer, input) == whole.isHidden(customer, input))
        hidden += part.isHidden(customer, input) ? 1 : 0
      }
    }
    #expect(hidden > 0 && hidden < 21)
    #expect(sampler.draw(step: 1, microBatch: 0).customers == whole.customers)
    #expect(sampler.draw(step: 2, microBatch: 0).customers != whole.customers)
    let open = ChurnSampler(
      customers: [5], lengths: [1], inputs: 3, batchSize: 4, microBatches: 1, unknownRate: 0,
      seed: 3)
    #expect(open.batchSize == 1 && !open.draw(step: 0, microBatch: 0).isHidden(0, 2))
  }

  @Test func keysAndFlagsOfTheSettings() throws {
    let schema = SettingsSchema(of: ChurnSettings.self)
    let flags = Dictionary(uniqueKeysWithValues: schema.flags.map { ($0.flag, $0.path) })
    #expect(
      flags == [
        "data": "data.path", "target": "data.target", "positive": "data.positive", "id": "data.id",
        "time": "data.time", "ignore": "data.ignore", "validation": "validation",
        "no-refit": "refit", "batch-size": "batch_size", "threshold": "decision.threshold",
        "positive-weight": "decision.positive_weight", "hidden": "model.hidden",
        "cell": "model.cell",
        "layers": "model.layers", "seed": "training.seed", "epochs": "training.epochs",
        "learning-rate": "training.learning_rate",
      ])
    func settings(_ flags: (path: String, text: String)...) throws -> ChurnSettings {
      try SettingsReader<ChurnSettings>([.flags(flags)]).settings(over: ChurnTask.standard)
    }
    #expect(try settings(("decision.threshold", "0.9")).decision.threshold == 0.9)
    #expect(try settings(("decision.threshold", "auto")).decision.threshold == nil)
    #expect(try settings(("data.id", "a, b")).data.id == ["a", "b"])
    #expect(try settings(("data.ignore", "")).data.ignore == [])
    for (path, text) in [
      ("decision.threshold", "1.5"), ("decision.threshold", "best"), ("validation", "1"),
      ("decision.positive_weight", "-1"), ("model.hidden", "0"), ("batch_size", "0"),
    ] {
      let error = #expect(throws: SettingError.self) { try settings((path, text)) }
      #expect(error?.setting == path && error?.source != nil)
    }
    for line in ["ensemble: {folds: 1}", "model: {unknown_rate: 1}", "model: {history: 0}"] {
      let error = #expect(throws: SettingError.self) {
        try SettingsReader<ChurnSettings>(line, name: "c.yaml").settings(over: ChurnTask.standard)
      }
      #expect(error?.place?.hasPrefix("c.yaml:1:") == true)
    }
  }
}

extension TrainedModel<ChurnTask> {
  func evaluate(_ table: Table) throws -> EvaluationReport {
    try ChurnTask.evaluate(self, on: table, ChurnTask.EvaluationOptions())
  }
}
