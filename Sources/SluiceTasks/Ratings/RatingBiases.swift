/// The baseline that a network over histories has to beat: mean + bias of the user + bias of the item,
/// with ridge penalties, fitted to the training rows.
///
/// - SeeAlso: Koren, "Factorization meets the neighborhood", 2008, whose baseline estimates these are.
struct RatingBiases: Sendable {
  let mean: Double
  /// λ: ratings at the mean that are added to those of each user.
  let userShrinkage: Double
  /// The same for each item.
  let itemShrinkage: Double
  /// By the user's number, in ratings.
  let users: [Float]
  let items: [Float]

  init(
    mean: Double, userShrinkage: Double, itemShrinkage: Double, users: [Float], items: [Float]
  ) {
    self.mean = mean
    self.userShrinkage = userShrinkage
    self.itemShrinkage = itemShrinkage
    self.users = users
    self.items = items
  }

  /// Fits by turns: the items to what the users leave, the users to what the items leave.
  ///
  /// - Parameters:
  ///   - values: `[K]`, the rating of each class.
  ///   - rows: Those to fit to; all have ratings.
  /// - Complexity: O(turns · rows).
  init(
    _ events: RatingEvents, rows: [Int], values: [Double], userShrinkage: Double,
    itemShrinkage: Double, turns: Int = 10
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
      fit(&items, of: itemCodes, besides: users, userCodes, shrinkage: itemShrinkage)
      fit(&users, of: userCodes, besides: items, itemCodes, shrinkage: userShrinkage)
    }
    self.init(
      mean: mean, userShrinkage: userShrinkage, itemShrinkage: itemShrinkage,
      users: users.map { Float($0) }, items: items.map { Float($0) })
  }

  /// Fits with the penalties, out of a small grid, that do best on the last tenth of the rows.
  ///
  /// - Parameter rows: In the order of time.
  init(choosingPenaltiesFor events: RatingEvents, rows: [Int], values: [Double]) {
    let cut = rows.count - max(1, rows.count / 10)
    let earlier = Array(rows[..<cut])
    let later = rows[cut...]
    var best = (loss: Double.infinity, user: 3.0, item: 3.0)
    let grid = [1.0, 3, 10, 30]
    for user in grid {
      for item in grid where !earlier.isEmpty {
        let candidate = RatingBiases(
          events, rows: earlier, values: values, userShrinkage: user, itemShrinkage: item, turns: 4)
        var loss = 0.0
        for row in later {
          let error =
            candidate.expected(user: events.users[row], item: events.items[row])
            - values[Int(events.classes[row])]
          loss += error * error
        }
        if loss < best.loss { best = (loss, user, item) }
      }
    }
    self.init(
      events, rows: rows, values: values, userShrinkage: best.user, itemShrinkage: best.item)
  }

  /// The expected rating; somebody new has no bias.
  func expected(user: Int32, item: Int32) -> Double {
    var sum = mean
    if users.indices.contains(Int(user)) { sum += Double(users[Int(user)]) }
    if items.indices.contains(Int(item)) { sum += Double(items[Int(item)]) }
    return sum
  }
}
