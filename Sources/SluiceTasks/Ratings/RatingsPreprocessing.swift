import SluiceTables

/// What lies between a table and the networks; with the weights and the configuration it is all that
/// a rating needs. What `preprocessing.json` holds.
///
/// - Important: The ratings that the model has learned from are in it, by whom, of what and when,
///   since the next one is predicted from them: who has the model's folder can read them.
package struct RatingsPreprocessing: FittedState {
  package let scale: RatingScale
  let clock: TimeNotation
  /// User k of the events is called `users[k]`.
  let users: [String]
  /// The most frequent ones first.
  let items: [String]
  /// What was learned from, in the order of time.
  let events: RatingEvents
  let encoder: RatingEncoder
  let biases: RatingBiases
  var decision: RatingDecision

  /// Fits on some rows of a table.
  ///
  /// - Parameter learned: Those to learn from; all have ratings.
  init(_ rows: RatingRows, learned: [Int], _ model: RatingsModelSettings) {
    scale = rows.scale
    clock = rows.clock
    let ordered = rows.events.ordered(learned)
    var seen: Set<Int32> = [-1]
    users = ordered.map { rows.events.users[$0] }.filter { seen.insert($0).inserted }
      .map { rows.users[Int($0)] }
    let counts = Dictionary(grouping: learned.map { rows.events.items[$0] }) { $0 }
      .filter { $0.key >= 0 }.mapValues(\.count)
    let frequent = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    items = frequent.map { rows.items[Int($0.key)] }
    events = rows.events(knowing: users, items)[ordered]
    let shrinkage = RatingBiases.shrinkage(for: events, values: scale.values)
    biases = RatingBiases(
      events, rows: Array(0..<events.count), values: scale.values, shrinkage: shrinkage)
    encoder = RatingEncoder(
      events, scale: scale, shrinkage: shrinkage,
      embeddedItems: frequent.prefix(model.items).count { $0.value >= model.minimumCount })
    decision = RatingDecision(counts: events.counts(classes: scale.count))
  }

  package func check(_ settings: RatingsSettings) throws(Damage) {
    func areBelow(_ count: Int, _ codes: [Int32], from first: Int32 = -1) -> Bool {
      codes.count == events.count && codes.allSatisfy { $0 >= first && Int($0) < count }
    }
    let width = settings.data.columns.numbers.count
    try Damage.unless(
      scale.count >= 2 && scale.values == scale.values.sorted()
        && scale.values.allSatisfy(\.isFinite), "`scale`")
    try Damage.unless(decision.isSound(classes: scale.count), "`decision`")
    try Damage.unless(
      encoder.isSound(classes: scale.count, columns: width, items: items.count),
      "`encoder`")
    try Damage.unless(
      areBelow(users.count, events.users) && areBelow(items.count, events.items)
        && areBelow(scale.count, events.classes, from: 0)
        && events.seconds.count == events.count
        && events.seconds.allSatisfy { (-1 << 48...1 << 48).contains($0) }
        && events.numbers.count == events.count * width
        && events.numbers.allSatisfy { $0.isFinite || $0.isNaN }, "`events`")
  }
}

extension RatingsPreprocessing {
  /// The rows of a table among those that were learned from: what was known when each of them came.
  ///
  /// A row that was learned from, by the same user, of the same item, at the same time, is that very
  /// row. All others are new: those with a rating are past for what comes behind them.
  ///
  /// - Returns: With the place of each row; those that were learned from stand before
  ///   `events.count`.
  /// - Complexity: O(rows learned from + R), and their sorting.
  func timeline(with rows: RatingRows) -> (timeline: RatingTimeline, places: [Int]) {
    struct Key: Hashable {
      var user: Int32
      var item: Int32
      var seconds: Int
    }
    func key(_ row: Int, _ events: RatingEvents) -> Key {
      Key(user: events.users[row], item: events.items[row], seconds: events.seconds[row])
    }
    let asked = rows.events(knowing: users, items)
    let keys = (0..<asked.count).map { key($0, asked) }
    let wanted = Set(keys)
    var learned: [Key: [Int]] = [:]
    // The last of several equal ones first, so that taking from the end keeps their order.
    for row in (0..<events.count).reversed() where wanted.contains(key(row, events)) {
      learned[key(row, events), default: []].append(row)
    }
    var new: [Int] = []
    let places = keys.enumerated().map { row, key in
      if let same = learned[key]?.popLast() { return same }
      new.append(row)
      return events.count + new.count - 1
    }
    return (RatingTimeline(events + asked[new], encoder: encoder), places)
  }
}
