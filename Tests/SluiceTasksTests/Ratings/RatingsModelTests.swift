import Foundation
import SluiceCPU
import SluiceCompute
import SluiceSettings
import Testing

@testable import SluiceTasks
import SluiceTables

/// The ratings task as a whole, on generated ratings whose truth is known.
struct RatingsModelTests {
  /// A rating falls with the one before it, which no bias of a user or an item can tell.
  @Test func whatTheLastRatingTellsIsFoundWhereBiasesSeeNothing() throws {
    let table = try SmallRatings.sample()
    let trained = try SmallRatings.train(SmallRatings.settings(), table)
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
    let table = try SmallRatings.sample()
    let trained = try SmallRatings.train(SmallRatings.quick(), table)
    let again = try RatingsTask.evaluate(trained.model, on: table, NoOptions())
    #expect(again.metrics == trained.report.metrics)
    #expect(again.subsets.map(\.rows) == trained.report.subsets.map(\.rows))
    #expect(again.subsets.first == trained.report.subsets.first)
    #expect(again.baselines == trained.report.baselines)
    #expect(again.rows == trained.report.rows)
    #expect(again.rows < table.rowCount / 4 && again.rows > table.rowCount / 20)
  }

  @Test(arguments: [1, 2]) func theSameBitsWithAnyNumberOfThreads(threads: Int) throws {
    let table = try SmallRatings.sample(users: 60)
    var settings = SmallRatings.settings()
    settings.training.epochs = 1
    let first = try SmallRatings.train(settings, table, threads: threads)
    let second = try SmallRatings.train(settings, table, threads: 2)
    #expect(first.files == second.files)
  }

  @Test func aRunThatWasStoppedThreeTimesEndsInTheSameBytes() throws {
    let table = try SmallRatings.sample(users: 60)
    var settings = SmallRatings.settings()
    settings.training.epochs = 1
    let whole = try SmallRatings.train(settings, table)
    let stopped = try SmallRatings.train(settings, table, stops: [7, 60, 31])
    #expect(whole.files == stopped.files)
    #expect(whole.report.metrics == stopped.report.metrics)
  }

  /// Nothing that comes later may reach an earlier prediction.
  @Test func aLaterRatingChangesNoEarlierPrediction() throws {
    let table = try SmallRatings.sample()
    let model = try SmallRatings.train(SmallRatings.quick(), table).model
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
    let low = try SmallRatings.predictions(model, Table(csv: rows(1)))
    let high = try SmallRatings.predictions(model, Table(csv: rows(5)))
    // The row itself is predicted before its rating is looked at.
    #expect(low[..<6] == high[..<6])
    #expect(low[6] != high[6], "the next rating of the user does depend on it")
    #expect(low[7] != high[7], "the next rating of the item too")
    #expect(low[8] == high[8], "another item of another user does not")
    // Nor does the order in which the file has them, as long as the times differ.
    let lines = rows(5).split(separator: "\n")
    let turned = ([lines[0]] + lines[1...7].reversed() + lines[8...]).joined(separator: "\n")
    let reversed = try SmallRatings.predictions(model, Table(csv: turned))
    #expect(Array(reversed[..<7].reversed()) == Array(high[..<7]))
  }

