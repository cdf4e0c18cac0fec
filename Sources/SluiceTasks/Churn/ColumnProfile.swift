import SluiceTables

/// What the cells of a column look like: its distinct values, each looked at once.
struct ColumnProfile {
  let name: String
  /// Cells that hold something.
  let filled: Int
  /// Cells that hold nothing, or a word for it such as `NA`.
  let blanks: Int
  /// The distinct values that hold something, in the order of first appearance.
  let levels: [String]
  /// How many cells hold each level.
  let counts: [Int]
  /// For each level the number it is; nil for all else.
  let numbers: [Double?]

  /// - Complexity: O(bytes of the column).
  init(_ column: TableColumn) {
    name = column.name
    let categories = column.categories()
    var counts = [Int](repeating: 0, count: categories.levels.count)
    for code in categories.codes { counts[Int(code)] += 1 }
    var levels: [String] = []
    var kept: [Int] = []
    var blanks = 0
    for (level, count) in zip(categories.levels, counts) {
      if Self.isBlank(level) {
        blanks += count
      } else {
        levels.append(level)
        kept.append(count)
      }
    }
    self.blanks = blanks
    self.levels = levels
    self.counts = kept
    filled = kept.reduce(0, +)
    numbers = levels.map { column.number($0) }
  }

  /// Whether a cell, blanks around it left out, stands for no value.
  static func isBlank(_ text: String) -> Bool {
    text.isEmpty || blankWords.contains(text.lowercased())
  }

  private static let blankWords: Set<String> = [
    "na", "n/a", "#n/a", "nan", "null", "nil", "none", "missing", "?", "-", "--",
  ]

  /// Cells that hold a number.
  var numericCells: Int {
    zip(numbers, counts).reduce(0) { $0 + ($1.0 == nil ? 0 : $1.1) }
  }

  /// Whether all levels are whole numbers that a Double holds exactly.
  var isWhole: Bool {
    numbers.allSatisfy { number in
      number.map { $0 == $0.rounded() && abs($0) < 0x1p53 } ?? false
    }
  }

  /// Whether nearly all cells hold numbers.
  var isNumeric: Bool { filled > 0 && Double(numericCells) >= 0.95 * Double(filled) }

  /// The format in which nearly all cells write dates; nil where they do not. Days before months
  /// where both are possible.
  var dateFormat: DateFormat? {
    var format: DateFormat?
    var parsed = 0
    var dayFirst = false
    var monthFirst = false
    for (level, count) in zip(levels, counts) {
      guard let text = DateText(Substring(level).utf8) else { continue }
      if format == nil { format = text.format }
      guard text.format == format else { continue }
      parsed += count
      dayFirst = dayFirst || text.parts.0 > 12
      monthFirst = monthFirst || text.parts.1 > 12
    }
    guard var format, Double(parsed) >= 0.95 * Double(filled) else { return nil }
    if format.order == .dayMonthYear, monthFirst, !dayFirst, format.dateSeparator != "." {
      format.order = .monthDayYear
    }
    return format
  }
}
