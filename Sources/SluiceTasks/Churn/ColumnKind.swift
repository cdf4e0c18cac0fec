/// How a column of a customer table is read.
package enum ColumnKind: String, Codable, Hashable, Sendable, CaseIterable {
  /// Any number: 16 quantile bins and the number itself.
  case number
  /// A day or a moment, taken as a number of days.
  case date
  /// Time since the customer's row before, in days where the time is a date.
  case gap
  /// Few whole numbers, each with an embedding of its own.
  case smallInteger = "small_integer"
  /// Two values.
  case yesNo = "yes_no"
  /// Words, each with an embedding of its own.
  case category

  /// Whether cells are numbers on a scale, rather than values of their own.
  package var isContinuous: Bool { self == .number || self == .date || self == .gap }

  /// For messages.
  package var words: String {
    switch self {
    case .number: "numbers"
    case .date: "dates"
    case .gap: "time between rows"
    case .smallInteger: "small whole numbers"
    case .yesNo: "yes/no"
    case .category: "categories"
    }
  }
}
