/// All rows in the order of time, each with what was known when it came: nothing of a row looks at
/// itself or at what came behind it. R rows.
struct HistoryTimeline {
  let events: RatingEvents
  let encoder: HistoryEncoder
  /// `[R]`: how many ratings the user had given before.
  private(set) var positions: [Int32]
  /// `[R, ``HistoryEncoder/knownCount``]`
  private(set) var known: [Float]
  /// `[R, ``HistoryEncoder/inputCount``]`: what later rows of the user read of this one.
  private(set) var inputs: [Float]
  /// `[R]`: mean + bias of the user + bias of the item, from the rows before, in standard deviations
  /// from the mean.
  private(set) var runningBiases: [Float]
  /// `[R]`: the place of each row in time.
  private(set) var ranks: [Int32]
  /// For each user, where the rows with their ratings begin in `eventRows`, and the end.
  let eventStarts: [Int]
  /// The rows with ratings, user by user, in the order of time.
  let eventRows: [Int32]

  /// Ratings of a user or an item so far.
  private struct Tally {
    var sum = 0.0
    var count = 0.0

    /// The mean with `shrinkage` ratings of 0 added.
    func mean(_ shrinkage: Double) -> Double { sum / max(count + shrinkage, 1e-9) }
    /// From 0 towards 1.
    func weight(_ shrinkage: Double) -> Double { count / max(count + shrinkage, 1e-9) }
  }

  /// - Complexity: O(R log R).
  init(_ events: RatingEvents, encoder: HistoryEncoder) {
    self.events = events
    self.encoder = encoder
    let count = events.count
    let userCount = 1 + Int(events.users.max() ?? -1)
    var users = [Tally](repeating: Tally(), count: userCount)
    var items = [Tally](repeating: Tally(), count: 1 + Int(events.items.max() ?? -1))
    var last = [Int](repeating: 0, count: userCount)
    positions = [Int32](repeating: 0, count: count)
    known = [Float](repeating: 0, count: count * HistoryEncoder.knownCount)
    inputs = [Float](repeating: 0, count: count * encoder.inputCount)
    runningBiases = [Float](repeating: 0, count: count)
    ranks = [Int32](repeating: 0, count: count)
    var starts = [Int](repeating: 0, count: userCount + 1)
    for row in 0..<count where events.users[row] >= 0 && events.classes[row] >= 0 {
      starts[Int(events.users[row]) + 1] += 1
    }
    for user in 0..<userCount { starts[user + 1] += starts[user] }
    var rows = [Int32](repeating: 0, count: starts[userCount])

    for (rank, row) in events.order.enumerated() {
      ranks[row] = Int32(rank)
      let user = Int(events.users[row])
      let item = Int(events.items[row])
      let own = user < 0 ? Tally() : users[user]
      let its = item < 0 ? Tally() : items[item]
      let userMean = own.mean(encoder.userShrinkage)
      let itemMean = its.mean(encoder.itemShrinkage)
      runningBiases[row] = Float(userMean + itemMean)
      let gap = own.count > 0 ? encoder.feature(gap: events.seconds[row] - last[user]) : 0
      let place = row * HistoryEncoder.knownCount
      known[place] = Float(2 * userMean)
      known[place + 1] = Float(2 * itemMean)
      known[place + 2] = Float(own.weight(encoder.userShrinkage))
      known[place + 3] = Float(its.weight(encoder.itemShrinkage))
      known[place + 4] = gap
      known[place + 5] = own.count > 0 ? 1 : 0
      if user >= 0 { positions[row] = Int32(own.count) }
      guard events.classes[row] >= 0 else { continue }

      let deviation = encoder.deviations[Int(events.classes[row])]
      let start = row * encoder.inputCount
      inputs[start] = Float(deviation)
      inputs[start + 1] = Float(deviation - itemMean)
      inputs[start + 2] = gap
      for column in 0..<events.numberCount {
        inputs[start + 3 + column] = encoder.feature(
          number: events.numbers[row * events.numberCount + column], column: column)
      }
      if user >= 0 {
        rows[starts[user] + Int(own.count)] = Int32(row)
        users[user].sum += deviation - itemMean
        users[user].count += 1
        last[user] = events.seconds[row]
      }
      if item >= 0 {
        items[item].sum += deviation - userMean
        items[item].count += 1
      }
    }
    eventStarts = starts
    eventRows = rows
  }
}
