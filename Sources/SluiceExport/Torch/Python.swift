/// Lines of a Python function, and what stands for each value of a graph: an expression, or a variable.
struct Python {
  private(set) var lines: [String] = []
  var indent: Int
  /// By the value's place in the graph.
  var texts: [Int: String] = [:]
  /// Values before this place have been written, as parts of a repetition.
  var skipped = 0
  private var uses: [Int: Int] = [:]
  private var names: Set<String> = [
    "w", "x", "m", "step", "of", "recurrent", "hidden", "pool", "member",
  ]
  private var count = 0
  private let graph: ExportGraph

  /// An expression that is longer gets a variable.
  private static let longest = 60

  /// - Parameter range: The nodes that the function holds.
  init(indent: Int, _ graph: ExportGraph, _ range: Range<Int>) {
    self.indent = indent
    self.graph = graph
    for place in range {
      for input in graph.nodes[place].inputs { uses[input, default: 0] += 1 }
    }
    for output in graph.outputs { uses[output.value.place, default: 0] += 1 }
  }

  mutating func line(_ text: String) {
    lines.append(String(repeating: "    ", count: indent) + text)
  }

  /// A variable's name that nothing else has.
  mutating func name(_ wanted: String) -> String {
    var name = wanted
    var number = 1
    while !names.insert(name).inserted {
      number += 1
      name = "\(wanted)\(number)"
    }
    return name
  }

  /// A variable's name for what has none of its own.
  private mutating func freshName() -> String {
    count += 1
    return name("t\(count)")
  }

  /// Says what a value is.
  ///
  /// - Parameter isTrivial: Whether it is as short as a variable.
  mutating func set(_ place: Int, _ text: String, isTrivial: Bool = false) {
    let wanted = graph.nodes[place].name
    let isShort = isTrivial || ((uses[place] ?? 0) < 2 && text.count <= Self.longest)
    if wanted == nil, isShort {
      texts[place] = text
    } else {
      let name = wanted.map { self.name($0) } ?? freshName()
      line("\(name) = \(text)")
      texts[place] = name
    }
  }

  /// A text as Python writes it.
  static func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

  /// A text as it stands within quotes.
  static func escaped(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      switch scalar {
      case "\\", "\"": "\\\(scalar)"
      case "\n": "\\n"
      case "\r": "\\r"
      default: String(scalar)
      }
    }.joined()
  }

  /// An expression as an operand: in parentheses where it is a sum, a product or a comparison.
  static func atom(_ text: String) -> String {
    var depth = 0
    var isQuoted = false
    var isEscaped = false
    for character in text {
      if isEscaped || character == "\\" {
        isEscaped.toggle()
        continue
      }
      if character == "\"" { isQuoted.toggle() }
      if isQuoted { continue }
      if "([{".contains(character) { depth += 1 }
      if ")]}".contains(character) { depth -= 1 }
      if character == " ", depth == 0 { return "(\(text))" }
    }
    return text.hasPrefix("-") ? "(\(text))" : text
  }
}
