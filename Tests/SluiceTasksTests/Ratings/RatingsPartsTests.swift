import Foundation
import SluiceCPU
import SluiceCompute
import SluiceNN
import SluiceSettings
import Testing

@testable import SluiceTasks
import SluiceTables

/// What a model of ratings is made of.
struct RatingsPartsTests {
  private func events(_ rows: [(user: Int32, item: Int32, seconds: Int, rating: Int32)])
    -> RatingEvents
  {
    RatingEvents(
      users: rows.map(\.user), items: rows.map(\.item), seconds: rows.map(\.seconds),
      classes: rows.map(\.rating))
  }

  private func timeline(_ events: RatingEvents, embedded: Int = 10) -> RatingTimeline {
    let scale = RatingScale(values: [1, 2, 3, 4, 5])
    let rated = events[events.ordered(0..<events.count).filter { events.classes[$0] >= 0 }]
    return RatingTimeline(
      events,
      encoder: RatingEncoder(
        rated, scale: scale, shrinkage: RatingShrinkage(user: 1, item: 1), embeddedItems: embedded))
  }

  /// A batch of all pasts that are read before some rows, on the host.
  private struct Batch: Equatable {
    var ratings: [Int32]
    var items: [Int32]
    var targets: [Int32]
    var inputs: [Float]
    var known: [Float]
    var weights: [Float]
  }

  private func batch(_ timeline: RatingTimeline, before rows: [Int], limit: Int) throws -> Batch {
    let backend = try CPUBackend(threads: 1)
    let data = try PastDataset(timeline, before: rows, limit: limit, on: backend)
    let network = RatingsNetwork(RatingsModelSettings(), encoder: timeline.encoder)
    let tape = Tape(
      try ParameterArena(network.layout, on: backend, seed: 0), mode: .inference)
    let batch = try data.batch(
      data.pasts.indices.map { Int32($0) }, unknownRate: 0, on: tape)
    return Batch(
      ratings: try backend.read(batch.ratings, as: Int32.self),
      items: try backend.read(batch.items, as: Int32.self),
      targets: try backend.read(batch.targets, as: Int32.self),
      inputs: try backend.read(batch.inputs),
      known: try backend.read(batch.known), weights: try backend.read(batch.weights))
  }

  /// One user with 10,000 ratings: every row is rated from the step that comes right before it, in
  /// sequences of no more than the limit, with at least half of it in front except at the start.
  @Test func tenThousandRatingsAreCutIntoPartsThatOverlap() throws {
    let count = 10_000
    let long = events(
      (0..<count).map { (user: 0, item: Int32($0 % 7), seconds: $0 * 60, rating: Int32($0 % 5)) })
    let timeline = timeline(long)
    let pasts = timeline.pasts(before: Array(0..<count), limit: 200)
    #expect(pasts.flatMap(\.rows) == Array(0..<count))
    #expect(pasts.count == 99)
    let batch = try batch(timeline, before: Array(0..<count), limit: 200)
    #expect(batch.weights.count { $0 == 1 } == count)
    for (number, past) in pasts.enumerated() {
      #expect((1...200).contains(past.length))
      for row in past.rows {
        let step = row - past.first
        #expect(step >= min(row, 100) && step < past.length)
        // The step in front of a row holds the rating before it.
        let place = step * pasts.count + number
        #expect(batch.ratings[place] == (row == 0 ? 0 : 1 + Int32((row - 1) % 5)))
        #expect(batch.items[place] == (row == 0 ? 0 : 1 + Int32((row - 1) % 7)))
        #expect(batch.targets[place] == 1 + Int32(row % 7) && batch.weights[place] == 1)
      }
    }
  }

  @Test func whatIsKnownOfARowIsWhatCameBeforeIt() {
    let rows = events([
      (0, 0, 30, 4), (0, 1, 10, 0), (1, 0, 20, 4), (0, 0, 40, -1), (-1, 0, 50, 2), (1, 1, 5, 2),
    ])
    let line = timeline(rows)
    #expect(line.positions == [1, 0, 1, 2, 0, 0])
    // The first row in time knows nothing at all.
    #expect(Array(line.known[30..<36]) == [0, 0, 0, 0, 0, 0])
    // A user's later rows know them, a nameless one knows nobody.
    #expect(line.known[5] == 1 && line.known[11] == 0)
    #expect(line.known[4 * 6 + 2] == 0 && line.known[4 * 6 + 3] > 0)
    #expect(line.runningBiases[5] == 0)
    // The item has had two fives before the last asks for it.
    #expect(line.known[3 * 6 + 1] > 0)
  }

