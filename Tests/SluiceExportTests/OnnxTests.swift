import SluiceCPU
import SluiceExport
import SluiceNN
import SluicePlatform
import SluiceTraining
import TestSupport
import Testing

/// An ONNX file read back: what is in it, and that it says the same as the network.
struct OnnxTests {
  /// As much of a file as the tests look at.
  struct Model {
    struct Node {
      var kind: String
      var inputs: [String]
      var outputs: [String]
      var attributes: [String: ProtobufReader]
    }

    var operators: [Int]
    var nodes: [Node]
    var tensors: [String: (shape: [Int], bytes: [UInt8])]
    var inputs: [String: [String]]
    var outputs: [String: [String]]

    init(_ bytes: [UInt8]) throws {
      let model = try ProtobufReader(bytes)
      operators = try model.messages(8).flatMap { $0.integers(2) }
      let graph = try model.messages(7)[0]
      nodes = try graph.messages(1).map {
        Node(
          kind: $0.strings(4)[0], inputs: $0.strings(1), outputs: $0.strings(2),
          attributes: Dictionary(
            uniqueKeysWithValues: try $0.messages(5).map { ($0.strings(1)[0], $0) }))
      }
      tensors = [:]
      for tensor in try graph.messages(5) {
        #expect(tensors[tensor.strings(8)[0]] == nil, "two tensors of one name")
        tensors[tensor.strings(8)[0]] = (tensor.integers(1), tensor.bytes(9)[0])
      }
      func ports(_ field: Int) throws -> [String: [String]] {
        var ports: [String: [String]] = [:]
        for port in try graph.messages(field) {
          let shape = try port.messages(2)[0].messages(1)[0].messages(2)[0]
          ports[port.strings(1)[0]] = try shape.messages(1).map {
            $0.strings(2).first ?? "\($0.integers(1)[0])"
          }
        }
        return ports
      }
      inputs = try ports(11)
      outputs = try ports(12)
    }

    func floats(_ name: String) throws -> [Float] {
      let bytes = try #require(tensors[name]).bytes
      return stride(from: 0, to: bytes.count, by: 4).map { place in
        Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) })
      }
    }

    /// Every value is made once, before it is read.
    func checkOrder() {
      var known = Set(inputs.keys).union(tensors.keys)
      for node in nodes {
        for input in node.inputs where !input.isEmpty {
          #expect(known.contains(input), "\(node.kind) reads \(input)")
        }
        for output in node.outputs where !output.isEmpty {
          #expect(known.insert(output).inserted, "\(output) is made twice")
        }
      }
      #expect(Set(outputs.keys).isSubset(of: known))
    }
  }

  private func model(_ layers: [StackLayer], _ input: StackConfiguration.Input) throws
    -> SequenceModel
  {
    try SequenceModel(layers, input: input, seed: 3, on: CPUBackend(threads: 1))
  }

  private func exported(_ model: SequenceModel) throws -> Model {
    try Model(OnnxModel(model.graph(), producer: "test", version: "1").bytes)
  }

  @Test func whatIsInTheFile() throws {
    let network = try model(
      [
        .embedding(4),
        .recurrent(.init(units: 3, sequences: true, bidirectional: true)),
        .pool(.max), .dense(5, .tanh), .dense(2, .softmax),
      ], .tokens(vocabulary: 11))
    let file = try exported(network)
    #expect(file.operators == [17])
    #expect(file.inputs == ["tokens": ["N", "T"], "lengths": ["N"]])
    #expect(file.outputs == ["predictions": ["N", "2"]])
    file.checkOrder()
    let lstm = try #require(file.nodes.first { $0.kind == "LSTM" })
    #expect(file.tensors[lstm.inputs[1]]?.shape == [2, 12, 4])
    #expect(file.tensors[lstm.inputs[2]]?.shape == [2, 12, 3])
    #expect(file.tensors[lstm.inputs[3]]?.shape == [2, 24])
    #expect(!lstm.inputs[4].isEmpty, "lengths go in as sequence_lens")
    #expect(
      file.nodes.contains { $0.kind == "ReduceMax" } && file.nodes.contains { $0.kind == "Tanh" })
  }

  @Test func aFunctionIsRefused() throws {
    let network = try SequenceModel(output: .linear, on: CPUBackend(threads: 1)) { layout in
      let head = Linear("head", inputSize: 2, outputSize: 1, in: &layout)
      return { batch, tape in
        try head(tape.pool(batch.features, .mean, lengths: batch.lengths), on: tape)
      }
    }
    #expect(throws: ExportError.self) { try network.graph() }
  }

  @Test func thePythonModuleNamesItsWeights() throws {
    let network = try model(
      [.lstm(3, sequences: true), .lstm(3), .dense(1, .sigmoid)], .features(2))
    let module = try TorchModule(network.graph(), title: "A stack", model: "../waves.safetensors")
    #expect(module.constants.isEmpty)
    for part in [
      "\"../waves.safetensors\"",
      "recurrent(torch.nn.LSTM, w, \"stack.0\", x[\"features\"], x[\"lengths\"])",
      "w[\"stack.2.weight\"]", "\"predictions\":", ".sigmoid()", "features [N, T, 2] float32",
    ] {
      #expect(module.text.contains(part), "\(part) in\n\(module.text)")
    }
  }

  /// Columns of tables are called as their owners like.
  @Test func namesAreQuoted() throws {
    let network = try model([.lstm(2), .dense(1)], .features(1))
    let graph = ExportGraph()
    let name = "key.a \"[b\\\n"
    let members = try graph.members([network.parameters]) { _ in
      graph.add(
        graph.input(name, ["N"], "what \"\"\" says"), graph.input("other", ["N"], "the other"))
    }
    graph.output("sum", ["N"], graph.multiply(graph.mean(members, axis: 0), 2), "twice the sum")
    let text = try TorchModule(graph, title: "Names", model: "m.safetensors").text
    #expect(text.contains(#"x["key.a \"[b\\\n"] + x["other"]"#), "\(text)")
    #expect(text.contains(#"what \"\"\" says"#), "\(text)")
    let file = try Model(OnnxModel(graph, producer: "test", version: "1").bytes)
    #expect(Set(file.inputs.keys) == [name, "other"])
    file.checkOrder()
  }
}
