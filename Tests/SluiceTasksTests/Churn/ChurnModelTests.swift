import Foundation
import Logging
import SluiceCPU
import SluiceCompute
import SluiceNN
import SluiceTraining
import Testing

@testable import SluiceTasks
import SluiceTables

/// The churn task as a whole, on tables with a known truth.
struct ChurnModelTests {
  /// A small network and a short training.
  static func small(_ change: (inout ChurnConfiguration) -> Void = { _ in }) -> ChurnConfiguration {
    var configuration = ChurnConfiguration.standard
    configuration.batchSize = 64
    configuration.ensemble.folds = 3
    configuration.ensemble.shuffles = 1
    configuration.model.hidden = 16
    configuration.model.tokenSize = 16
    configuration.model.head = 16
    configuration.model.dropout = 0.2
    configuration.model.inputDropout = 0.1
    configuration.training.epochs = 6
    configuration.training.learningRate = 1e-2
    change(&configuration)
    return configuration
  }

  /// Trains on a table and reads the model back from its folder.
  static func train(
    _ configuration: ChurnConfiguration, _ csv: String, _ request: ChurnColumnRequest = .init(),
    threads: Int = 2
  ) throws -> (report: EvaluationReport, model: ChurnModel, files: [Data]) {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-churn-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let backend = try CPUBackend(threads: threads)
    let table = try Table(csv: csv)
    let training = try ChurnTraining(
      configuration, table: table, columns: ChurnColumns.find(in: table, request),
      fingerprint: "test", on: backend,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let result = try #require(
      try training.train(in: RunDirectory(folder.path, resuming: false)))
    #expect(result.strategy.allSatisfy { $0.contains("persistent") }, "\(result.strategy)")
    let files = try ["model.safetensors", "preprocessing.json", "config.yaml"].map {
      try Data(contentsOf: folder.appendingPathComponent("model/\($0)"))
    }
    return (
      try #require(result.validation), try ChurnModel(folder: result.model, on: backend), files
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
    let configuration = Self.small { $0.training.epochs = 2 }
    let files = try [1, 2, 2].map { threads in
      try Self.train(configuration, csv, threads: threads).files
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
    #expect {
      _ = try model.predict(Table(csv: short, file: "s.csv"))
    } throws: { "\($0)".contains("s.csv:1: there is no column \"InternetService\"") }
  }

  /// What a prediction writes can be read again, also where the target has the decision's name.
  @Test func namesOfColumnsStayDistinct() throws {
    let csv = Self.sample(300, seed: 9).csv().replacingOccurrences(of: ",Churn\n", with: ",churn\n")
    let (_, model, _) = try Self.train(Self.small { $0.training.epochs = 1 }, csv)
    let prediction = try model.predict(Table(csv: csv))
    #expect(prediction.columnNames == ["churn_probability", "churn_predicted"])
    let written = try Table(csv: String(decoding: prediction.csv(), as: UTF8.self))
    #expect(try model.evaluate(written).rows == 300)
    #expect { _ = try model.predict(written) } throws: {
      "\($0)".contains("there is a column \"churn_probability\" already")
    }
    // Customers of whom nobody knows yet: there is nothing to keep apart.
    let unknown = csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).dropLast().joined(separator: ",")
    }
    let open = try model.predict(Table(csv: unknown.joined(separator: "\n")))
    #expect(open.columnNames == ["churn_probability", "churn"])
  }

  @Test func weightedTrainingStaysHonest() throws {
    let csv = Self.sample(1500, seed: 6).csv()
    let weighted = Self.small {
      $0.decision.positiveWeight = 4
      $0.decision.threshold = 0.5
    }
    let (report, model, _) = try Self.train(weighted, csv)
    #expect(model.preprocessing.threshold == 0.5)
    #expect(try #require(report.metrics["calibration_error"]) < 0.06)
  }

  @Test func heldOutCustomersAreReportedOn() throws {
    let csv = Self.sample(600, seed: 7).csv()
    let configuration = Self.small {
      $0.validation = 0.25
      $0.training.epochs = 2
    }
    let (report, model, _) = try Self.train(configuration, csv)
    #expect((149...151).contains(report.rows))
    #expect(model.preprocessing.customers == 600)
    let (same, kept, _) = try Self.train(
      Self.small {
        $0.validation = 0.25
        $0.training.epochs = 2
        $0.refit = false
      }, csv)
    #expect(same.metrics == report.metrics)
    #expect(kept.preprocessing.customers == 600 - report.rows)
  }

  @Test func tooFewOfAKindAreAnError() throws {
    var lines = Self.sample(40, seed: 8).csv().split(separator: "\n").map(String.init)
    for row in 1...40 {
      lines[row] = lines[row].replacingOccurrences(
        of: ",(Yes|No)$", with: row < 3 ? ",Yes" : ",No", options: .regularExpression)
    }
    let csv = lines.joined(separator: "\n") + "\n"
    #expect {
      _ = try Self.train(Self.small(), csv)
    } throws: { "\($0)".contains("2 customers are gone and 38 stayed") }
  }
}
