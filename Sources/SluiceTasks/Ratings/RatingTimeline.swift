/// Rows in the order of time, each with what was known when it came: nothing of a row looks at itself
/// or at what came behind it. R rows.
struct RatingTimeline {
  let events: RatingEvents
  let encoder: RatingEncoder
  /// `[R]`: how many ratings the user had given before.
  private(set) var positions: [Int32]
  /// `[R, ``RatingEncoder/knownCount``]`
  private(set) var known: [Float]
  /// `[R, ``RatingEncoder/inputCount``]`: what later rows of the user read of this one.
  private(set) var inputs: [Float]
  /// `[R]`: mean + bias of the user + bias of the item, from the rows before, in standard deviations
  /// from the mean.
  private(set) var runningBiases: [Float]
  /// `[R]`: the place of each row in time.
  private(set) var ranks: [Int32]
  /// By user: the rows with their ratings, in the order of time.
  private(set) var rated: [[Int32]]

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
  init(_ events: RatingEvents, encoder: RatingEncoder) {
    self.events = events
    self.encoder = encoder
    let shrinkage = encoder.shrinkage
    let width = events.width
    let userCount = 1 + Int(events.users.max() ?? -1)
    var users = [Tally](repeating: Tally(), count: userCount)
    var items = [Tally](repeating: Tally(), count: 1 + Int(events.items.max() ?? -1))
    rated = [[Int32]](repeating: [], count: userCount)
    positions = [Int32](repeating: 0, count: events.count)
    known = [Float](repeating: 0, count: events.count * RatingEncoder.knownCount)
    inputs = [Float](repeating: 0, count: events.count * encoder.inputCount)
    runningBiases = [Float](repeating: 0, count: events.count)
    ranks = [Int32](repeating: 0, count: events.count)

    for (rank, row) in events.ordered(0..<events.count).enumerated() {
      ranks[row] = Int32(rank)
      let user = Int(events.users[row])
      let item = Int(events.items[row])
      let own = user < 0 ? Tally() : users[user]
      let its = item < 0 ? Tally() : items[item]
      let userMean = own.mean(shrinkage.user)
      let itemMean = its.mean(shrinkage.item)
      let last = user < 0 ? nil : rated[user].last
      let gap = last.map { encoder.feature(gap: events.seconds[row] - events.seconds[Int($0)]) }
      runningBiases[row] = Float(userMean + itemMean)
      positions[row] = Int32(own.count)
      let place = row * RatingEncoder.knownCount
      known[place] = Float(2 * userMean)
      known[place + 1] = Float(2 * itemMean)
      known[place + 2] = Float(own.weight(shrinkage.user))
      known[place + 3] = Float(its.weight(shrinkage.item))
      known[place + 4] = gap ?? 0
      known[place + 5] = gap == nil ? 0 : 1
      guard events.classes[row] >= 0 else { continue }

      let deviation = encoder.deviations[Int(events.classes[row])]
      let start = row * encoder.inputCount
      inputs[start] = Float(deviation)
      inputs[start + 1] = Float(deviation - itemMean)
      inputs[start + 2] = gap ?? 0
      for column in 0..<width {
        inputs[start + 3 + column] = encoder.numbers[column](events.numbers[row * width + column])
      }
      if user >= 0 {
        rated[user].append(Int32(row))
        users[user].sum += deviation - itemMean
        users[user].count += 1
      }
      if item >= 0 {
        items[item].sum += deviation - userMean
        items[item].count += 1
      }
    }
  }
}
