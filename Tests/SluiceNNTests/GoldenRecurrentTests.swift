import SluiceCompute
import SluiceConformance
import SluiceNN
import TestSupport
import Testing

/// Recurrent stacks against torch.nn.LSTM, GRU and RNN: one to three layers, both directions, lengths,
/// initial states.
@Suite struct GoldenRecurrentTests {
  static let names = RecurrentCell.allCases.flatMap { Fixture.names(in: $0.rawValue) }

  @Test(arguments: RecurrentCell.allCases) func everyGoldenIsThere(_ cell: RecurrentCell) {
    #expect(Fixture.names(in: cell.rawValue).count == (cell == .rnnReLU ? 8 : 24))
  }

  @Test(arguments: names) func forwardInDoubleAgrees(_ name: String) throws {
    let golden = try Golden(name, on: DoubleBackend())
    let tape = Tape(golden.arena, mode: .inference)
    let output = try golden.run(on: tape)
    try golden.expect(output.sequence.value, "output", within: 1e-7)
    for (index, state) in output.states.enumerated() {
      try golden.expect(state.hidden.value, "hn", entry: index, within: 1e-7)
      if let cell = state.cell { try golden.expect(cell.value, "cn", entry: index, within: 1e-7) }
    }
  }

  @Test(arguments: names, [Tape.Mode.inference, .training(seed: 1, step: 0)])
  func forwardAgrees(_ name: String, mode: Tape.Mode) throws {
    let golden = try Golden(name, on: makeBackend())
    let output = try golden.run(on: Tape(golden.arena, mode: mode))
    try golden.expect(output.sequence.value, "output", within: 1e-6)
    for (index, state) in output.states.enumerated() {
      try golden.expect(state.hidden.value, "hn", entry: index, within: 1e-6)
      if let cell = state.cell { try golden.expect(cell.value, "cn", entry: index, within: 1e-6) }
    }
  }

  @Test(arguments: names) func gradientsAgree(_ name: String) throws {
    let golden = try Golden(name, on: makeBackend())
    let tape = Tape(golden.arena, mode: .training(seed: 1, step: 0))
    let output = try golden.run(on: tape)
    try tape.contribute(golden.tensor("output_weight"), to: output.sequence)
    for (index, state) in output.states.enumerated() {
      try tape.contribute(golden.tensor("hn_weight").step(index), to: state.hidden)
      if let cell = state.cell {
        try tape.contribute(golden.tensor("cn_weight").step(index), to: cell)
      }
    }
    try tape.backward()

    try golden.expect(try #require(golden.input.gradient), "grad.input", within: 1e-5)
    for (index, state) in (golden.initial ?? []).enumerated() {
      let hidden = try #require(state.hidden.gradient)
      try golden.expect(hidden, "grad.h0", entry: index, within: 1e-5)
      if let cell = state.cell {
        try golden.expect(
          try #require(cell.gradient), "grad.c0", entry: index, within: 1e-5)
      }
    }
    for parameter in golden.arena.layout.parameters {
      let name = "grad." + parameter.name.dropFirst("stack.".count)
      try golden.expect(golden.arena.gradient(parameter), name, within: 1e-5)
    }
  }
}

/// One golden file, loaded into a stack on a back end.
private struct Golden {
  let file: Fixture
  let backend: any Backend
  let stack: Recurrent
  let arena: ParameterArena
  let lengths: Tensor?
  let input: Variable
  let initial: [Recurrent.State]?

  init(_ name: String, on backend: any Backend) throws {
    let file = try Fixture(name)
    let cell = try #require(
      RecurrentCell(rawValue: String(name.prefix { $0 != "/" })), "no cell of \(name)")
    self.file = file
    self.backend = backend
    let layers = file.names.filter { $0.hasPrefix("bias_ih") && !$0.hasSuffix("reverse") }.count
    let shape = try file.shape("weight_ih_l0")
    var layout = ParameterLayout()
    stack = Recurrent(
      "stack", cell: cell, inputSize: shape.columns, hiddenSize: shape.rows / cell.gateCount,
      layers: layers,
      bidirectional: file.names.contains("bias_ih_l0_reverse"), in: &layout)
    arena = try ParameterArena(layout, on: backend, seed: 1)
    try arena.load(
      named: try file.names.filter { $0.hasPrefix("weight") || $0.hasPrefix("bias") }.map {
        ("stack." + $0, try file.shape($0), try file.floats($0))
      })
    let tape = Tape(arena, mode: .training(seed: 1, step: 0))
    lengths =
      file.has("lengths")
      ? try backend.makeTensor(file.shape("lengths"), file.integers("lengths")) : nil
    input = tape.input(try file.tensor("input", on: backend))
    if file.has("h0") {
      let hidden = try file.tensor("h0", on: backend)
      let state = cell.hasCellState ? try file.tensor("c0", on: backend) : nil
      initial = (0..<hidden.shape[0]).map { index in
        Recurrent.State(
          hidden: tape.input(hidden.step(index)), cell: state.map { tape.input($0.step(index)) })
      }
    } else {
      initial = nil
    }
  }

  func tensor(_ name: String) throws -> Tensor {
    try file.tensor(name, on: backend)
  }

  func run(on tape: Tape) throws -> Recurrent.Output {
    try stack(input, lengths: lengths, initial: initial, on: tape)
  }

  /// The tensor (or one entry of the stored one) is what PyTorch computed, norm-wise.
  func expect(_ tensor: Tensor, _ name: String, entry: Int? = nil, within tolerance: Double) throws
  {
    var expected = try file.floats(name)
    if let entry {
      let size = tensor.count
      expected = Array(expected[(entry * size)..<((entry + 1) * size)])
    }
    let error = relativeError(try backend.read(tensor), expected)
    #expect(error <= tolerance, "\(name) \(entry.map(String.init) ?? "")")
  }
}