  /// The last rating may change without a trace in what is known of the rows before it.
  @Test func theFutureLeavesNoTrace() throws {
    var random = PhiloxGenerator(RandomStream(seed: 5, stream: 5))
    let rows = (0..<300).map { index in
      (
        user: Int32(random.index(below: 9)), item: Int32(random.index(below: 6)),
        seconds: index / 2, rating: Int32(random.index(below: 5))
      )
    }
    let before = timeline(events(rows))
    for changed in [299, 150, 20] {
      var other = rows
      other[changed].rating = (other[changed].rating + 3) % 5
      // The same encoder: only the row itself differs.
      let after = RatingTimeline(events(other), encoder: before.encoder)
      let rows = Array(0...changed)
      #expect(
        try batch(before, before: rows, limit: 8) == batch(after, before: rows, limit: 8))
      #expect(before.pasts(before: [299], limit: 8).count == 1)
    }
    // Rows behind it do see it.
    var other = rows
    other[20].rating = (other[20].rating + 3) % 5
    let after = RatingTimeline(events(other), encoder: before.encoder)
    let all = Array(rows.indices)
    #expect(try batch(before, before: all, limit: 8) != batch(after, before: all, limit: 8))
  }

  @Test func biasesAreThoseOfTheTruth() {
    var random = PhiloxGenerator(RandomStream(seed: 6, stream: 6))
    let users: [Double] = [-1, -0.5, 0, 0.5, 1]
    let items: [Double] = [-1, 0, 1]
    let rows = (0..<3000).map { index -> (user: Int32, item: Int32, seconds: Int, rating: Int32) in
      let user = random.index(below: 5)
      let item = random.index(below: 3)
      let value = 2 + users[user] + items[item] + Double(random.uniform()) - 0.5
      return (Int32(user), Int32(item), index, Int32(min(4, max(0, value.rounded()))))
    }
    let events = events(rows)
    let values: [Double] = [0, 1, 2, 3, 4]
    let biases = RatingBiases(
      events, rows: Array(0..<3000), values: values,
      shrinkage: RatingBiases.shrinkage(for: events, values: values))
    for (user, truth) in users.enumerated() {
      #expect(abs(Double(biases.users[user]) - truth) < 0.15)
    }
    for (item, truth) in items.enumerated() {
      #expect(abs(Double(biases.items[item]) - truth) < 0.15)
    }
    #expect(biases.expected(user: 17, item: -1) == biases.mean, "somebody new has none")
  }

  @Test func columnsThatAreMissingAreNamed() throws {
    func find(_ header: String, user: String? = nil) throws -> RatingsData {
      var data = RatingsData()
      data.user = user
      return try data.settled(in: Table(csv: header + "\n1,2,3,4\n"))
    }
    let found = try find("reviewerID,asin,overall,unixReviewTime")
    #expect(found.user == "reviewerID" && found.item == "asin" && found.target == "overall")
    #expect(found.time == "unixReviewTime" && found.numbers == [])
    for (header, setting) in [
      ("a,asin,overall,unixReviewTime", "`data.user`"),
      ("userId,b,rating,timestamp", "`data.item`"), ("userId,movieId,rating,d", "`data.time`"),
      ("userId,movieId,c,timestamp", "`data.target`"),
    ] {
      let error = try #require(throws: TableError.self) { try find(header) }
      #expect(error.remedy.contains(setting), "\(error)")
    }
    // A column is needed, even where none is asked for.
    let none = #expect(throws: TableError.self) {
      try find("userId,movieId,rating,timestamp", user: "")
    }
    #expect(none?.remedy.contains("`data.user`") == true)
    #expect(throws: TableError.self) { try find("userId,movieId,rating,timestamp", user: "rater") }
  }

  @Test func settingsThatDoNotFitAreRefused() throws {
    try RatingsTask.standard.validate()
    let changes: [(String, (inout RatingsSettings) -> Void)] = [
      ("members", { $0.members = 11 }), ("folds", { $0.folds = 1 }),
      ("validation", { $0.validation = 0.95 }), ("batch_size", { $0.batchSize = 0 }),
      ("model.steps", { $0.model.steps = 7 }), ("model.steps", { $0.model.steps = 0 }),
      ("model.minimum_count", { $0.model.minimumCount = 0 }),
      ("model.items", { $0.model.items = -1 }), ("model.embedding", { $0.model.embedding = 0 }),
      ("model.hidden", { $0.model.hidden = 0 }), ("model.layers", { $0.model.layers = 17 }),
      ("model.mixed", { $0.model.mixed = 0 }), ("model.unknown_rate", { $0.model.unknownRate = 1 }),
      ("model.output_dropout", { $0.model.outputDropout = -0.1 }),
      ("model.dropout", { $0.model.dropout = .nan }), ("model.ordinal", { $0.model.ordinal = 1.1 }),
    ]
    for (setting, change) in changes {
      var settings = RatingsTask.standard
      change(&settings)
      let error = #expect(throws: SettingError.self) { try settings.validate() }
      #expect(error?.setting == setting)
    }
  }

  /// Further numbers are read of the ratings before, not of the one that is asked for.
  @Test func numbersOfTheRowItselfAreNotRead() throws {
    var rows = ["user,item,rating,time,age"]
    for row in 0..<60 {
      rows.append("U\(row % 6),B\(row % 5),\(row % 4 + 1),\(1_600_000_000 + row),\(row % 9)")
    }
    let table = try Table(csv: rows.joined(separator: "\n"))
    #expect(try SmallRatings.task(table).settings.data.numbers == ["age"])
    let model = try SmallRatings.train(SmallRatings.quick(), table).model
    func ask(_ first: Int, _ second: Int) throws -> [[String]] {
      try SmallRatings.predictions(
        model,
        Table(
          csv: """
            user,item,rating,time,age
            U1,B1,3,1700000000,\(first)
            U1,B2,3,1700000001,\(second)

            """))
    }
    let (one, two, three) = (try ask(1, 1), try ask(1, 8), try ask(8, 8))
    #expect(one == two)
    #expect(one[0] == three[0] && one[1] != three[1])
  }

  @Test func tooFewRowsOrMomentsAreRefused() throws {
    func hold(_ text: String) throws {
      _ = try SmallRatings.task(Table(csv: text)).heldOut()
    }
    let header = "user,item,rating,time\n"
    let few = header + (0..<10).map { "U,B,\($0 % 2),\($0)\n" }.joined()
    let moment = header + (0..<60).map { "U\($0),B,\($0 % 2),1600000000\n" }.joined()
    let words = header + (0..<60).map { "U,B,good\($0 % 2),\($0)\n" }.joined()
    for (text, part) in [(few, "10 rows"), (moment, "`validation: 0`"), (words, "no rating")] {
      let error = #expect(throws: TableError.self) { try hold(text) }
      #expect("\(try #require(error))".contains(part))
    }
  }
}
