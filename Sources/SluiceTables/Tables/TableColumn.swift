/// One column of a ``Table``, read as text, numbers or categories.
package struct TableColumn: Sendable {
  package let table: Table
  /// The position among the columns, from 0.
  package let index: Int
  /// What is tried first before decimals: a point, but a comma in files as spreadsheets of many
  /// languages write them, where no comma stands between cells and the column is written so. Cells that
  /// are no numbers then are read by the notation of the whole column (``Table/numberNotation(of:)``).
  private let decimalPoint: UInt8

  /// - Complexity: O(bytes of the column) at first, where no comma stands between cells.
  package init(table: Table, index: Int) {
    self.table = table
    self.index = index
    decimalPoint =
      table.separator == Byte.comma ? Byte.point : table.numberNotation(of: index).point
  }

  /// How the column writes numbers.
  ///
  /// - Complexity: O(bytes of the column) at first.
  package var notation: NumberNotation { table.numberNotation(of: index) }

  /// The name in the header.
  package var name: String { table.header[index] }
  /// The number of rows.
  package var count: Int { table.rowCount }

  /// A cell as text, quotes undone.
  package func string(_ row: Int) -> String {
    table.string(row: row, column: index)
  }

  /// Whether a cell holds nothing but blanks.
  package func isEmpty(_ row: Int) -> Bool {
    let range = table.cellRange(row: row, column: index)
    return table.bytes[range].allSatisfy { $0 == Byte.space || $0 == Byte.tab }
  }

  /// A cell as a number, correctly rounded. Blanks around it are allowed; thousands separators and the
  /// sign of a currency or of percent, where the column leaves no doubt what they mean.
  ///
  /// - Throws: ``TableError`` naming line and column when the cell holds no finite number.
  package func float(_ row: Int) throws(TableError) -> Float {
    let range = table.cellRange(row: row, column: index)
    let parsed = table.bytes.withUnsafeBufferPointer {
      NumberText.float($0, range, point: decimalPoint)
    }
    if let parsed { return parsed }
    guard let plain = plain(row),
      let number = plain.withUnsafeBufferPointer({ NumberText.float($0, 0..<$0.count) })
    else { throw numberError(row) }
    return number
  }

  /// A cell as a number in double precision, correctly rounded.
  ///
  /// - Throws: as ``float(_:)``.
  package func double(_ row: Int) throws(TableError) -> Double {
    let range = table.cellRange(row: row, column: index)
    let parsed = table.bytes.withUnsafeBufferPointer {
      NumberText.double($0, range, point: decimalPoint)
    }
    if let parsed { return parsed }
    guard let plain = plain(row),
      let number = plain.withUnsafeBufferPointer({ NumberText.double($0, 0..<$0.count) })
    else { throw numberError(row) }
    return number
  }

  /// A cell that is no plain number, by the notation of the column: digits with a point before decimals;
  /// nil where it is no number.
  private func plain(_ row: Int) -> [UInt8]? {
    plain(string(row))
  }

  private func plain(_ text: String) -> [UInt8]? {
    guard let number = WrittenNumber(text) else { return nil }
    let known = table.notations.found(index)
    // A cell that is no number in any notation is no reason to look at the column.
    guard
      known != nil || number.plain(point: Byte.point) != nil
        || number.plain(point: Byte.comma) != nil
    else { return nil }
    let notation = known ?? notation
    return notation.hasMixedUnits && !number.unit.isEmpty
      ? nil : number.plain(point: notation.point)
  }

  /// Text as a number, by the notation of the column; nil where it is none.
  package func number(_ text: String) -> Double? {
    NumberText.value(of: text, point: decimalPoint)
      ?? plain(text).flatMap { NumberText.value(of: String(decoding: $0, as: UTF8.self)) }
  }

  /// All cells as numbers.
  ///
  /// - Parameter empty: what an empty cell becomes; an error when nil.
  /// - Throws: as ``float(_:)``, for the first cell that is no number.
  /// - Complexity: O(bytes of the column).
  package func floats(empty: Float? = nil) throws(TableError) -> [Float] {
    var result = [Float](repeating: 0, count: count)
    for row in 0..<count {
      if let empty, isEmpty(row) {
        result[row] = empty
      } else {
        result[row] = try float(row)
      }
    }
    return result
  }

  /// Whether every cell that is not empty holds a number.
  package var isNumeric: Bool {
    (0..<count).allSatisfy { row in
      let range = table.cellRange(row: row, column: index)
      return table.bytes.withUnsafeBufferPointer {
        NumberText.float($0, range, point: decimalPoint)
      } != nil || isEmpty(row) || plain(row) != nil
    }
  }

  /// An error that points at a cell of this column.
  package func error(_ row: Int, what: String, remedy: String) -> TableError {
    table.error(row: row, column: index, what: what, remedy: remedy)
  }

  private func numberError(_ row: Int) -> TableError {
    let text = string(row)
    if isEmpty(row) {
      return error(
        row, what: "the cell of column \"\(name)\" is empty; a number is needed",
        remedy: "Fill it in, or remove the row.")
    }
    if let number = WrittenNumber(text), !number.unit.isEmpty, notation.hasMixedUnits {
      return error(
        row,
        what: "\"\(text.shortened)\" in column \"\(name)\" has a unit that other cells do not have",
        remedy: "Write all numbers of a column in one unit, best without it.")
    }
    return error(
      row, what: "\"\(text.shortened)\" in column \"\(name)\" is not a finite number",
      remedy: NumberText.remedy(for: text, point: decimalPoint))
  }
}

