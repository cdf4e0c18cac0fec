/// A table as text whose columns line up: the leading ones to the left, the others to the right.
package struct TextTable {
  private let leading: Int
  private let hasRule: Bool
  private var rows: [[String]]

  /// - Parameters:
  ///   - leading: how many columns are words; those behind them are numbers.
  ///   - hasRule: whether a rule stands under the header.
  package init(_ header: [String], leading: Int = 1, hasRule: Bool = true) {
    self.leading = leading
    self.hasRule = hasRule
    rows = [header]
  }

  /// Adds a row; it may have fewer cells than the header.
  package mutating func add(_ row: [String]) {
    rows.append(row)
  }

  /// The lines of the table, without blanks at their ends.
  package var lines: [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    var lines = rows.map { row in
      let cells = row.enumerated().map { index, cell in
        let padding = String(repeating: " ", count: widths[index] - cell.count)
        return index < leading ? cell + padding : padding + cell
      }
      return trimmed(cells.joined(separator: "  "))
    }
    if hasRule {
      let width = widths.reduce(0, +) + 2 * max(0, columns - 1)
      lines.insert(String(repeating: "─", count: width), at: 1)
    }
    return lines
  }

  private func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}
