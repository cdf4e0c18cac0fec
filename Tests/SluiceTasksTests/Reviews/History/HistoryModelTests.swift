import Foundation
import SluiceCPU
import SluiceCompute
import Testing

@testable import SluiceTasks
import SluiceTables

/// Ratings by history as a whole, on generated ratings whose truth is known.
struct HistoryModelTests {
  /// A rating falls with the one before it, which no bias of a user or an item can tell.
  @Test func whatTheLastRatingTellsIsFoundWhereBiasesSeeNothing() throws {
    let set = try SmallHistory.set(SmallHistory.sample())
    let trained = try SmallHistory.train(SmallHistory.configuration(), set)
    let rmse = try #require(trained.report.metrics["rmse"])
    let accuracy = try #require(trained.report.metrics["accuracy"])
    for name in ["majority", "biases", "running_biases"] {
      let baseline = try #require(trained.report.baselines.first { $0.name == name })
      let other = try #require(baseline.metrics["rmse"])
      #expect(rmse < 0.75 * other, "\(rmse) beside \(other) of \(name)")
      #expect(accuracy > (baseline.metrics["accuracy"] ?? 1) + 0.1)
    }
    // Noise and rounding alone are 0.54.
    #expect(rmse < 0.68, "\(rmse)")
  }

  @Test func theReportOfATrainingIsThatOfAnEvaluation() throws {
    let set = try SmallHistory.set(SmallHistory.sample())
    let trained = try SmallHistory.train(SmallHistory.quick(), set)
    let again = try trained.model.evaluate(set)
    #expect(again.metrics == trained.report.metrics)
    #expect(again.subsets.map(\.rows) == trained.report.subsets.map(\.rows))
    #expect(again.subsets.first == trained.report.subsets.first)
    #expect(again.baselines == trained.report.baselines)
    #expect(again.rows == trained.report.rows)
    #expect(again.rows < set.count / 4 && again.rows > set.count / 20)
  }

  @Test(arguments: [1, 2]) func theSameBitsWithAnyNumberOfThreads(threads: Int) throws {
    let set = try SmallHistory.set(SmallHistory.sample(users: 60))
    var configuration = SmallHistory.configuration()
    configuration.training.epochs = 1
    let first = try SmallHistory.train(configuration, set, threads: threads)
    let second = try SmallHistory.train(configuration, set, threads: 2)
    #expect(first.files == second.files)
  }

  @Test func aRunThatWasStoppedThreeTimesEndsInTheSameBytes() throws {
    let set = try SmallHistory.set(SmallHistory.sample(users: 60))
    var configuration = SmallHistory.configuration()
    configuration.training.epochs = 1
    let whole = try SmallHistory.train(configuration, set)
    let stopped = try SmallHistory.train(configuration, set, stops: [7, 60, 31])
    #expect(whole.files == stopped.files)
    #expect(whole.report.metrics == stopped.report.metrics)
  }

  /// Nothing that comes later may reach an earlier prediction.
  @Test func aLaterRatingChangesNoEarlierPrediction() throws {
    let set = try SmallHistory.set(SmallHistory.sample())
    let model = try SmallHistory.train(SmallHistory.quick(), set).model
    let header = "user_id,item_id,rating,timestamp\n"
    func rows(_ last: Int) -> String {
      header
        + """
        U1,B1,4,1700000000
        U2,B1,2,1700000100
        U1,B2,5,1700000200
        U2,B3,3,1700000300
        U1,B3,1,1700000400
        U2,B2,\(last),1700000500
        U2,B2,5,1700000600
        U3,B2,5,1700000700
        U4,B9,5,1700000700

        """
    }
    let low = try SmallHistory.predictions(model, Table(csv: rows(1)))
    let high = try SmallHistory.predictions(model, Table(csv: rows(5)))
    // The row itself is predicted before its rating is looked at.
    #expect(low[..<6] == high[..<6])
    #expect(low[6] != high[6], "the next rating of the user does depend on it")
    #expect(low[7] != high[7], "the next rating of the item too")
    #expect(low[8] == high[8], "another item of another user does not")
    // Nor does the order in which the file has them, as long as the times differ.
    let lines = rows(5).split(separator: "\n")
    let turned = ([lines[0]] + lines[1...7].reversed() + lines[8...]).joined(separator: "\n")
    let reversed = try SmallHistory.predictions(model, Table(csv: turned))
    #expect(Array(reversed[..<7].reversed()) == Array(high[..<7]))
  }

