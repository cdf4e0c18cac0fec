import Foundation

/// What lies between a table and the networks that read histories; with the weights and the
/// configuration it is all that a rating needs: the ratings that the model has learned from are in
/// it, by whom, of what and when, since the next one is predicted from them. What
/// `preprocessing.json` holds.
package struct HistoryPreprocessing: Sendable {
  /// The version of the file; a newer one is refused.
  package static let currentVersion = 1

  package var formatVersion = currentVersion
  package var task = ReviewsConfiguration.taskName
  package var mode = ReviewMode.history
  /// Of the other two files of the model, so that files of two models are not mixed up.
  package var weightsChecksum = ""
  package var configurationChecksum = ""
  package let columns: HistoryColumns
  package let scale: RatingScale
  let clock: ReviewClock
  /// User k of the events is called `users[k]`.
  let users: [String]
  /// The most frequent ones first.
  let items: [String]
  /// What was learned from, in the order of time.
  let events: RatingEvents
  let encoder: HistoryEncoder
  let biases: RatingBiases
  var decision: RatingDecision

  /// Fits on some rows of a set.
  ///
  /// - Parameters:
  ///   - rows: Those to learn from, ascending; all have ratings.
  ///   - classes: `[R]` of the set.
  init(
    _ set: HistorySet, rows: [Int], classes: [Int32], scale: RatingScale,
    model: HistoryConfiguration
  ) {
    columns = set.columns
    self.scale = scale
    clock = set.clock
    var counts = [Int](repeating: 0, count: set.items.levels.count)
    for row in rows { counts[Int(set.items.codes[row])] += 1 }
    let frequent = counts.indices
      .filter { counts[$0] > 0 && !set.items.levels[$0].isEmpty }
      .sorted { (counts[$1], $0) < (counts[$0], $1) }
    var items = NameTable(frequent.map { set.items.levels[$0] })
    let embedded = frequent.prefix(model.items).count { counts[$0] >= model.minimumCount }
    var users = NameTable()
    var events = RatingEvents(numberCount: set.columns.numbers.count)
    let ordered = rows.sorted { (set.seconds[$0], $0) < (set.seconds[$1], $1) }
    for row in ordered {
      events.append(
        user: users.number(of: set.user(row)), item: items.number(of: set.item(row)),
        seconds: set.seconds[row], class: classes[row], numbers: set.numbers(row))
    }
    self.users = users.names
    self.items = items.names
    self.events = events
    biases = RatingBiases(
      choosingPenaltiesFor: events, rows: Array(0..<events.count), values: scale.values)
    encoder = HistoryEncoder(events, scale: scale, biases: biases, embeddedItems: embedded)
    var classCounts = [Int](repeating: 0, count: scale.count)
    for rating in events.classes { classCounts[Int(rating)] += 1 }
    let total = Double(events.count + scale.count)
    decision = RatingDecision(priors: classCounts.map { Double($0 + 1) / total }, tau: 0)
  }

  /// `[K]`: how many of the rows that were learned from have each rating.
  var classCounts: [Int] {
    var counts = [Int](repeating: 0, count: scale.count)
    for rating in events.classes { counts[Int(rating)] += 1 }
    return counts
  }
}

extension HistoryPreprocessing: Codable {
  private enum CodingKeys: String, CodingKey {
    case formatVersion, task, mode, weightsChecksum, configurationChecksum, columns, scale, clock
    case users, items, events, encoder, biases, decision
  }

  private enum EventKeys: String, CodingKey {
    case users, items, first, gaps, classes, numbers
  }

  private enum BiasKeys: String, CodingKey {
    case mean, userShrinkage, itemShrinkage, users, items
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(formatVersion, forKey: .formatVersion)
    try values.encode(task, forKey: .task)
    try values.encode(mode, forKey: .mode)
    try values.encode(weightsChecksum, forKey: .weightsChecksum)
    try values.encode(configurationChecksum, forKey: .configurationChecksum)
    try values.encode(columns, forKey: .columns)
    try values.encode(scale, forKey: .scale)
    try values.encode(clock, forKey: .clock)
    try values.encode(users, forKey: .users)
    try values.encode(items, forKey: .items)
    try values.encode(self.encoder, forKey: .encoder)
    try values.encode(decision, forKey: .decision)

    var own = values.nestedContainer(keyedBy: EventKeys.self, forKey: .events)
    func packed(_ codes: [Int32]) -> Data {
      PackedNumbers.data(of: codes.lazy.map { UInt64($0 + 1) })
    }
    try own.encode(packed(events.users), forKey: .users)
    try own.encode(packed(events.items), forKey: .items)
    try own.encode(packed(events.classes), forKey: .classes)
    // In the order of time, the gaps are not negative.
    try own.encode(events.seconds.first ?? 0, forKey: .first)
    let gaps = zip(events.seconds.dropFirst(), events.seconds).map { UInt64($0 - $1) }
    try own.encode(PackedNumbers.data(of: gaps), forKey: .gaps)
    try own.encode(PackedNumbers.data(of: events.numbers), forKey: .numbers)

