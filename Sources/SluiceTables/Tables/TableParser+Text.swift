extension TableParser {
  /// Refuses text that is not UTF-8 or holds NUL bytes, and finds where it begins behind a
  /// byte-order mark.
  package static func checkText(_ bytes: [UInt8], file: String) throws(TableError) -> Int {
    if let error = foreignFormat(of: bytes, file: file) { throw error }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw TableError(
        file: file, line: 1, column: 1, what: "the file is UTF-16",
        remedy: "Save it as UTF-8, for example with: iconv -f UTF-16 -t UTF-8")
    }
    if let offset = firstBadByte(bytes) {
      let place = position(of: offset, in: bytes)
      if bytes[offset] == 0 {
        throw TableError(
          file: file, line: place.line, column: place.column, what: "there is a NUL byte",
          remedy: "This is no text file, or it is damaged. Export it again as CSV in UTF-8.")
      }
      let digits = String(bytes[offset], radix: 16, uppercase: true)
      throw TableError(
        file: file, line: place.line, column: place.column,
        what: "byte 0x\(digits.count < 2 ? "0" : "")\(digits) is not valid UTF-8",
        remedy:
          "Save the file as UTF-8, for example with: iconv -f WINDOWS-1252 -t UTF-8")
    }
    return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// The first byte that is NUL or breaks UTF-8.
  package static func firstBadByte(_ bytes: [UInt8]) -> Int? {
    bytes.withUnsafeBytes { raw in
      let end = raw.count
      var i = 0
      while i < end {
        // Eight bytes at once while they are ASCII and not NUL.
        while i + 8 <= end {
          let word = raw.loadUnaligned(fromByteOffset: i, as: UInt64.self)
          let zeroes = (word &- 0x0101_0101_0101_0101) & ~word
          if (word | zeroes) & 0x8080_8080_8080_8080 != 0 { break }
          i += 8
        }
        guard i < end else { break }
        let first = raw[i]
        if first == 0 { return i }
        if first < 0x80 {
          i += 1
          continue
        }
        let length: Int
        // The second byte is bound more tightly than 80...BF for overlong forms, surrogates and
        // numbers beyond U+10FFFF.
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return i
        }
        guard i + length <= end, second.contains(raw[i + 1]) else { return i }
        for k in 2..<max(length, 2) where raw[i + k] & 0xC0 != 0x80 { return i }
        i += length
      }
      return nil
    }
  }

  /// The line and the character of a byte, both from 1.
  package static func position(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
    bytes.withUnsafeBufferPointer { text in
      var line = 1
      var lineStart = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
      for i in 0..<min(offset, text.count) {
        let isEnd =
          text[i] == Byte.lineFeed
          || text[i] == Byte.carriageReturn
            && !(i + 1 < text.count && text[i + 1] == Byte.lineFeed)
        if isEnd {
          line += 1
          lineStart = i + 1
        }
      }
      var column = 1
      for i in lineStart..<max(offset, lineStart) where text[i] & 0xC0 != 0x80 { column += 1 }
      return (line, column)
    }
  }

  /// The separator that cuts the header and the rows below it into the same number of cells, the
  /// largest such number; a comma when nothing does.
  package static func findSeparator(_ bytes: [UInt8], from start: Int) -> UInt8 {
    var best = (separator: Byte.comma, agreeing: 0, cells: 1)
    for candidate in [Byte.comma, UInt8(ascii: ";"), Byte.tab, UInt8(ascii: "|")] {
      let counts = cellCounts(bytes, from: start, separator: candidate, rows: 50)
      guard let cells = counts.first, cells > 1 else { continue }
      // The rows may be ragged by mistake; then the separator should still be the right one.
      let agreeing = counts.count { $0 == cells } * 50 / counts.count
      if (agreeing, cells) > (best.agreeing, best.cells) {
        best = (candidate, agreeing, cells)
      }
    }
    return best.separator
  }

  /// How many cells each of the first rows would have.
  private static func cellCounts(
    _ bytes: [UInt8], from start: Int, separator: UInt8, rows: Int
  ) -> [Int] {
    var counts: [Int] = []
    var cells = 1
    var quoted = false
    var cellIsEmpty = true
    var rowIsEmpty = true
    for i in start..<max(bytes.count, start) {
      let byte = bytes[i]
      if byte == Byte.quote {
        // A quote opens a cell only at its beginning; within one, doubled quotes close and open.
        if quoted || cellIsEmpty {
          quoted.toggle()
          cellIsEmpty = true
        }
        rowIsEmpty = false
      } else if quoted {
        continue
      } else if byte == separator {
        cells += 1
        cellIsEmpty = true
        rowIsEmpty = false
      } else if byte == Byte.lineFeed || byte == Byte.carriageReturn {
        if !rowIsEmpty { counts.append(cells) }
        if counts.count == rows { return counts }
        cells = 1
        cellIsEmpty = true
        rowIsEmpty = true
      } else {
        cellIsEmpty = false
        rowIsEmpty = false
      }
    }
    if !rowIsEmpty { counts.append(cells) }
    return counts
  }

  /// Text with each doubled quote made one.
  package static func undoubled(_ cell: ArraySlice<UInt8>) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(cell.count)
    var afterQuote = false
    for byte in cell {
      if byte == Byte.quote, afterQuote {
        afterQuote = false
        continue
      }
      afterQuote = byte == Byte.quote
      result.append(byte)
    }
    return String(decoding: result, as: UTF8.self)
  }

  package static func name(ofSeparator separator: UInt8) -> String {
    switch separator {
    case Byte.comma: "comma"
    case UInt8(ascii: ";"): "semicolon"
    case Byte.tab: "tab"
    case UInt8(ascii: "|"): "pipe"
    default: "separator"
    }
  }
}

extension String {
  /// Without blanks and tabs around it.
  package func trimmingBlanks() -> String {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    let tail = drop(while: isBlank)
    guard let last = tail.lastIndex(where: { !isBlank($0) }) else { return "" }
    return String(tail[...last])
  }
}
