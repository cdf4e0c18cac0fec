import SluiceCompute

/// A graph in the format ONNX, which onnxruntime and others run: operators of version 17 of the standard
/// set, every weight in the file, rows and steps free.
///
/// - SeeAlso: <https://onnx.ai/onnx/operators>
package struct OnnxModel {
  /// The file.
  package let bytes: [UInt8]

  /// The version of the standard operators, and that of the format itself.
  static let operators = 17
  private static let format = 8
  /// Files of 2 GiB and more are no messages of Protocol Buffers.
  private static let mostBytes = 1 << 31

  /// - Throws: ``ExportError`` where the model is too large for the format, or has a cell that it lacks.
  package init(_ graph: ExportGraph, producer: String, version: String) throws {
    var writer = OnnxWriter(graph)
    for place in graph.nodes.indices { try writer.write(place) }
    let body = writer.finish()
    var operators = ProtobufMessage()
    operators.add(1, "")
    operators.add(2, Self.operators)
    var model = ProtobufMessage()
    model.add(1, Self.format)
    model.add(2, producer)
    model.add(3, version)
    model.add(7, body)
    model.add(8, operators)
    guard model.bytes.count < Self.mostBytes else {
      throw ExportError(
        "the model comes to \(model.bytes.count >> 20) MiB, and an ONNX file holds 2048 at most",
        remedy: "Export as torch, whose weights stay in the model's folder.")
    }
    bytes = model.bytes
  }
}

/// Nodes and tensors of an ONNX graph as they are made. Fields are numbered as `onnx.proto` numbers them.
struct OnnxWriter {
  let graph: ExportGraph
  private var nodes: [ProtobufMessage] = []
  private var tensors: [ProtobufMessage] = []
  private var tensorNames: Set<String> = []
  private var valueNames: Set<String> = []
  /// What a value of the graph is called.
  var names: [Int: String] = [:]
  /// What each of several recurrent layers ends with.
  var states: [Int: [State]] = [:]
  /// Weights that have been transposed, by their names.
  var transposed: [String: String] = [:]
  /// The step of the repetition that is written.
  var step = 0
  var skipped = 0

  init(_ graph: ExportGraph) {
    self.graph = graph
    valueNames.formUnion(graph.inputs.map(\.name))
    valueNames.formUnion(graph.outputPorts.map(\.name))
  }

  /// What a recurrent layer ends with, `[D, N, H]` each.
  struct State {
    let hidden: String
    /// One, or none where the cell has no state besides.
    let cell: [String]
  }

  enum Attribute {
    case integer(Int)
    case integers([Int])
    case text(String)
    case texts([String])
    case float(Float)
  }

  /// Adds a node.
  ///
  /// - Returns: The names of its outputs; of those that are not wanted, the empty one.
  mutating func node(
    _ kind: String, _ inputs: [String], _ attributes: [(String, Attribute)] = [],
    named name: String? = nil,
    outputs wanted: [Bool]
  ) -> [String] {
    let base = name ?? kind.lowercased()
    let outputs = wanted.map { $0 ? unique(base) : "" }
    var node = ProtobufMessage()
    for input in inputs { node.add(1, input) }
    for output in outputs { node.add(2, output) }
    node.add(3, outputs.first { !$0.isEmpty } ?? base)
    node.add(4, kind)
    for (key, value) in attributes { node.add(5, Self.attribute(key, value)) }
    nodes.append(node)
    return outputs
  }

  /// Adds a node of one output.
  mutating func node(
    _ kind: String, _ inputs: [String], _ attributes: [(String, Attribute)] = [],
    named name: String? = nil
  ) -> String {
    node(kind, inputs, attributes, named: name, outputs: [true])[0]
  }

  private static func attribute(_ name: String, _ value: Attribute) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.add(1, name)
    switch value {
    case .float(let value):
      message.add(2, value)
      message.add(20, 1)
    case .integer(let value):
      message.add(3, value)
      message.add(20, 2)
    case .text(let value):
      message.add(4, value)
      message.add(20, 3)
    case .texts(let values):
      for value in values { message.add(9, value) }
      message.add(20, 8)
    case .integers(let values):
      for value in values { message.add(8, value) }
      message.add(20, 7)
    }
    return message
  }

  private mutating func unique(_ base: String) -> String {
    var name = base
    var number = 1
    while !valueNames.insert(name).inserted {
      number += 1
      name = "\(base).\(number)"
    }
    return name
  }

  /// Adds a tensor of numbers, once for each name.
  mutating func tensor(_ name: String, _ shape: [Int], _ values: [Float]) -> String {
    tensor(name, shape, type: 1) { values.flatMap { Self.bytes($0.bitPattern) } }
  }

  mutating func tensor(_ name: String, _ shape: [Int], _ values: [Int]) -> String {
    tensor(name, shape, type: 7) { values.flatMap { Self.bytes(UInt64(bitPattern: Int64($0))) } }
  }

  private static func bytes<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
    withUnsafeBytes(of: word.littleEndian) { Array($0) }
  }

  private mutating func tensor(
    _ name: String, _ shape: [Int], type: Int, _ bytes: () -> [UInt8]
  ) -> String {
    guard tensorNames.insert(name).inserted else { return name }
    var tensor = ProtobufMessage()
    for extent in shape { tensor.add(1, extent) }
    tensor.add(2, type)
    tensor.add(8, name)
    tensor.add(9, bytes())
    tensors.append(tensor)
    return name
  }

  /// Indices as a tensor of their own.
  mutating func integers(_ values: [Int]) -> String {
    tensor("integers.\(values.map { "\($0)" }.joined(separator: "."))", [values.count], values)
  }

  mutating func scalar(_ value: Float) -> String { tensor("float.\(value)", [], [value]) }
  mutating func scalar(_ value: Int) -> String { tensor("integer.\(value)", [], [value]) }

  /// The graph's message.
  mutating func finish() -> ProtobufMessage {
    for (port, value) in graph.outputs {
      var node = ProtobufMessage()
      node.add(1, names[value.place] ?? "")
      node.add(2, port.name)
      node.add(3, port.name)
      node.add(4, "Identity")
      nodes.append(node)
    }
    var message = ProtobufMessage()
    for node in nodes { message.add(1, node) }
    message.add(2, "model")
    for tensor in tensors { message.add(5, tensor) }
    for port in graph.inputs { message.add(11, Self.port(port)) }
    for port in graph.outputPorts { message.add(12, Self.port(port)) }
    return message
  }

  private static func port(_ port: ExportGraph.Port) -> ProtobufMessage {
    var shape = ProtobufMessage()
    for extent in port.shape {
      var dimension = ProtobufMessage()
      if let count = Int(extent) { dimension.add(1, count) } else { dimension.add(2, extent) }
      shape.add(1, dimension)
    }
    var tensor = ProtobufMessage()
    tensor.add(1, port.element == .float32 ? 1 : 7)
    tensor.add(2, shape)
    var type = ProtobufMessage()
    type.add(1, tensor)
    var message = ProtobufMessage()
    message.add(1, port.name)
    message.add(2, type)
    message.add(3, port.meaning)
    return message
  }
}
