/// The rows of a table among those that a model has learned from: what it knew when each of them came.
///
/// A row that the model has learned from, by the same user, of the same item, at the same time, is
/// that very row. All others are new: those with a rating are history for what comes behind them.
struct HistoryRequest {
  let timeline: HistoryTimeline
  /// For each row of the table, its row in the timeline.
  let rows: [Int]
  /// For each row of the table, whether the model has learned from it.
  let isLearned: [Bool]
  /// For each row of the table, whether the model has learned from others of the user, of the item.
  let knowsUser: [Bool]
  let knowsItem: [Bool]

  private struct Key: Hashable {
    var user: Int32
    var item: Int32
    var seconds: Int
  }

  /// - Parameter classes: `[R]`: the rating of each row of the table; −1 where there is none.
  /// - Complexity: O(rows learned from + R), and their sorting.
  init(_ set: HistorySet, classes: [Int32], _ preprocessing: HistoryPreprocessing) {
    var events = preprocessing.events
    var users = NameTable(preprocessing.users)
    var items = NameTable(preprocessing.items)
    // Names become numbers once, not row by row.
    let userNumbers = set.users.levels.map { users.number(of: $0) }
    let itemNumbers = set.items.levels.map { items.number(of: $0) }
    let learnedUsers = preprocessing.users.count
    let learnedItems = preprocessing.items.count

    var wanted: Set<Key> = []
    func key(_ row: Int) -> Key {
      Key(
        user: userNumbers[Int(set.users.codes[row])], item: itemNumbers[Int(set.items.codes[row])],
        seconds: set.seconds[row])
    }
    for row in 0..<set.count { wanted.insert(key(row)) }
    var learned: [Key: [Int]] = [:]
    // The last of several equal ones first, so that taking from the end keeps their order.
    for row in (0..<events.count).reversed() {
      let own = Key(user: events.users[row], item: events.items[row], seconds: events.seconds[row])
      if wanted.contains(own) { learned[own, default: []].append(row) }
    }
    var rows: [Int] = []
    var isLearned: [Bool] = []
    var knowsUser: [Bool] = []
    var knowsItem: [Bool] = []
    for row in 0..<set.count {
      let own = key(row)
      knowsUser.append(own.user >= 0 && Int(own.user) < learnedUsers)
      knowsItem.append(own.item >= 0 && Int(own.item) < learnedItems)
      if let same = learned[own]?.popLast() {
        rows.append(same)
        isLearned.append(true)
        continue
      }
      rows.append(events.count)
      isLearned.append(false)
      events.append(
        user: own.user, item: own.item, seconds: own.seconds, class: classes[row],
        numbers: set.numbers(row))
    }
    self.rows = rows
    self.isLearned = isLearned
    self.knowsUser = knowsUser
    self.knowsItem = knowsItem
    timeline = HistoryTimeline(events, encoder: preprocessing.encoder)
  }
}
