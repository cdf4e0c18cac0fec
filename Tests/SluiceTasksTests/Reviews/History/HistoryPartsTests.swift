import Foundation
import SluiceCompute
import Testing

@testable import SluiceTasks
import SluiceTables

/// What a model by history is made of.
struct HistoryPartsTests {
  private func events(_ rows: [(user: Int32, item: Int32, seconds: Int, rating: Int32)])
    -> RatingEvents
  {
    var events = RatingEvents(numberCount: 0)
    for row in rows {
      events.append(
        user: row.user, item: row.item, seconds: row.seconds, class: row.rating, numbers: [])
    }
    return events
  }

  private func timeline(_ events: RatingEvents, embedded: Int = 10) -> HistoryTimeline {
    let scale = RatingScale(values: [1, 2, 3, 4, 5])
    var rated = RatingEvents(numberCount: 0)
    for row in events.order where events.classes[row] >= 0 {
      rated.append(
        user: events.users[row], item: events.items[row], seconds: events.seconds[row],
        class: events.classes[row], numbers: [])
    }
    let biases = RatingBiases(
      rated, rows: Array(0..<rated.count), values: scale.values, userShrinkage: 1,
      itemShrinkage: 1)
    return HistoryTimeline(
      events,
      encoder: HistoryEncoder(rated, scale: scale, biases: biases, embeddedItems: embedded))
  }

  /// One user with 10,000 ratings: every row is rated from the step that comes right before it, in
  /// sequences of no more than the limit, with at least half of it in front except at the start.
  @Test func tenThousandRatingsAreCutIntoPartsThatOverlap() {
    let count = 10_000
    let long = events(
      (0..<count).map { (user: 0, item: Int32($0 % 7), seconds: $0 * 60, rating: Int32($0 % 5)) })
    let encoded = timeline(long).encode(Array(0..<count), limit: 200)
    #expect(encoded.rows == Array(0..<count))
    #expect(encoded.sequenceCount == 99)
    for sequence in 0..<encoded.sequenceCount {
      #expect((1...200).contains(encoded.length(sequence)))
    }
    for (query, row) in encoded.rows.enumerated() {
      let step = Int(encoded.steps[query])
      #expect(step >= min(row, 100) && step < 200)
      // The step in front of a row holds the rating before it.
      let place = Int(encoded.starts[Int(encoded.sequences[query])]) + step
      #expect(encoded.ratings[place] == (row == 0 ? 0 : 1 + Int32((row - 1) % 5)))
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
  @Test func theFutureLeavesNoTrace() {
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
      let after = HistoryTimeline(events(other), encoder: before.encoder)
      let queries = Array(0...changed)
      let left = before.encode(queries, limit: 8)
      let right = after.encode(queries, limit: 8)
      #expect(left.known == right.known && left.ratings == right.ratings)
      #expect(left.inputs == right.inputs && left.items == right.items)
      #expect(before.encode([299], limit: 8).sequences.count == 1)
    }
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
    let biases = RatingBiases(
      choosingPenaltiesFor: events, rows: Array(0..<3000), values: [0, 1, 2, 3, 4])
    for (user, truth) in users.enumerated() {
      #expect(abs(Double(biases.users[user]) - truth) < 0.15)
    }
    for (item, truth) in items.enumerated() {
      #expect(abs(Double(biases.items[item]) - truth) < 0.15)
    }
    #expect(biases.expected(user: 17, item: -1) == biases.mean, "somebody new has none")
  }

  @Test func timesAreReadAsTheyAreWritten() throws {
    func seconds(_ cells: [String]) throws -> [Int] {
      let table = try Table(csv: (["time"] + cells).joined(separator: "\n"))
      return try ReviewClock.read(table.column("time")).seconds
    }
    #expect(try seconds(["1393545600", "1363392000"]) == [1_393_545_600, 1_363_392_000])
    #expect(try seconds(["1393545600123"]) == [1_393_545_600])
    #expect(try seconds(["1393545600123456"]) == [1_393_545_600])
    #expect(try seconds(["2014-02-28", "2013-03-16"]) == [1_393_545_600, 1_363_392_000])
    #expect(try seconds(["20140228", "20130316"]) == [1_393_545_600, 1_363_392_000])
    #expect(try seconds(["2014-02-28 00:01:00"]) == [1_393_545_660])
    #expect(try seconds(["0", "1", "17"]) == [0, 1, 17])
    for bad in [["1393545600", "\"\""], ["soon"], ["2014-02-28", "1393545600"], ["1e300"]] {
      #expect(throws: TableError.self) { try seconds(bad) }
    }
  }

  @Test func columnsThatAreMissingAreNamed() throws {
    func find(_ header: String, _ request: ReviewColumns.Request = .init()) throws
      -> HistoryColumns
    {
      try HistoryColumns.find(in: Table(csv: header + "\n1,2,3,4\n"), request)
    }
    let found = try find("reviewerID,asin,overall,unixReviewTime")
    #expect(found.user == "reviewerID" && found.item == "asin" && found.target == "overall")
    for (header, flag) in [
      ("a,asin,overall,unixReviewTime", "--user"), ("userId,b,rating,timestamp", "--item"),
      ("userId,movieId,rating,d", "--time"), ("userId,movieId,c,timestamp", "--target"),
    ] {
      let error = try #require(throws: TableError.self) { try find(header) }
      #expect("\(error)".contains(flag), "\(error)")
    }
    let none = #expect(throws: TableError.self) {
      try find("userId,movieId,rating,timestamp", .init(user: ""))
    }
    #expect("\(try #require(none))".contains("--user names no column"))
  }

  @Test func packedNumbersComeBackAndDamageIsSeen() throws {
    let values: [UInt64] = [0, 1, 127, 128, 300, 1 << 40, .max]
    let data = PackedNumbers.data(of: values)
    #expect(PackedNumbers.values(of: data) == values)
    #expect(PackedNumbers.values(of: data.dropLast()) == nil)
    #expect(PackedNumbers.values(of: Data([0xFF, 0xFF])) == nil)
    let floats: [Float] = [1.5, -0, .greatestFiniteMagnitude]
    #expect(PackedNumbers.floats(of: PackedNumbers.data(of: floats)) == floats)
  }

  /// Further numbers are read of the ratings before, not of the one that is asked for.
  @Test func numbersOfTheRowItselfAreNotRead() throws {
    var rows = ["user,item,rating,time,age"]
    for row in 0..<60 {
      rows.append("U\(row % 6),B\(row % 5),\(row % 4 + 1),\(1_600_000_000 + row),\(row % 9)")
    }
    let set = try SmallHistory.set(Table(csv: rows.joined(separator: "\n")))
    #expect(set.columns.numbers == ["age"])
    let model = try SmallHistory.train(SmallHistory.quick(), set).model
    func ask(_ first: Int, _ second: Int) throws -> [[String]] {
      try SmallHistory.predictions(
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
    func train(_ text: String) throws {
      _ = try SmallHistory.train(SmallHistory.quick(), SmallHistory.set(Table(csv: text)))
    }
    let header = "user,item,rating,time\n"
    let few = header + (0..<10).map { "U,B,\($0 % 2),\($0)\n" }.joined()
    let moment = header + (0..<60).map { "U\($0),B,\($0 % 2),1600000000\n" }.joined()
    let words = header + (0..<60).map { "U,B,good\($0 % 2),\($0)\n" }.joined()
    for (text, part) in [(few, "10 rows"), (moment, "--validation 0"), (words, "no rating")] {
      let error = #expect(throws: TableError.self) { try train(text) }
      #expect("\(try #require(error))".contains(part))
    }
  }
}