  @Test func aDamagedModelIsRefused() throws {
    let model = try SmallRatings.train(SmallRatings.quick(), SmallRatings.sample()).model
    let fitted = model.fitted
    let sound = try JSONEncoder().encode(fitted)
    try JSONDecoder().decode(RatingsPreprocessing.self, from: sound).check(model.settings)
    func object(_ change: (inout [String: Any]) -> Void) throws -> Data {
      var object = try #require(try JSONSerialization.jsonObject(with: sound) as? [String: Any])
      change(&object)
      return try JSONSerialization.data(withJSONObject: object)
    }
    for (block, key, value) in [
      ("scale", "values", [3, 2, 1, 4, 5]), ("decision", "tau", 2),
      ("encoder", "embeddedItems", -1),
      ("encoder", "deviations", [1, 2]),
      ("events", "users", Int32.packed([0]).base64EncodedString()),
      (
        "events", "classes",
        Int32.packed(fitted.events.classes.map { $0 - 1 }).base64EncodedString()
      ),
      ("events", "items", Int32.packed(fitted.events.items.map { $0 + 1 }).base64EncodedString()),
      (
        "events", "seconds",
        Int.packed(fitted.events.seconds.map { $0 << 24 }).base64EncodedString()
      ),
      ("events", "numbers", Float.packed([1]).base64EncodedString()),
    ] as [(String, String, Any)] {
      let damaged = try object { object in
        var inner = object[block] as? [String: Any] ?? [:]
        inner[key] = value
        object[block] = inner
      }
      let error = #expect(throws: Damage.self, "\(block).\(key)") {
        try JSONDecoder().decode(RatingsPreprocessing.self, from: damaged).check(model.settings)
      }
      #expect(error?.part.contains(block) == true)
    }
    let cut = try object { object in
      var events = object["events"] as? [String: Any] ?? [:]
      events["items"] = Data([0xFF]).base64EncodedString()
      object["events"] = events
    }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(RatingsPreprocessing.self, from: cut)
    }
  }

  @Test func whatCannotBeAnsweredIsSaid() throws {
    let table = try SmallRatings.sample(users: 60)
    var settings = SmallRatings.quick()
    settings.validation = 0
    let model = try SmallRatings.train(settings, table).model
    let nothing = #expect(throws: SettingError.self) {
      try RatingsTask.predict(model, for: nil, NoOptions())
    }
    #expect(nothing?.setting == "data.path" && nothing?.source == .caller)
    let header = "user_id,item_id,rating,timestamp\n"
    func refused(_ text: String) throws -> TableError {
      let error = #expect(throws: TableError.self) {
        try RatingsTask.evaluate(model, on: Table(csv: text), NoOptions())
      }
      return try #require(error)
    }
    // All rows were learned from: there is nothing left to score.
    let all = #expect(throws: TableError.self) {
      try RatingsTask.evaluate(model, on: table, NoOptions())
    }
    #expect(all?.remedy.contains("`refit: false`") == true)
    #expect(try refused(header + "U1,B1,,1700000000\n").remedy.contains("predict"))
    let strange = try refused(header + "U1,B1,5,1700000000\nU1,B1,7,1700000001\n")
    #expect(strange.line == 3 && strange.column == 7)
    let taken = #expect(throws: TableError.self) {
      try RatingsTask.predict(
        model, for: Table(csv: "user_id,item_id,timestamp,p_1\nU1,B1,1,0\n"), NoOptions())
    }
    #expect(taken?.what.contains("p_1") == true)
  }

  @Test func rowsOfOneMomentKeepTheOrderOfTheFile() throws {
    let table = try SmallRatings.sample()
    let model = try SmallRatings.train(SmallRatings.quick(), table).model
    let text = """
      user_id,item_id,rating,timestamp
      U1,B1,1,1700000000
      U1,B2,,1700000000
      U1,B2,5,1700000000
      U1,B2,,1700000000

      """
    let answers = try SmallRatings.predictions(model, Table(csv: text))
    #expect(answers[1] == answers[2], "both come behind the 1 alone")
    #expect(answers[3] != answers[2], "and this one behind the 5 too")
  }

  @Test func strangersAreRatedAndScoredApart() throws {
    var sample = SampleRatings(seed: 2)
    sample.users = 100
    sample.items = 20
    let lines = sample.csv().split(separator: "\n")
    // The last rows are by others, of other things.
    let cut = lines.count * 19 / 20
    let strange = lines[cut...].map {
      $0.replacingOccurrences(of: "U", with: "N").replacingOccurrences(of: "B1,", with: "X,")
    }
    let table = try Table(csv: (lines[..<cut].map(String.init) + strange).joined(separator: "\n"))
    let trained = try SmallRatings.train(SmallRatings.quick(), table)
    let counts = trained.report.subsets.map { ($0.name, $0.rows) }
    let seen = try #require(counts.first { $0.0 == "seen" }).1
    let unseen = try #require(counts.first { $0.0 == "unseen" }).1
    let items = try #require(counts.first { $0.0 == "unseen_items" }).1
    #expect(seen > 0 && unseen >= lines.count - cut && seen + unseen == trained.report.rows)
    #expect(items > 0 && items < unseen)
    let rows = "user_id,item_id,timestamp\nnobody,nothing,1700000000\n,,1700000000\n"
    let answers = try RatingsTask.predict(trained.model, for: Table(csv: rows), NoOptions())
    #expect(answers.warnings.count == 2)
    #expect(answers.warnings.allSatisfy { $0.hasPrefix("2 rows") })
    let added = try Table(bytes: try #require(answers.csv), file: "answer").column("rating")
    #expect(try added.double(0) == added.double(1), "a nameless one is a new one")
    #expect((1...5).contains(try added.double(0)))
  }

  @Test func ratingsOfTwoKindsHaveAnArea() throws {
    let text = try SmallRatings.sample(users: 60)
    var rows = ["user_id,item_id,rating,timestamp"]
    for row in 0..<text.rowCount {
      let cells = (0..<4).map { text.string(row: row, column: $0) }
      rows.append("\(cells[0]),\(cells[1]),\(cells[2] > "2" ? 1 : 0),\(cells[3])")
    }
    let table = try Table(csv: rows.joined(separator: "\n"))
    var settings = SmallRatings.settings()
    settings.refit = false
    let report = try SmallRatings.train(settings, table).report
    let area = try #require(report.metrics["auc"])
    let biases = try #require(report.baselines.first { $0.name == "biases" }?.metrics["auc"])
    #expect(area > 0.75 && area > biases + 0.1, "\(area) beside \(biases)")
  }

  /// Without rows held out, each network is reported on by those that it left out.
  @Test func aReportWithoutAnythingHeldOut() throws {
    let table = try SmallRatings.sample(users: 60)
    var settings = SmallRatings.settings()
    settings.validation = 0
    let report = try SmallRatings.train(settings, table).report
    #expect(abs(report.rows - table.rowCount * 2 / 5) <= 2)
    let rmse = try #require(report.metrics["rmse"])
    let biases = try #require(report.baselines.first { $0.name == "biases" }?.metrics["rmse"])
    #expect(rmse < 0.85 * biases, "\(rmse) beside \(biases)")
  }
}
