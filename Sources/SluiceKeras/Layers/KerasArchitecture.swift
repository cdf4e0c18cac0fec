/// The layers of a model that are one after another, as Keras describes them.
enum KerasArchitecture {
  /// The layers in the order in which they run, those of inputs included.
  ///
  /// - Parameters:
  ///   - text: A model's `config.json`, or the attribute `model_config` of an `.h5` file.
  ///   - file: Its name, for messages.
  /// - Throws: ``KerasError`` where it is none, or layers do not follow each other in one line.
  static func layers(_ text: String, file: String) throws -> [KerasLayer] {
    guard let json = try? JSONValue(text: text), let className = json["class_name"]?.string else {
      throw KerasError(file, "the description of its layers is not valid JSON")
    }
    // Keras 1 and early versions of 2 have the list itself.
    let described = json["config"]?["layers"]?.array ?? json["config"]?.array
    guard let described, className == "Sequential" || isGraph(className) else {
      throw KerasError(
        file, "it is a \(className), a class that does not say what its layers are",
        remedy:
          "Save a Sequential or a functional model; or say in `configuration` what its layers are"
      )
    }
    let layers = try described.map { try KerasLayer($0, file: file) }
    guard isGraph(className) else { return layers }
    return try chain(json["config"] ?? .null, described, layers, file: file)
  }

  private static func isGraph(_ className: String) -> Bool {
    className == "Functional" || className == "Model"
  }

  /// The layers of a functional model, from its one input to its one output.
  private static func chain(
    _ model: JSONValue, _ described: [JSONValue], _ layers: [KerasLayer], file: String
  ) throws -> [KerasLayer] {
    let remedy = "A stack is one line of layers, each fed by the one before it"
    // Names in the graph are those beside the settings.
    let names = zip(described, layers).map { $0["name"]?.string ?? $1.name }
    var followers: [String: Int] = [:]
    for (index, layer) in described.enumerated() where layers[index].className != "InputLayer" {
      let calls = layer["inbound_nodes"]?.array ?? []
      let sources = calls.flatMap { Self.sources(of: $0) }
      guard calls.count == 1, sources.count == 1 else {
        throw layers[index].error(
          calls.count > 1
            ? "is called \(calls.count) times" : "reads \(sources.count) inputs: there must be one",
          remedy: remedy)
      }
      if let other = followers.updateValue(index, forKey: sources[0]) {
        throw KerasError(
          file, "both \(layers[other].title) and \(layers[index].title) read \(sources[0])",
          remedy: remedy)
      }
    }
    let inputs = ends(model["input_layers"])
    let outputs = ends(model["output_layers"])
    guard inputs.count == 1, outputs.count == 1,
      let first = names.firstIndex(of: inputs[0])
    else {
      throw KerasError(
        file, "the model has \(inputs.count) inputs and \(outputs.count) outputs", remedy: remedy)
    }
    var order = [first]
    while let next = followers.removeValue(forKey: names[order[order.count - 1]]) {
      order.append(next)
    }
    guard order.count == layers.count, names[order[order.count - 1]] == outputs[0] else {
      throw KerasError(
        file, "its output \(outputs[0]) is not at the end of one line of all layers",
        remedy: remedy)
    }
    return order.map { layers[$0] }
  }

  /// The layers that a call of a layer reads.
  private static func sources(of call: JSONValue) -> [String] {
    switch call {
    case .array(let tensors):
      // Keras 2: [["name", 0, 0, {}], …].
      return tensors.compactMap { $0.array?.first?.string }
    case .object(let value):
      return histories(in: .array([value["args"] ?? .null, value["kwargs"] ?? .null]))
    default: return []
    }
  }

  /// Every tensor that an argument of a call speaks of.
  private static func histories(in value: JSONValue) -> [String] {
    switch value {
    case .array(let values): return values.flatMap { histories(in: $0) }
    case .object(let values):
      if values["class_name"] == .string("__keras_tensor__") {
        return [values["config"]?["keras_history"]?.array?.first?.string].compactMap { $0 }
      }
      return values.keys.sorted().flatMap { histories(in: values[$0] ?? .null) }
    default: return []
    }
  }

  /// `["name", 0, 0]`, or a list of them.
  private static func ends(_ value: JSONValue?) -> [String] {
    guard let values = value?.array else { return [] }
    if let name = values.first?.string { return [name] }
    return values.compactMap { $0.array?.first?.string }
  }
}
