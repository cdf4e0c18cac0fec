import SluiceCPU
import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceTraining
import TestSupport
import Testing

@testable import SluiceExport

/// Every cell as other programs have it.
struct ExportedCellTests {
  private func model(_ layers: [StackLayer]) throws -> SequenceModel {
    let model = try SequenceModel(
      layers, input: .features(2), seed: 3, on: CPUBackend(threads: 1))
    var values = try model.backend.read(model.parameters.weights)
    for place in values.indices { values[place] += 0.02 * Float(place % 17) - 0.16 }
    try model.backend.write(values, to: model.parameters.weights)
    return model
  }

  /// One direction of an operator by the equations of ONNX, with its own order of gates.
  ///
  /// - SeeAlso: <https://onnx.ai/onnx/operators>: LSTM (i, o, f, c), GRU (z, r, h), RNN.
  private struct Direction {
    let node: OnnxTests.Model.Node
    let count: Int
    let w: ArraySlice<Float>
    let r: ArraySlice<Float>
    let b: ArraySlice<Float>
    let gates: Int

    init(_ file: OnnxTests.Model, _ node: OnnxTests.Model.Node, _ direction: Int) throws {
      self.node = node
      let shape = try #require(file.tensors[node.inputs[2]]).shape
      count = shape[2]
      gates = shape[1] / shape[2]
      func part(_ name: String) throws -> ArraySlice<Float> {
        let all = try file.floats(name)
        let size = all.count / shape[0]
        return ArraySlice(Array(all[(direction * size)..<((direction + 1) * size)]))
      }
      (w, r, b) = (try part(node.inputs[1]), try part(node.inputs[2]), try part(node.inputs[3]))
    }

    private func ofInput(_ gate: Int, _ unit: Int, _ x: [Float]) -> Float {
      let row = gate * count + unit
      return b[row] + x.indices.reduce(0) { $0 + w[row * x.count + $1] * x[$1] }
    }

    private func ofHidden(_ gate: Int, _ unit: Int, _ h: [Float]) -> Float {
      let row = gate * count + unit
      return b[gates * count + row] + h.indices.reduce(0) { $0 + r[row * count + $1] * h[$1] }
    }

    private func sigmoid(_ x: Float) -> Float { 1 / (1 + exponential(-x)) }
    private func tanh(_ x: Float) -> Float { 2 * sigmoid(2 * x) - 1 }

    /// The hidden state after each step.
    func run(_ steps: [[Float]]) throws -> [[Float]] {
      var (h, c) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
      var outputs: [[Float]] = []
      for x in steps {
        func sum(_ gate: Int, _ unit: Int) -> Float {
          ofInput(gate, unit, x) + ofHidden(gate, unit, h)
        }
        var (nextH, nextC) = (h, c)
        for unit in 0..<count {
          switch node.kind {
          case "LSTM":
            nextC[unit] =
              sigmoid(sum(2, unit)) * c[unit] + sigmoid(sum(0, unit)) * tanh(sum(3, unit))
            nextH[unit] = sigmoid(sum(1, unit)) * tanh(nextC[unit])
          case "GRU":
            #expect(node.attributes["linear_before_reset"]?.integers(3) == [1])
            let z = sigmoid(sum(0, unit))
            let n = tanh(ofInput(2, unit, x) + sigmoid(sum(1, unit)) * ofHidden(2, unit, h))
            nextH[unit] = (1 - z) * n + z * h[unit]
          case "RNN":
            let names = node.attributes["activations"]?.strings(9) ?? ["Tanh"]
            nextH[unit] = names[0] == "Relu" ? max(0, sum(0, unit)) : tanh(sum(0, unit))
          default: Issue.record("\(node.kind) is no recurrent operator")
          }
        }
        (h, c) = (nextH, nextC)
        outputs.append(h)
      }
      return outputs
    }
  }

