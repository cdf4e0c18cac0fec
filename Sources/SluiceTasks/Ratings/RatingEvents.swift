/// Who rated what, when and how, by number: R rows in any order. Rows without a rating ask for one.
struct RatingEvents: Sendable {
  /// `[R]`; −1 is nobody: the row stands alone.
  var users: [Int32] = []
  /// `[R]`; −1 is unknown.
  var items: [Int32] = []
  /// `[R]`
  var seconds: [Int] = []
  /// `[R]`; −1 where there is no rating.
  var classes: [Int32] = []
  /// `[R, M]`; NaN where there is none.
  var numbers: [Float] = []
  /// M
  let numberCount: Int

  /// R
  var count: Int { users.count }

  mutating func append(
    user: Int32, item: Int32, seconds: Int, class rating: Int32, numbers: [Float]
  ) {
    users.append(user)
    items.append(item)
    self.seconds.append(seconds)
    classes.append(rating)
    self.numbers += numbers
  }

  /// The rows as they follow one another in time; rows of one moment in the order in which they stand.
  ///
  /// - Complexity: O(R log R).
  var order: [Int] {
    (0..<count).sorted { (seconds[$0], $0) < (seconds[$1], $1) }
  }
}

/// Names with their numbers.
struct NameTable: Sendable {
  private(set) var names: [String]
  private var places: [String: Int32]

  init(_ names: [String] = []) {
    self.names = names
    places = Dictionary(
      names.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { a, _ in a })
  }

  /// Nil for a name that is not there.
  subscript(name: String) -> Int32? { places[name] }

  /// The number of a name, which is added where it is new; −1 for an empty one.
  mutating func number(of name: String) -> Int32 {
    guard !name.isEmpty else { return -1 }
    if let known = places[name] { return known }
    let new = Int32(names.count)
    names.append(name)
    places[name] = new
    return new
  }
}
