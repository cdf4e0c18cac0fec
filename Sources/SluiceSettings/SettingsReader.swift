import SluicePlatform
import Yams

/// Something that says what settings are to be.
package enum SettingsSource {
  /// YAML, which need only name what it changes.
  ///
  /// - Parameter name: What to call it in messages, usually its path.
  case file(name: String, text: String)
  /// Flags of the command line, by the setting's path; the text of a switch does not matter.
  case flags([(path: String, text: String)])
}

/// Lays what files and flags say over settings. A key that does not exist is an error, not a wish
/// that is silently ignored.
package struct SettingsReader<Block: SettingsBlock> {
  private let sources: [SettingsSource]
  private let schema = SettingsSchema(of: Block.self)

  /// - Parameter sources: Later ones prevail.
  package init(_ sources: [SettingsSource]) {
    self.sources = sources
  }

  /// Settings from the text of one file.
  package init(_ text: String, name: String) {
    self.init([.file(name: name, text: text)])
  }

  /// The settings that the sources make of others.
  ///
  /// - Parameters:
  ///   - isComplete: Whether a file must name every setting, as one that was written whole does.
  ///   - check: Refuses what the settings cannot be here.
  /// - Throws: ``SettingError`` with the place and what to do.
  package func settings(
    over base: Block, isComplete: Bool = false, check: (Block) throws -> Void = { _ in }
  ) throws -> Block {
    var layers: [Layer] = []
    for source in sources { layers.append(try Layer(source, schema)) }
    do {
      var node = try SettingsText.node(of: base)
      for layer in layers {
        let whole = node
        if let given = layer.node, !given.isNull {
          node = try merge(
            node, given, path: "", of: layer, isComplete: isComplete && !layer.isFlags)
        }
        if isComplete, !layer.isFlags { try requireAll(of: whole, in: layer.node, path: "") }
      }
      let settings: Block
      do {
        settings = try SettingsText.decode(Block.self, from: node)
      } catch let error as DecodingError {
        throw explanation(of: error, in: node)
      }
      try settings.validate()
      try check(settings)
      return settings
    } catch var error as SettingError {
      error.source = error.source ?? Self.source(of: error.setting, in: layers)
      throw error
    }
  }

  /// What one source says, as nodes.
  private struct Layer {
    /// Nil: nothing.
    let node: Node?
    let name: String
    let isFlags: Bool
    /// By path.
    private var flags: [String: String] = [:]

    init(_ source: SettingsSource, _ schema: SettingsSchema) throws {
      switch source {
      case .file(let name, let text):
        self.name = name
        isFlags = false
        // What is a table by mistake is not read to its end, nor is what is nested without one.
        guard text.utf8.count <= 1 << 20, Self.depth(of: text) <= 64 else {
          throw SettingError(
            "", "is too large for settings, or nested too deeply",
            remedy: "Give a file such as `sluice config` prints.", source: .file(name))
        }
        do {
          // Some editors begin a file with a mark of its encoding.
          node = try Yams.compose(yaml: text.first == "\u{FEFF}" ? String(text.dropFirst()) : text)
        } catch {
          throw SettingError("", "is not valid YAML: \(error)", source: .file(name))
        }
        var left = 100_000
        guard node?.isSmaller(than: &left) != false else {
          throw SettingError(
            "", "stands for more values than settings have",
            remedy: "Write the values out instead of aliases (`*name`).", source: .file(name))
        }
      case .flags(let given):
        name = ""
        isFlags = true
        var root = Node.mapping(Node.Mapping([]))
        for (path, text) in given {
          guard let known = schema.flags.first(where: { $0.path == path }) else { continue }
          root = Self.inserting(known.setting.node(of: text), at: path.keys, into: root)
          flags[path] = "--\(known.flag)"
        }
        node = root
      }
    }

    /// How deeply brackets and dashes nest at most, wherever they stand.
    private static func depth(of text: String) -> Int {
      var (depth, most, dashes) = (0, 0, 0)
      var last = UInt8(ascii: "\n")
      for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
        // A line of dashes is none.
        case UInt8(ascii: "-"), UInt8(ascii: "?"): dashes = byte == last ? 0 : dashes + 1
        case UInt8(ascii: " "): break
        default: dashes = 0
        }
        most = max(most, depth + dashes)
        last = byte
      }
      return most
    }

    private static func inserting(_ value: Node, at path: ArraySlice<Substring>, into node: Node)
      -> Node
    {
      guard let key = path.first else { return value }
      var mapping = node.mapping ?? Node.Mapping([])
      let name = Node(String(key))
      mapping[name] = inserting(
        value, at: path.dropFirst(), into: mapping[name] ?? .mapping(Node.Mapping([])))
      return .mapping(mapping)
    }

    /// Where the source gives a setting, or the block that it would stand in.
    ///
    /// - Parameter isExact: Whether only the setting itself will do.
    func source(of path: String, isExact: Bool) -> SettingError.Source? {
      if isFlags { return flags[path].map { .flag($0) } }
      guard var found = node else { return isExact ? nil : .file(name) }
      for key in path.keys {
        guard let inner = found.child(key) else {
          if isExact { return nil }
          break
        }
        found = inner
      }
      return source(of: found)
    }

    /// Where a node of a file stands.
    func source(of node: Node) -> SettingError.Source {
      .file(node.mark.map { "\(name):\($0.line):\($0.column)" } ?? name)
    }
  }

  private static func source(of path: String, in layers: [Layer]) -> SettingError.Source? {
    for isExact in [true, false] {
      for layer in layers.reversed() {
        if let found = layer.source(of: path, isExact: isExact) { return found }
      }
    }
    return nil
  }

  /// Lays `given` over `base`. Keys that `base` lacks are refused.
  private func merge(
    _ base: Node, _ given: Node, path: String, of layer: Layer, isComplete: Bool
  ) throws -> Node {
    guard case .mapping(let defaults) = base, !defaults.isEmpty else { return given }
    // A choice with a name, such as a schedule, is replaced whole: its settings depend on it.
    let isNamed = given.mapping.map { $0["name"] != nil } ?? (given.scalar != nil)
    if defaults["name"] != nil, isNamed, !given.isNull { return given }
    // A block of which nothing is said.
    if given.isNull, schema.blocks.contains(path) { return base }
    // No block at all; whether it may be left out is for its type to say.
    if given.isNull, !path.isEmpty { return given }
    guard case .mapping(let changes) = given else {
      throw SettingError(
        path, "takes a block of settings: \(defaults.names.joined(separator: ", "))")
    }
    var result = defaults
    for (key, value) in changes {
      let name = key.string ?? ""
      let full = path.isEmpty ? name : "\(path).\(name)"
      guard let known = defaults[key] else {
        throw SettingError(
          full, "is no setting",
          remedy: isComplete ? Self.damaged : hint(name, defaults.names),
          source: layer.source(of: key))
      }
      result[key] = try merge(known, value, path: full, of: layer, isComplete: isComplete)
    }
    return .mapping(result)
  }

  private static var damaged: String {
    "The file is damaged, or of another version of sluice: copy it again, or retrain."
  }

  private func hint(_ name: String, _ names: [String]) -> String {
    NearMiss.closest(to: name, among: names, limit: 1).first.map { "Did you mean `\($0)`?" }
      ?? "There are: \(names.joined(separator: ", "))."
  }

  private func requireAll(of base: Node, in given: Node?, path: String) throws {
    func missing(_ setting: String) -> SettingError {
      SettingError(setting, setting.isEmpty ? "is empty" : "is missing", remedy: Self.damaged)
    }
    guard let given, !(given.isNull && path.isEmpty) else { throw missing(path) }
    guard let defaults = base.mapping, let own = given.mapping, defaults["name"] == nil else {
      return
    }
    for (key, value) in defaults {
      let full = path.isEmpty ? key.string ?? "" : "\(path).\(key.string ?? "")"
      guard let inner = own[key] else {
        if schema.settings.contains(where: { $0.path == full && $0.setting.isAddition }) {
          continue
        }
        throw missing(full)
      }
      try requireAll(of: value, in: inner, path: full)
    }
  }

  /// What is wrong with a value.
  private func explanation(of error: DecodingError, in root: Node) -> SettingError {
    let context: DecodingError.Context
    var complaint: String
    switch error {
    case .typeMismatch(let type, let found):
      context = found
      complaint = "must be \(Self.words(for: type))"
    case .valueNotFound(let type, let found):
      context = found
      complaint = "must be \(Self.words(for: type)), it has no value"
    case .keyNotFound(let key, let found):
      context = found
      complaint = "lacks `\(key.stringValue)`"
    case .dataCorrupted(let found):
      context = found
      complaint = found.debugDescription
    @unknown default:
      return SettingError("", "cannot be read: \(error)")
    }
    var path: [String] = []
    var entries = schema.entries
    var node: Node? = root
    var choices: String?
    for key in context.codingPath {
      if let index = key.intValue {
        path.append("\(index)")
        node = node?.child("\(index)")
        choices = nil
        continue
      }
      let entry = entries.first { $0.name == key.stringValue }
      entries = []
      if case .block(let inner)? = entry?.content { entries = inner }
      // A choice may be a block with a `name`, which is where the message belongs too.
      if key.stringValue != "name" { choices = nil }
      if case .setting(let setting)? = entry?.content { choices = setting.choices }
      path.append(entry?.key ?? key.stringValue)
      node = node?.child(path[path.count - 1])
    }
    if let choices { complaint = "takes one of: \(choices)" }
    var remedy: String?
    if complaint.hasPrefix("must be ") || choices != nil, let text = node?.string {
      complaint = "is \(text.isEmpty ? "empty" : text), it \(complaint)"
      let names = choices?.split(separator: ", ").map(String.init) ?? []
      remedy = NearMiss.question(text, among: names)
    }
    return SettingError(path.joined(separator: "."), complaint, remedy: remedy ?? "")
  }

  private static func words(for type: Any.Type) -> String {
    switch type {
    case is Int.Type, is UInt64.Type: "a whole number"
    case is Double.Type, is Float.Type: "a number"
    case is Bool.Type: "true or false"
    case is String.Type: "a word"
    case is any Collection.Type: "a list"
    default: "a block of settings, or one of another kind"
    }
  }
}

