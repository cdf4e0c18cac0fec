import SluiceTables

/// The two values of a target column, and which of them stands for gone.
struct TargetValues: Hashable {
  var positive: String
  var negative: String

  /// - Parameter positive: The value that stands for gone, where the user says so.
  /// - Throws: ``TableError`` where there are not two values, where the named one is none of them,
  ///   or where neither is recognised.
  init(_ column: TableColumn, positive named: String?) throws {
    let profile = ColumnProfile(column)
    let listed = zip(profile.levels, profile.counts).prefix(6).map {
      "\($0.0.shortened) (\($0.1))"
    }.joined(separator: ", ")
    let table = column.table
    guard profile.levels.count == 2 else {
      let name = "column \"\(column.name)\""
      if profile.levels.isEmpty {
        throw table.error(
          what: "\(name) is empty; it should say who is gone",
          remedy: "Name another one in `data.target`.")
      }
      if let only = profile.levels.first, profile.levels.count == 1 {
        throw table.error(
          what: "\(name) has one value only, \(only.shortened): there is nothing to tell apart",
          remedy: "Give rows of customers who are gone and of customers who stayed.")
      }
      let more = profile.levels.count > 6 ? ", …" : ""
      throw table.error(
        what: "\(name) has \(profile.levels.count) values, not two: \(listed)\(more)",
        remedy: "Churn tells two kinds of customers apart. Leave out the rows of the others or "
          + "write them as one of the two, or name another column in `data.target`.")
    }
    let positive: String?
    if let named {
      positive = profile.levels.first { Self.isSame($0, named) }
      if positive == nil {
        throw table.error(
          what: "column \"\(column.name)\" has no value \"\(named)\"; it has \(listed)",
          remedy: "Give one of these in `data.positive`.")
      }
    } else {
      positive = Self.recognise(profile.levels)
    }
    guard let positive else {
      throw table.error(
        what: "column \"\(column.name)\" has the values \(listed), and neither is known to stand "
          + "for gone",
        remedy: "Say which one in `data.positive`.")
    }
    self.positive = positive
    negative = profile.levels.first { $0 != positive } ?? ""
  }

  init(positive: String, negative: String) {
    self.positive = positive
    self.negative = negative
  }

  /// Whether a cell stands for gone; nil where it is blank.
  ///
  /// - Throws: ``TableError`` where it is neither of the two values.
  func isPositive(_ column: TableColumn, row: Int) throws -> Bool? {
    let text = column.string(row).trimmingBlanks()
    if text == positive || Self.isSame(text, positive) { return true }
    if text == negative || Self.isSame(text, negative) { return false }
    if ColumnProfile.isBlank(text) { return nil }
    throw column.error(
      row,
      what: "\"\(text.shortened)\" in column \"\(column.name)\" is neither \(positive) nor "
        + "\(negative)",
      remedy: "Write one of the two, or remove the row.")
  }

  /// The same text, or the same number: `1` and `1.0`.
  private static func isSame(_ a: String, _ b: String) -> Bool {
    if a.caseInsensitiveCompare(b) { return true }
    guard let x = NumberText.value(of: a), let y = NumberText.value(of: b) else { return false }
    return x == y
  }

  private static let goneWords: Set<String> = ColumnRole.yesWords.union([
    "churn", "churned", "exited", "left", "gone", "attrited", "attrited customer", "cancelled",
    "canceled", "inactive", "lost", "closed", "leaver", "positive", "流失",
  ])
  private static let stayedWords: Set<String> = ColumnRole.noWords.union([
    "-1", "stayed", "stay", "existing", "existing customer", "active", "retained", "loyal", "open",
    "not churned", "no churn", "notchurned", "negative", "current", "未流失", "留存",
  ])

  private static func recognise(_ levels: [String]) -> String? {
    let lower = levels.map { $0.lowercased() }
    let gone = levels.indices.filter { goneWords.contains(lower[$0]) }
    if gone.count == 1 { return levels[gone[0]] }
    let stayed = levels.indices.filter { stayedWords.contains(lower[$0]) }
    guard gone.isEmpty, stayed.count == 1, levels.count == 2 else { return nil }
    return levels[1 - stayed[0]]
  }
}

extension String {
  /// Whether two texts differ in upper and lower case at most.
  fileprivate func caseInsensitiveCompare(_ other: String) -> Bool {
    self == other || lowercased() == other.lowercased()
  }
}