    var fitted = values.nestedContainer(keyedBy: BiasKeys.self, forKey: .biases)
    try fitted.encode(biases.mean, forKey: .mean)
    try fitted.encode(biases.userShrinkage, forKey: .userShrinkage)
    try fitted.encode(biases.itemShrinkage, forKey: .itemShrinkage)
    try fitted.encode(PackedNumbers.data(of: biases.users), forKey: .users)
    try fitted.encode(PackedNumbers.data(of: biases.items), forKey: .items)
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    formatVersion = try values.decode(Int.self, forKey: .formatVersion)
    task = try values.decode(String.self, forKey: .task)
    mode = try values.decode(ReviewMode.self, forKey: .mode)
    weightsChecksum = try values.decode(String.self, forKey: .weightsChecksum)
    configurationChecksum = try values.decode(String.self, forKey: .configurationChecksum)
    columns = try values.decode(HistoryColumns.self, forKey: .columns)
    scale = try values.decode(RatingScale.self, forKey: .scale)
    clock = try values.decode(ReviewClock.self, forKey: .clock)
    users = try values.decode([String].self, forKey: .users)
    items = try values.decode([String].self, forKey: .items)
    encoder = try values.decode(HistoryEncoder.self, forKey: .encoder)
    decision = try values.decode(RatingDecision.self, forKey: .decision)

    let own = try values.nestedContainer(keyedBy: EventKeys.self, forKey: .events)
    func damaged(_ key: EventKeys) -> DecodingError {
      DecodingError.dataCorruptedError(
        forKey: key, in: own, debugDescription: "the numbers are not those of the ratings")
    }
    func codes(_ key: EventKeys, below limit: Int) throws -> [Int32] {
      let data = try own.decode(Data.self, forKey: key)
      guard let packed = PackedNumbers.values(of: data), packed.allSatisfy({ $0 <= UInt64(limit) })
      else { throw damaged(key) }
      return packed.map { Int32($0) - 1 }
    }
    var events = RatingEvents(numberCount: columns.numbers.count)
    events.users = try codes(.users, below: users.count)
    events.items = try codes(.items, below: items.count)
    events.classes = try codes(.classes, below: scale.count)
    var seconds = try own.decode(Int.self, forKey: .first)
    guard let gaps = PackedNumbers.values(of: try own.decode(Data.self, forKey: .gaps)),
      abs(seconds) <= 1 << 48, gaps.allSatisfy({ $0 <= 1 << 48 }), gaps.count <= 1 << 32
    else { throw damaged(.gaps) }
    events.seconds = events.users.isEmpty ? [] : [seconds]
    for gap in gaps {
      let (sum, overflows) = seconds.addingReportingOverflow(Int(gap))
      guard !overflows else { throw damaged(.gaps) }
      seconds = sum
      events.seconds.append(seconds)
    }
    events.numbers = PackedNumbers.floats(of: try own.decode(Data.self, forKey: .numbers))
    guard events.items.count == events.count, events.classes.count == events.count,
      events.seconds.count == events.count, events.classes.allSatisfy({ $0 >= 0 }),
      events.numbers.count == events.count * columns.numbers.count,
      events.numbers.allSatisfy({ $0.isFinite || $0.isNaN })
    else { throw damaged(.users) }
    self.events = events

    let fitted = try values.nestedContainer(keyedBy: BiasKeys.self, forKey: .biases)
    biases = RatingBiases(
      mean: try fitted.decode(Double.self, forKey: .mean),
      userShrinkage: try fitted.decode(Double.self, forKey: .userShrinkage),
      itemShrinkage: try fitted.decode(Double.self, forKey: .itemShrinkage),
      users: PackedNumbers.floats(of: try fitted.decode(Data.self, forKey: .users)),
      items: PackedNumbers.floats(of: try fitted.decode(Data.self, forKey: .items)))
  }

  /// Refuses a file whose parts do not fit each other.
  ///
  /// - Throws: ``ModelError`` naming the file.
  func check(file: String) throws {
    let parts = [
      (
        "the ratings do not ascend",
        scale.count >= 2 && scale.values == scale.values.sorted()
          && scale.values.allSatisfy(\.isFinite)
      ),
      (
        "the decision does not fit the ratings",
        decision.priors.count == scale.count && decision.priors.allSatisfy { $0 > 0 && $0 < 1 }
          && (0...1).contains(decision.tau)
      ),
      (
        "the encoder does not fit the columns",
        encoder.deviations.count == scale.count && encoder.deviations.allSatisfy(\.isFinite)
          && encoder.mean.isFinite && encoder.deviation.isFinite
          && encoder.numberCentres.count == columns.numbers.count
          && encoder.numberScales.count == columns.numbers.count
          && encoder.numberScales.allSatisfy { $0 > 0 } && encoder.gapScale > 0
          && encoder.userShrinkage >= 0 && encoder.itemShrinkage >= 0
          && (0...items.count).contains(encoder.embeddedItems)
      ),
    ]
    for (what, holds) in parts where !holds {
      throw ModelError("\(file): the file is damaged: \(what). Copy the model again, or retrain.")
    }
  }
}
