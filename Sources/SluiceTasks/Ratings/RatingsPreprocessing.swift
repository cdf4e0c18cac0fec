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
    var counts = [Int](repeating: 0, count: rows.items.count)
    for row in learned where rows.events.items[row] >= 0 {
      counts[Int(rows.events.items[row])] += 1
    }
    let frequent = counts.indices.filter { counts[$0] > 0 }
      .sorted { (counts[$1], $0) < (counts[$0], $1) }
    var itemNumbers = [Int32](repeating: -1, count: rows.items.count)
    for (number, item) in frequent.enumerated() { itemNumbers[item] = Int32(number) }
    items = frequent.map { rows.items[$0] }
    var userNumbers = [Int32](repeating: -1, count: rows.users.count)
    var users: [String] = []
    var events = RatingEvents()
    for row in rows.events.ordered(learned) {
      let user = Int(rows.events.users[row])
      if user >= 0, userNumbers[user] < 0 {
        userNumbers[user] = Int32(users.count)
        users.append(rows.users[user])
      }
      let item = Int(rows.events.items[row])
      events.append(
        row, of: rows.events, user: user < 0 ? -1 : userNumbers[user],
        item: item < 0 ? -1 : itemNumbers[item])
    }
    self.users = users
    self.events = events
    let shrinkage = RatingBiases.shrinkage(for: events, values: scale.values)
    biases = RatingBiases(
      events, rows: Array(0..<events.count), values: scale.values, shrinkage: shrinkage)
    encoder = RatingEncoder(
      events, scale: scale, shrinkage: shrinkage,
      embeddedItems: frequent.prefix(model.items).count { counts[$0] >= model.minimumCount })
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
        && events.seconds.count == events.count && events.seconds.allSatisfy { abs($0) <= 1 << 48 }
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
    let userNumbers = Self.numbers(of: rows.users, after: users)
    let itemNumbers = Self.numbers(of: rows.items, after: items)
    let keys = (0..<rows.events.count).map { row in
      let (user, item) = (rows.events.users[row], rows.events.items[row])
      return Key(
        user: user < 0 ? -1 : userNumbers[Int(user)], item: item < 0 ? -1 : itemNumbers[Int(item)],
        seconds: rows.events.seconds[row])
    }
    let wanted = Set(keys)
    var learned: [Key: [Int]] = [:]
    // The last of several equal ones first, so that taking from the end keeps their order.
    for row in (0..<events.count).reversed() {
      let own = Key(user: events.users[row], item: events.items[row], seconds: events.seconds[row])
      if wanted.contains(own) { learned[own, default: []].append(row) }
    }
    var all = events
    let places = keys.enumerated().map { row, key in
      if let same = learned[key]?.popLast() { return same }
      all.append(row, of: rows.events, user: key.user, item: key.item)
      return all.count - 1
    }
    return (RatingTimeline(all, encoder: encoder), places)
  }

  /// The numbers of names, new ones behind those that are known.
  private static func numbers(of names: [String], after known: [String]) -> [Int32] {
    let places = Dictionary(
      known.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
    var next = Int32(known.count)
    return names.map { name in
      if let place = places[name] { return place }
      defer { next += 1 }
      return next
    }
  }
}