/// The distinct values of a column, and which of them each row holds.
package struct TableCategories: Sendable {
  /// For each row, the index of its value in `levels`.
  package var codes: [Int32]
  /// The distinct values, in the order of first appearance.
  package var levels: [String]
  /// For each level, the row of its first appearance.
  package var firstRows: [Int]
}

extension TableCategories {
  /// With texts that are equal though their bytes are not as one value: an é of one code point and one
  /// of two, or different blanks around a text.
  fileprivate func merged() -> TableCategories {
    guard levels.contains(where: { $0.utf8.contains { $0 >= 0x80 } }) else { return self }
    var places: [String: Int32] = [:]
    var kept: [Int] = []
    let codeOfLevel = levels.enumerated().map { index, level in
      if let place = places[level] { return place }
      let place = Int32(kept.count)
      places[level] = place
      kept.append(index)
      return place
    }
    return TableCategories(
      codes: codes.map { codeOfLevel[Int($0)] }, levels: kept.map { levels[$0] },
      firstRows: kept.map { firstRows[$0] })
  }
}

extension TableColumn {
  /// The distinct values of the column, as texts: canonically equal ones are the same.
  ///
  /// - Parameter trimming: whether blanks around a value are left out.
  /// - Complexity: O(bytes of the column), expected.
  package func categories(trimming: Bool = true) -> TableCategories {
    var codes = [Int32](repeating: 0, count: count)
    var ranges: [Range<Int>] = []
    var hashes: [UInt64] = []
    var firstRows: [Int] = []
    // Open addressing: -1 is free. At most half full.
    var slots = [Int32](repeating: -1, count: 256)

    table.bytes.withUnsafeBufferPointer { bytes in
      var previous = 0..<0
      var previousCode: Int32 = -1
      for row in 0..<count {
        var range = table.cellRange(row: row, column: index)
        if trimming { range = NumberText.trimmed(bytes, range) }
        // Neighbouring rows often hold the same value.
        if previousCode >= 0, Self.equal(bytes, range, previous) {
          codes[row] = previousCode
          continue
        }
        let hash = Self.hash(bytes, range)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        var code: Int32 = -1
        while slots[slot] >= 0 {
          let candidate = slots[slot]
          if hashes[Int(candidate)] == hash, Self.equal(bytes, range, ranges[Int(candidate)]) {
            code = candidate
            break
          }
          slot = (slot + 1) & (slots.count - 1)
        }
        if code < 0 {
          code = Int32(ranges.count)
          slots[slot] = code
          ranges.append(range)
          hashes.append(hash)
          firstRows.append(row)
          if ranges.count * 2 > slots.count { slots = Self.grown(slots, hashes) }
        }
        codes[row] = code
        previous = range
        previousCode = code
      }
    }
    let levels = firstRows.map { row in
      trimming ? string(row).trimmingBlanks() : string(row)
    }
    return TableCategories(codes: codes, levels: levels, firstRows: firstRows).merged()
  }

  private static func grown(_ slots: [Int32], _ hashes: [UInt64]) -> [Int32] {
    var grown = [Int32](repeating: -1, count: slots.count * 2)
    for (code, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash) & (grown.count - 1)
      while grown[slot] >= 0 { slot = (slot + 1) & (grown.count - 1) }
      grown[slot] = Int32(code)
    }
    return grown
  }

  @inline(__always)
  private static func equal(
    _ bytes: UnsafeBufferPointer<UInt8>, _ a: Range<Int>, _ b: Range<Int>
  ) -> Bool {
    guard a.count == b.count else { return false }
    for i in 0..<a.count where bytes[a.lowerBound + i] != bytes[b.lowerBound + i] { return false }
    return true
  }

  /// FNV-1a, with its low bits stirred once more because they pick the slot.
  @inline(__always)
  private static func hash(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for i in range { hash = (hash ^ UInt64(bytes[i])) &* 0x0000_0100_0000_01B3 }
    return hash ^ (hash >> 29)
  }
}

extension String {
  /// At most 40 characters, for messages.
  package var shortened: String {
    count <= 40 ? self : prefix(37) + "..."
  }
}
