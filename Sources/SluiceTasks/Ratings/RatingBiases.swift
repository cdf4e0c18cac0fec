import SluiceTables

/// Ratings at the mean that are added to those of each user, and to those of each item.
struct RatingShrinkage: Codable, Hashable, Sendable {
  var user = 3.0
  var item = 3.0
}

/// The baseline that a network over pasts has to beat: mean + bias of the user + bias of the item,
/// with ridge penalties, fitted to the training rows.
///
/// - SeeAlso: Koren, "Factorization meets the neighborhood", 2008, whose baseline estimates these are.
struct RatingBiases: Codable, Sendable {
  let mean: Double
  /// By the user's number, in ratings.
  @Packed var users: [Float]
  @Packed var items: [Float]

  /// Fits by turns: the items to what the users leave, the users to what the items leave.
  ///
  /// - Parameters:
  ///   - rows: Those to fit to; all have ratings.
  ///   - values: `[K]`, the rating of each class.
  /// - Complexity: O(turns · rows).
  init(
    _ events: RatingEvents, rows: [Int], values: [Double], shrinkage: RatingShrinkage,
    turns: Int = 10
  ) {
    let ratings = rows.map { values[Int(events.classes[$0])] }
    let mean = ratings.reduce(0, +) / Double(max(1, rows.count))
    let userCodes = rows.map { Int(events.users[$0]) }
    let itemCodes = rows.map { Int(events.items[$0]) }
    var users = [Double](repeating: 0, count: 1 + Int(events.users.max() ?? -1))
    var items = [Double](repeating: 0, count: 1 + Int(events.items.max() ?? -1))
    func fit(
      _ biases: inout [Double], of codes: [Int], besides others: [Double], _ otherCodes: [Int],
      shrinkage: Double
    ) {
      var sums = [Double](repeating: 0, count: biases.count)
      var counts = [Double](repeating: shrinkage, count: biases.count)
      for index in ratings.indices where codes[index] >= 0 {
        let other = otherCodes[index] < 0 ? 0 : others[otherCodes[index]]
        sums[codes[index]] += ratings[index] - mean - other
        counts[codes[index]] += 1
      }
      for code in biases.indices { biases[code] = sums[code] / max(counts[code], 1e-9) }
    }
    for _ in 0..<turns {
      fit(&items, of: itemCodes, besides: users, userCodes, shrinkage: shrinkage.item)
      fit(&users, of: userCodes, besides: items, itemCodes, shrinkage: shrinkage.user)
    }
    self.mean = mean
    self.users = users.map { Float($0) }
    self.items = items.map { Float($0) }
  }

  /// The penalties, out of a small grid, that do best on the last tenth of the rows.
  ///
  /// - Parameter events: All with ratings, in the order of time.
  static func shrinkage(for events: RatingEvents, values: [Double]) -> RatingShrinkage {
    let cut = events.count - max(1, events.count / 10)
    var best = (loss: Double.infinity, shrinkage: RatingShrinkage())
    let grid = [1.0, 3, 10, 30]
    for user in grid {
      for item in grid where cut > 0 {
        let shrinkage = RatingShrinkage(user: user, item: item)
        let candidate = RatingBiases(
          events, rows: Array(0..<cut), values: values, shrinkage: shrinkage, turns: 4)
        let loss = (cut..<events.count).reduce(0.0) { loss, row in
          let error =
            candidate.expected(user: events.users[row], item: events.items[row])
            - values[Int(events.classes[row])]
          return loss + error * error
        }
        if loss < best.loss { best = (loss, shrinkage) }
      }
    }
    return best.shrinkage
  }

  /// The expected rating; somebody new has no bias.
  func expected(user: Int32, item: Int32) -> Double {
    var sum = mean
    if users.indices.contains(Int(user)) { sum += Double(users[Int(user)]) }
    if items.indices.contains(Int(item)) { sum += Double(items[Int(item)]) }
    return sum
  }
}