  @Test(arguments: RecurrentCell.allCases, [false, true])
  func theEquationsOfONNX(_ cell: RecurrentCell, _ bidirectional: Bool) throws {
    let network = try model([
      .recurrent(.init(cell: cell, units: 3, sequences: true, bidirectional: bidirectional)),
      .recurrent(.init(cell: cell, units: 2, bidirectional: bidirectional)), .dense(2),
    ])
    let file = try OnnxTests.Model(
      OnnxModel(network.graph(), producer: "test", version: "1").bytes)
    file.checkOrder()
    let nodes = file.nodes.filter { ["LSTM", "GRU", "RNN"].contains($0.kind) }
    #expect(nodes.count == 2)
    let directions = bidirectional ? 2 : 1
    let steps: [[Float]] = [[0.5, -1], [2, 0.25], [-0.75, 1], [0.1, 0.2]]
    var x = steps
    var ends: [Float] = []
    for node in nodes {
      #expect(
        file.tensors[node.inputs[3]]?.shape
          == [directions, 2 * cell.gateCount * (file.tensors[node.inputs[2]]?.shape[2] ?? 0)])
      #expect(node.outputs.count == (cell.hasCellState ? 3 : 2))
      if let activations = node.attributes["activations"] {
        #expect(activations.strings(9).count == directions && activations.integers(20) == [8])
      }
      let forward = try Direction(file, node, 0).run(x)
      let reverse =
        bidirectional ? Array(try Direction(file, node, 1).run(x.reversed()).reversed()) : []
      ends = (forward.last ?? []) + (reverse.first ?? [])
      x = forward.indices.map { forward[$0] + (bidirectional ? reverse[$0] : []) }
    }
    let weight = try file.floats("stack.2.weight")
    let bias = try file.floats("stack.2.bias")
    let expected = (0..<2).map { k in
      bias[k] + ends.indices.reduce(0) { $0 + weight[k * ends.count + $1] * ends[$1] }
    }
    let found = try network.predict(SequenceData([steps]))[0]
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 2e-6, "\(found) \(expected)") }
  }

  @Test func modulesOfPyTorch() throws {
    let calls: [RecurrentCell: String] = [
      .lstm: "recurrent(torch.nn.LSTM, w, \"stack.0\", x[\"features\"], x[\"lengths\"])",
      .gru: "recurrent(torch.nn.GRU, w, \"stack.0\", x[\"features\"], x[\"lengths\"])",
      .rnn: "recurrent(torch.nn.RNN, w, \"stack.0\", x[\"features\"], x[\"lengths\"])",
      .rnnReLU:
        "recurrent(torch.nn.RNN, w, \"stack.0\", x[\"features\"], x[\"lengths\"], nonlinearity=\"relu\")",
    ]
    for cell in RecurrentCell.allCases {
      let network = try model([.recurrent(cell, 3), .dense(1)])
      let module = try TorchModule(network.graph(), title: "A stack", model: "m.safetensors")
      #expect(module.text.contains(try #require(calls[cell])), "\(module.text)")
      #expect(module.text.contains("hidden(stack_0_read_state)"), "\(module.text)")
    }
  }

  /// What a format lacks is called by the cell's title.
  @Test func aCellThatAFormatLacks() throws {
    let none: OnnxCell? = nil
    let error = #expect(throws: ExportError.self) { try RecurrentCell.gru.had(none, by: "ONNX") }
    #expect(error?.what == "ONNX has no recurrent layer of the cell GRU")
    for cell in RecurrentCell.allCases {
      #expect(try cell.onnx().order.blocks.sorted() == Array(0..<cell.gateCount))
    }
  }

  @Test func orderOfGates() {
    let order = GateOrder(1, 2, 0)
    #expect(order.there([1, 1, 2, 2, 3, 3]) == [2, 2, 3, 3, 1, 1])
    #expect(order.here(order.there([1, 4, 2, 5, 3, 6])) == [1, 4, 2, 5, 3, 6])
    #expect(GateOrder(0).there([3, 1, 2]) == [3, 1, 2] && order.here([]) == [])
  }
}
