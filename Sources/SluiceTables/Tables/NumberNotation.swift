import Synchronization

/// How a column writes its numbers where that is more than digits and a point.
package struct NumberNotation: Hashable, Sendable {
  /// What stands before decimals: `.` or `,`.
  package var point = Byte.point
  /// Whether a cell can be read in no other way.
  package var isCertain = false
  /// Whether some cells have one unit and some another, or percent and none: what they have in common
  /// is not known.
  var hasMixedUnits = false
  /// Which reading was chosen, and why, where a cell can be read in two ways; nil: there is no doubt.
  package var doubt: String?
}

/// The notations of a table's columns, each found once, when it is first asked for.
final class NumberNotations: Sendable {
  private let known = Mutex<[Int: NumberNotation]>([:])

  /// The notation of a column, if it was asked for before.
  func found(_ column: Int) -> NumberNotation? { known.withLock { $0[column] } }

  func keep(_ notation: NumberNotation, of column: Int) {
    known.withLock { $0[column] = notation }
  }
}

extension Table {
  /// How a column writes numbers.
  ///
  /// - Complexity: O(bytes of the column) at first.
  package func numberNotation(of column: Int) -> NumberNotation {
    if let found = notations.found(column) { return found }
    let notation = NumberSurvey(of: column, in: self).notation {
      // What other columns say without doubt.
      for other in header.indices where other != column {
        let survey = NumberSurvey(of: other, in: self, rows: 10_000)
        if let point = survey.evidence { return (point, header[other]) }
      }
      return nil
    }
    notations.keep(notation, of: column)
    return notation
  }

  /// What was decided of numbers in these columns that can be read in two ways, a sentence for each.
  ///
  /// - Complexity: O(columns): the numbers have been read.
  package func numberDoubts(_ columns: [String]) -> [String] {
    columns.compactMap { name in
      places[name].flatMap { notations.found($0)?.doubt }
    }
  }
}

/// What the cells of a column say about its notation.
private struct NumberSurvey {
  private let table: Table
  private let column: Int
  /// What stands before decimals in the first cell that can be read in one way only.
  private(set) var evidence: UInt8?
  /// Whether numbers have been read already that leave no choice.
  private var isSettled = false
  /// The first cell with a mark that can stand before decimals or between thousands, and whether there
  /// is one with a point and one with a comma.
  private var doubtful: (text: String, number: WrittenNumber)?
  /// Numbers without marks: below 1000 and others.
  private var small = 0
  private var large = 0
  private var units: Set<String> = []
  private var hasPlain = false

  /// Cells that are no numbers, after which a column is one of text.
  private static let mostText = 1000

  /// - Complexity: O(bytes of the column).
  init(of column: Int, in table: Table, rows: Int = .max) {
    self.table = table
    self.column = column
    table.bytes.withUnsafeBufferPointer { bytes in
      var numbers = 0
      var texts = 0
      for row in 0..<min(rows, table.rowCount) {
        let range = NumberText.trimmed(bytes, table.cellRange(row: row, column: column))
        if range.isEmpty { continue }
        if take(bytes, range) {
          numbers += 1
        } else {
          texts += 1
          if numbers == 0, texts >= Self.mostText { return }
        }
      }
    }
  }

  /// False where the cell is no number.
  private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    if range.allSatisfy({ bytes[$0] >= Byte.zero && bytes[$0] <= Byte.nine }) {
      hasPlain = hasPlain || range.contains { bytes[$0] != Byte.zero }
      if range.count <= 3 { small += 1 } else { large += 1 }
      return true
    }
    let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    guard let number = WrittenNumber(text) else {
      // `1,5e3`
      for point in [Byte.point, Byte.comma] where text.utf8.contains(point) {
        guard NumberText.double(bytes, range, point: point) != nil else { continue }
        evidence = evidence ?? point
        return true
      }
      return NumberText.double(bytes, range) != nil
    }
    let withPoint = number.plain(point: Byte.point)
    let withComma = number.plain(point: Byte.comma)
    guard withPoint != nil || withComma != nil else { return false }
    if number.unit.isEmpty {
      hasPlain = hasPlain || text.utf8.contains { $0 > Byte.zero && $0 <= Byte.nine }
    } else {
      units.insert(number.unit)
    }
    // Between commas, a number with a point has been read before anybody asks.
    let isPlainRead = table.separator == Byte.comma && NumberText.double(bytes, range) != nil
    if isPlainRead, number.isMarked {
      evidence = Byte.point
      isSettled = true
    } else if isSettled {
      return true
    } else if withComma == nil {
      evidence = evidence ?? Byte.point
    } else if withPoint == nil {
      evidence = evidence ?? Byte.comma
    } else if number.isMarked, doubtful == nil {
      doubtful = (text, number)
    }
    return true
  }

  /// - Parameter others: What stands before decimals in another column, and its name.
  func notation(others: () -> (point: UInt8, column: String)?) -> NumberNotation {
    var notation = NumberNotation()
    let hasPercent = units.contains(WrittenNumber.percent)
    notation.hasMixedUnits = units.count > 1 || (hasPercent && hasPlain)
    if let evidence {
      notation.point = evidence
      notation.isCertain = true
      return notation
    }
    guard let (text, number) = doubtful else { return notation }
    let mark = text.utf8.contains(Byte.point) ? Byte.point : Byte.comma
    let other = mark == Byte.point ? Byte.comma : Byte.point
    // Of thousands, those below are written without a mark; decimals that end in 0 lose it.
    let areThousands = small > 0 && large == 0
    let reason: String
    if table.separator == Byte.comma {
      notation.point = Byte.point
      if areThousands { return notation }
      reason = "commas stand between the cells, and points before decimals"
    } else if let (point, name) = others() {
      notation.point = point
      reason = "column \"\(name)\" has a \(point == Byte.point ? "point" : "comma") before decimals"
    } else if areThousands {
      notation.point = other
      reason = "the numbers below 1000 have no such mark"
    } else {
      notation.point = mark
      reason =
        mark == Byte.comma
        ? "no comma stands between the cells" : "a point stands before decimals as a rule"
    }
    func reading(_ point: UInt8) -> String {
      let digits = number.plain(point: point) ?? []
      let value = NumberText.value(of: String(decoding: digits, as: UTF8.self)) ?? 0
      return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }
    let chosen = notation.point
    notation.doubt =
      "\"\(text.shortened)\" in column \"\(table.header[column])\" is read as "
      + "\(reading(chosen)), not as \(reading(chosen == mark ? other : mark)): \(reason). Where that is "
      + "wrong, write the numbers of this column without thousands separators and with a point before "
      + "decimals"
    return notation
  }
}
