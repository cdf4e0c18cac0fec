import SluiceTables

/// Who rated what, when and how, by number: R rows in any order. Rows without a rating ask for one.
struct RatingEvents: Codable, Sendable {
  /// `[R]`; −1 is nobody: the row stands alone.
  @Packed var users: [Int32] = []
  /// `[R]`; −1 is unknown.
  @Packed var items: [Int32] = []
  /// `[R]`
  @Packed var seconds: [Int] = []
  /// `[R]`; −1 where there is no rating.
  @Packed var classes: [Int32] = []
  /// `[R, M]`; NaN where there is none.
  @Packed var numbers: [Float] = []

  /// R
  var count: Int { users.count }

  /// M
  var width: Int { numbers.count / max(1, count) }

  /// Some of the rows.
  subscript(rows: [Int]) -> RatingEvents {
    let width = width
    return RatingEvents(
      users: rows.map { users[$0] }, items: rows.map { items[$0] },
      seconds: rows.map { seconds[$0] }, classes: rows.map { classes[$0] },
      numbers: rows.flatMap { numbers[($0 * width)..<(($0 + 1) * width)] })
  }

  static func + (a: RatingEvents, b: RatingEvents) -> RatingEvents {
    RatingEvents(
      users: a.users + b.users, items: a.items + b.items, seconds: a.seconds + b.seconds,
      classes: a.classes + b.classes, numbers: a.numbers + b.numbers)
  }

  /// Rows as they follow one another in time; those of one moment in the order in which they stand.
  ///
  /// - Complexity: O(rows · log rows).
  func ordered(_ rows: some Sequence<Int>) -> [Int] {
    rows.sorted { (seconds[$0], $0) < (seconds[$1], $1) }
  }

  /// `[classes]`: how many rows have each rating; all have one.
  func counts(classes: Int) -> [Int] {
    self.classes.reduce(into: [Int](repeating: 0, count: classes)) { $0[Int($1)] += 1 }
  }
}

/// The ratings of a table.
struct RatingRows {
  let file: String
  let clock: TimeNotation
  let scale: RatingScale
  /// Users and items by their places in ``users`` and ``items``; an empty cell is −1.
  let events: RatingEvents
  let users: [String]
  let items: [String]
  /// Columns that the table lacks.
  let missingColumns: [String]
  /// What was decided where numbers can be read in two ways.
  let doubts: [String]

  /// Reads the rows of a table.
  ///
  /// - Parameters:
  ///   - fitted: What a model was trained on: how ratings and times are written. The table may lack
  ///     the further numbers then. Nil: to learn from.
  ///   - needsRatings: Whether there must be a column of ratings.
  /// - Throws: ``TableError`` for a column that is missing, a time, a rating or a number that is none,
  ///   ratings that are no small set, or none that the model knows.
  /// - Complexity: O(bytes of the columns).
  init(
    _ table: Table, _ data: RatingsData, fitted: RatingsPreprocessing? = nil,
    needsRatings: Bool = true
  ) throws(TableError) {
    file = table.file
    let columns = data.columns
    var events = RatingEvents()
    (users, events.users) = Self.names(try table.column(columns.user))
    (items, events.items) = Self.names(try table.column(columns.item))
    (clock, events.seconds) = try TimeNotation.read(
      table.column(columns.time), as: fitted?.clock)
    scale = if let fitted { fitted.scale } else { try RatingScale(table.column(columns.target)) }
    if needsRatings || table.columnIfPresent(columns.target) != nil {
      events.classes = try scale.classes(in: table.column(columns.target))
    } else {
      events.classes = [Int32](repeating: -1, count: table.rowCount)
    }
    let missing = columns.numbers.filter { fitted != nil && table.columnIfPresent($0) == nil }
    missingColumns = missing
    var numbers: [[Float]] = []
    for name in columns.numbers {
      numbers.append(
        missing.contains(name)
          ? [Float](repeating: .nan, count: table.rowCount)
          : try table.column(name).floats(empty: .nan))
    }
    events.numbers = (0..<table.rowCount).flatMap { row in numbers.map { $0[row] } }
    self.events = events
    doubts = table.numberDoubts([columns.target] + columns.numbers)
  }

  private static func names(_ column: TableColumn) -> (names: [String], codes: [Int32]) {
    let found = column.categories()
    return (found.levels, found.codes.map { found.levels[Int($0)].isEmpty ? -1 : $0 })
  }

  /// The rows that have a rating.
  var rated: [Int] { events.classes.indices.filter { events.classes[$0] >= 0 } }

  /// The same events, users and items numbered as among others that are known; new ones come behind.
  func events(knowing users: [String], _ items: [String]) -> RatingEvents {
    func renumbered(_ codes: [Int32], of names: [String], knowing known: [String]) -> [Int32] {
      let places = Dictionary(
        known.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
      var next = Int32(known.count)
      let numbers = names.map { name in
        if let place = places[name] { return place }
        defer { next += 1 }
        return next
      }
      return codes.map { $0 < 0 ? -1 : numbers[Int($0)] }
    }
    var events = events
    events.users = renumbered(events.users, of: self.users, knowing: users)
    events.items = renumbered(events.items, of: self.items, knowing: items)
    return events
  }
}
