/// A layer as Keras describes it, read setting by setting: what nobody asks for must ask for nothing.
struct KerasLayer {
  /// `LSTM`
  let className: String
  let name: String
  /// The file, for messages.
  let file: String
  /// Those that are still to be looked at.
  private var settings: [String: JSONValue]
  /// What holds in training alone, and so is left out.
  private(set) var remarks: [String] = []

  /// - Throws: ``KerasError`` where it is no layer.
  init(_ json: JSONValue, file: String) throws {
    guard let className = json["class_name"]?.string, let settings = json["config"]?.object else {
      throw KerasError(file, "its description holds a layer without a class or settings")
    }
    let registered = json["registered_name"]?.string ?? ""
    // `Custom>LSTM`: somebody's own class of a known name.
    self.className = registered.contains(">") ? registered : className
    self.file = file
    self.settings = settings
    name = settings["name"]?.string ?? json["name"]?.string ?? "without a name"
  }

  /// In messages.
  var title: String { "layer \(name) (\(className))" }

  /// What is wrong with it.
  func error(_ complaint: String, remedy: String) -> KerasError {
    KerasError(file, "\(title) \(complaint)", remedy: remedy)
  }

  /// A setting, which is looked at with that.
  mutating func take(_ key: String) -> JSONValue? { settings.removeValue(forKey: key) }

  /// A number of units or columns.
  mutating func count(_ key: String) throws -> Int {
    let value = take(key)
    guard let count = value?.count, (1...65_536).contains(count) else {
      throw error("has \(key): \(value?.text ?? "nothing")", remedy: KerasError.damaged)
    }
    return count
  }

  /// A share in `[0, 1)`; 0 where nothing is said.
  mutating func share(_ key: String) throws -> Double {
    let value = take(key) ?? .number(0)
    guard let share = value.number, (0..<1).contains(share) else {
      throw error("has \(key): \(value.text)", remedy: "It takes a number from 0 up to, but not, 1")
    }
    return share
  }

  /// True or false; false where nothing is said.
  mutating func flag(_ key: String) throws -> Bool {
    switch take(key) ?? .bool(false) {
    case .bool(let value): return value
    case let value: throw error("has \(key): \(value.text)", remedy: KerasError.damaged)
    }
  }

  /// Whether a setting is absent or has a value.
  func allows(_ key: String, _ allowed: JSONValue) -> Bool {
    guard let value = settings[key] else { return true }
    return value == allowed || allowed.string != nil && value.className == allowed.string
      || allowed.isNothing && value.isNothing
  }

  /// A setting that may have one value only, or be absent.
  mutating func require(_ key: String, _ allowed: JSONValue, remedy: String) throws {
    let isAllowed = allows(key, allowed)
    guard let value = take(key), !isAllowed else { return }
    throw error("has \(key): \(value.className ?? value.text)", remedy: remedy)
  }

  /// A setting that matters in training alone.
  mutating func forTraining(_ key: String) {
    guard let value = take(key), !value.isNothing else { return }
    leaveOut("\(key): \(value.text)")
  }

  /// Says that something which matters in training alone is left out.
  mutating func leaveOut(_ what: String) {
    remarks.append(
      "\(title): \(what) is left out. It changes no answer, only what a further training would do.")
  }

  /// Takes over a remark on a layer that this one wraps.
  mutating func pass(_ remark: String) { remarks.append(remark) }

  /// Looks at what is left, all that says how weights began or are held within bounds included.
  ///
  /// - Throws: ``KerasError`` for a setting that asks for something else than is computed here.
  mutating func finish() throws {
    for key in ["name", "batch_input_shape", "batch_shape", "build_config", "seed"] {
      _ = take(key)
    }
    if let trainable = take("trainable"), trainable == .bool(false) {
      leaveOut("trainable: false")
    }
    if let type = take("dtype"), type != .null { try check(type: type) }
    for key in settings.keys.sorted() {
      if key.hasSuffix("_initializer") { _ = take(key) }
      if key.hasSuffix("_regularizer") || key.hasSuffix("_constraint") { forTraining(key) }
    }
    for (key, value) in settings.sorted(by: { $0.key < $1.key }) where !value.isNothing {
      throw error(
        "has \(key): \(value.text), which is not known here",
        remedy: "Save the model without it; or say in `configuration` what its layers are")
    }
  }

  private mutating func check(type: JSONValue) throws {
    switch type.className ?? "" {
    case "float32": break
    case "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16":
      remarks.append(
        "\(title) computes in \(type.className ?? "") there, and in float32 here: answers differ by "
          + "roundings.")
    default:
      throw error(
        "has dtype: \(type.className ?? type.text)",
        remedy: "Save a model that is not quantized, of float32 weights")
    }
  }
}