  @Test func aFolderOfTheOtherModeIsNamed() throws {
    let set = try SmallHistory.set(SmallHistory.sample())
    let model = try SmallHistory.train(SmallHistory.quick(), set).model
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-mode-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for file in try model.files() {
      try Data(file.bytes).write(to: folder.appendingPathComponent(file.name))
    }
    let backend = try CPUBackend(threads: 1)
    let error = #expect(throws: ModelError.self) {
      _ = try ReviewsModel(folder: folder.path, on: backend)
    }
    #expect(error?.description.contains("rates by history") == true)
    _ = try HistoryModel(folder: folder.path, on: backend)
  }

  @Test func rowsOfOneMomentKeepTheOrderOfTheFile() throws {
    let set = try SmallHistory.set(SmallHistory.sample())
    let model = try SmallHistory.train(SmallHistory.quick(), set).model
    let text = """
      user_id,item_id,rating,timestamp
      U1,B1,1,1700000000
      U1,B2,,1700000000
      U1,B2,5,1700000000
      U1,B2,,1700000000

      """
    let answers = try SmallHistory.predictions(model, Table(csv: text))
    #expect(answers[1] == answers[2], "both come behind the 1 alone")
    #expect(answers[3] != answers[2], "and this one behind the 5 too")
  }

  @Test func strangersAreRatedAndScoredApart() throws {
    var sample = SampleHistory(seed: 2)
    sample.users = 100
    sample.items = 20
    let lines = sample.csv().split(separator: "\n")
    // The last rows are by others, of other things.
    let cut = lines.count * 19 / 20
    let strange = lines[cut...].map {
      $0.replacingOccurrences(of: "U", with: "N").replacingOccurrences(of: "B1,", with: "X,")
    }
    let table = try Table(csv: (lines[..<cut].map(String.init) + strange).joined(separator: "\n"))
    let trained = try SmallHistory.train(SmallHistory.quick(), SmallHistory.set(table))
    let counts = trained.report.subsets.map { ($0.name, $0.rows) }
    let seen = try #require(counts.first { $0.0 == "seen" }).1
    let unseen = try #require(counts.first { $0.0 == "unseen" }).1
    let items = try #require(counts.first { $0.0 == "unseen_items" }).1
    #expect(seen > 0 && unseen >= lines.count - cut && seen + unseen == trained.report.rows)
    #expect(items > 0 && items < unseen)
    var warnings: [String] = []
    let rows = "user_id,item_id,timestamp\nnobody,nothing,1700000000\n,,1700000000\n"
    let answer = try trained.model.predict(Table(csv: rows)) { warnings.append($0) }
    #expect(warnings.count == 2)
    let added = try Table(bytes: answer, file: "answer").column("rating")
    #expect(try added.double(0) == added.double(1), "a nameless one is a new one")
    #expect((1...5).contains(try added.double(0)))
  }

  @Test func ratingsOfTwoKindsHaveAnArea() throws {
    let text = try SmallHistory.sample(users: 60)
    var rows = ["user_id,item_id,rating,timestamp"]
    for row in 0..<text.rowCount {
      let cells = (0..<4).map { text.string(row: row, column: $0) }
      rows.append("\(cells[0]),\(cells[1]),\(cells[2] > "2" ? 1 : 0),\(cells[3])")
    }
    let set = try SmallHistory.set(Table(csv: rows.joined(separator: "\n")))
    var configuration = SmallHistory.configuration()
    configuration.refit = false
    let report = try SmallHistory.train(configuration, set).report
    let area = try #require(report.metrics["auc"])
    let biases = try #require(report.baselines.first { $0.name == "biases" }?.metrics["auc"])
    #expect(area > 0.75 && area > biases + 0.1, "\(area) beside \(biases)")
  }

  /// Without rows held out, each network is reported on by those that it left out.
  @Test func aReportWithoutAnythingHeldOut() throws {
    let set = try SmallHistory.set(SmallHistory.sample(users: 60))
    var configuration = SmallHistory.configuration()
    configuration.validation = 0
    let report = try SmallHistory.train(configuration, set).report
    #expect(abs(report.rows - set.count * 2 / 5) <= 2)
    let rmse = try #require(report.metrics["rmse"])
    let biases = try #require(report.baselines.first { $0.name == "biases" }?.metrics["rmse"])
    #expect(rmse < 0.85 * biases, "\(rmse) beside \(biases)")
  }
}