extension SettingsReader {
  /// The settings in which two configurations differ, by path, with what each says.
  package static func differences(_ a: Block, _ b: Block) throws
    -> [(path: String, first: String, second: String)]
  {
    let others = Dictionary(
      leaves(try SettingsText.node(of: b), under: ""), uniquingKeysWith: { first, _ in first })
    let own = leaves(try SettingsText.node(of: a), under: "")
    let known = Set(own.map(\.0))
    return own.filter { others[$0.0] != $0.1 }.map { ($0.0, $0.1, others[$0.0] ?? "nothing") }
      + others.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }
      .map { ($0.key, "nothing", $0.value) }
  }

  /// All settings as people write them, by their paths, in the order of the file.
  ///
  /// - Throws: What the coder throws.
  package static func values(of block: Block) throws -> [(path: String, text: String)] {
    leaves(try SettingsText.node(of: block), under: "").map { (path: $0.0, text: $0.1) }
  }

  private static func leaves(_ node: Node, under path: String) -> [(String, String)] {
    SettingsText.leaves(node, under: path)
  }
}

extension SettingsText {
  /// All settings of a configuration as it stands, whatever version wrote it: by their paths, in the
  /// order of the file.
  ///
  /// - Throws: What the parser throws.
  package static func values(ofText text: String) throws -> [(path: String, text: String)] {
    guard let node = try Yams.compose(yaml: text), case .mapping = node else { return [] }
    return leaves(readable(node), under: "").map { (path: $0.0, text: $0.1) }
  }

