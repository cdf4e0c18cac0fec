/// Reads the header of a safetensors file: the little of JSON that may stand there, and nothing
/// else. It never recurses, so no depth of brackets can exhaust the stack, and it sees names that
/// come twice.
struct SafetensorsHeader {
  struct Entry {
    var name: String
    var type: String
    var shape: [Int]
    /// Bytes behind the header.
    var begin: Int
    var end: Int
  }

  private(set) var metadata: [String: String] = [:]
  private let text: [UInt8]
  private let file: String
  private var position = 0

  init(_ text: String, file: String) {
    self.text = Array(text.utf8)
    self.file = file
  }

  /// The tensors in the order of the header.
  ///
  /// - Throws: ``SafetensorsError``.
  mutating func parse() throws -> [Entry] {
    var entries: [Entry] = []
    var names: Set<String> = []
    try object { parser, name in
      guard names.insert(name).inserted else {
        throw parser.error("the name \"\(name)\" comes twice")
      }
      if name == Safetensors.metadataKey {
        try parser.object { parser, key in
          guard parser.metadata[key] == nil else {
            throw parser.error("the metadata \"\(key)\" come twice")
          }
          parser.metadata[key] = try parser.string()
        }
      } else {
        entries.append(try parser.entry(named: name))
      }
    }
    skipSpace()
    guard position == text.count else { throw error("there is text behind the header's object") }
    return entries
  }

  private mutating func entry(named name: String) throws -> Entry {
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    try object { parser, key in
      switch key {
      case "dtype" where type == nil: type = try parser.string()
      case "shape" where shape == nil: shape = try parser.numbers()
      case "data_offsets" where offsets == nil: offsets = try parser.numbers()
      default: throw parser.error("tensor \"\(name)\" has an unexpected or repeated \"\(key)\"")
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2 else {
      throw error("tensor \"\(name)\" lacks its dtype, shape or two data_offsets")
    }
    return Entry(name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
  }

  /// `{"key": value, …}`; `value` reads what stands behind each colon.
  private mutating func object(
    _ value: (inout SafetensorsHeader, String) throws -> Void
  ) throws {
    try expect("{")
    if take("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try value(&self, key)
    } while take(",")
    try expect("}")
  }

  /// `[0, 1, …]`
  private mutating func numbers() throws -> [Int] {
    try expect("[")
    var values: [Int] = []
    if take("]") { return values }
    repeat {
      skipSpace()
      var value = 0
      var digits = 0
      while position < text.count, (0x30...0x39).contains(text[position]) {
        let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.addingReportingOverflow(Int(text[position] - 0x30))
        guard !overflow, !carry else { throw error("a number is too large") }
        value = sum
        digits += 1
        position += 1
      }
      guard digits > 0 else { throw error("a whole number of 0 or more is expected") }
      values.append(value)
    } while take(",")
    try expect("]")
    return values
  }

  private mutating func string() throws -> String {
    try expect("\"")
    var bytes: [UInt8] = []
    while position < text.count {
      let byte = text[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        bytes += try escape()
      case ..<0x20:
        throw error("there is a control character in a string")
      default:
        bytes.append(byte)
      }
    }
    throw error("a string does not end")
  }

  /// What stands behind a backslash, as UTF-8.
  private mutating func escape() throws -> [UInt8] {
    guard position < text.count else { throw error("a string does not end") }
    let byte = text[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var units = [try codeUnit()]
      if UTF16.isLeadSurrogate(units[0]), text[position...].starts(with: Array("\\u".utf8)) {
        position += 2
        units.append(try codeUnit())
      }
      guard let character = String(validating: units, as: UTF16.self) else {
        throw error("a string has half of a surrogate pair")
      }
      return Array(character.utf8)
    default:
      throw error("a string has an unknown escape")
    }
  }

  private mutating func codeUnit() throws -> UInt16 {
    let digits = text[position...].prefix(4)
    let hexadecimal = digits.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
    }
    guard digits.count == 4, hexadecimal,
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw error("a string has an unknown escape") }
    position += 4
    return unit
  }

  private mutating func skipSpace() {
    while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
  }

  /// Takes `character` if it comes next, spaces aside.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard take(character) else { throw error("\"\(character)\" is expected") }
  }

  private func error(_ what: String) -> SafetensorsError {
    SafetensorsError(file, "the header is not valid, at its byte \(position): \(what)")
  }
}