  fileprivate static func leaves(_ node: Node, under path: String) -> [(String, String)] {
    guard case .mapping(let mapping) = node else {
      let text = (try? Yams.serialize(node: node)) ?? ""
      return [
        (path, String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()))
      ]
    }
    return mapping.flatMap { key, value in
      leaves(value, under: path.isEmpty ? key.string ?? "" : "\(path).\(key.string ?? "")")
    }
  }
}

extension Node {
  fileprivate var isNull: Bool {
    guard case .scalar(let scalar) = self, scalar.style != .doubleQuoted else { return false }
    return scalar.string.isEmpty || scalar.string == "null"
  }

  /// Whether it has at most `left` values, those of aliases included, of which that many are left then.
  ///
  /// - Complexity: O(left), whatever it stands for.
  fileprivate func isSmaller(than left: inout Int) -> Bool {
    left -= 1
    guard left >= 0 else { return false }
    switch self {
    case .scalar, .alias: return true
    case .sequence(let sequence): return sequence.allSatisfy { $0.isSmaller(than: &left) }
    case .mapping(let mapping):
      return mapping.allSatisfy { $0.isSmaller(than: &left) && $1.isSmaller(than: &left) }
    }
  }

  /// What stands under a key, or at a place of a list.
  fileprivate func child(_ key: some StringProtocol) -> Node? {
    if let sequence, let index = Int(key) {
      return sequence.indices.contains(index) ? sequence[index] : nil
    }
    return mapping?[String(key)]
  }
}

extension Node.Mapping {
  fileprivate var names: [String] { keys.compactMap(\.string) }
}

extension String {
  /// The keys of a path.
  fileprivate var keys: ArraySlice<Substring> { split(separator: ".")[...] }
}
