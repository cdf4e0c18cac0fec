import Foundation
import SluiceCompute
import SluiceConformance
import SluiceTraining
import TestSupport
import Testing

/// Every back end, and the oracle, against numbers that PyTorch gave in double precision.
@Suite("Every back end against PyTorch")
struct GoldenTests {
  static let backends =
    Backends.all() + [TestedBackend(description: "the oracle") { DoubleBackend() }]

  static let layers = RecurrentCell.allCases.flatMap { cell in
    Fixture.names(in: cell.rawValue).filter { $0.contains("/1x") }
  }

  @Test("one recurrent layer, forward and backward", arguments: backends, layers)
  func recurrent(tested: TestedBackend, name: String) throws {
    let fixture = try Fixture(name)
    let cell = try #require(RecurrentCell(rawValue: String(name.prefix { $0 != "/" })))
    let backend = try tested.make()
    let shape = try fixture.shape("input")
    let (T, N) = (shape[0], shape[1])
    let H = try fixture.shape("weight_hh_l0")[1]
    let directions = fixture.has("weight_hh_l0_reverse") ? 2 : 1
    let input = try fixture.tensor("input", on: backend)
    // Both directions write side by side, and both add to one gradient of the input.
    let output = try backend.makeTensor([T, N, directions * H])
    let outputGradient = try fixture.tensor("output_weight", on: backend)
    let inputGradient = try backend.makeTensor(shape)
    let lengths =
      try fixture.has("lengths")
      ? backend.makeTensor([N], fixture.integers("lengths")) : nil

    for direction in 0..<directions {
      let suffix = direction == 0 ? "" : "_reverse"
      func state(_ hidden: String, _ state: String) throws -> RecurrentState {
        RecurrentState(
          hidden: try fixture.tensor(hidden, on: backend).step(direction),
          cell: cell.hasCellState
            ? try fixture.tensor(state, on: backend).step(direction) : nil)
      }
      func blank() throws -> RecurrentState {
        RecurrentState(
          hidden: try backend.makeTensor([N, H]),
          cell: cell.hasCellState ? try backend.makeTensor([N, H]) : nil)
      }
      let names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"].map { $0 + suffix }
      let weights = try names.map { try fixture.tensor($0, on: backend) }
      let gradients = try weights.map { weight in
        let gradient = try backend.makeTensor(weight.shape)
        try backend.enqueue(Fill(gradient, with: 0))
        return gradient
      }
      let descriptor = RecurrentDescriptor(
        cell: cell, steps: T, batch: N, inputSize: shape[2], hiddenSize: H,
        direction: direction == 0 ? .forward : .reverse, hasLengths: lengths != nil)
      let columns = output.columns(direction * H..<(direction + 1) * H)
      let initial = fixture.has("h0") ? try state("h0", "c0") : nil
      let final = try blank()
      let forward = RecurrentForward(
        descriptor, input: input, weights: RecurrentWeights(weights), lengths: lengths,
        initial: initial, output: columns, final: final,
        gates: try backend.makeTensor([T, N, cell.blockCount * H]),
        cells: cell.hasCellState ? try backend.makeTensor([T, N, H]) : nil)
      try backend.enqueue(forward)

      let initialGradient = try blank()
      try backend.enqueue(
        RecurrentBackward(
          descriptor, input: input, weights: RecurrentWeights(weights), lengths: lengths,
          initial: initial, output: columns, gates: try #require(forward.gates),
          cells: forward.cells,
          outputGradient: outputGradient.columns(direction * H..<(direction + 1) * H),
          finalGradient: try state("hn_weight", "cn_weight"), inputGradient: inputGradient,
          accumulateInputGradient: direction == 1, initialGradient: initialGradient,
          weightGradients: RecurrentWeights(gradients)))

      func expect(_ tensor: Tensor, _ name: String) throws {
        let whole = try fixture.floats(name)
        let part =
          try fixture.shape(name).rank == 3
          ? Array(whole[direction * N * H..<(direction + 1) * N * H]) : whole
        let error = relativeError(try backend.read(tensor), part)
        #expect(error < 1e-5, "\(name), direction \(direction)")
      }
      try expect(final.hidden, "hn")
      if let cell = final.cell { try expect(cell, "cn") }
      for (gradient, name) in zip(gradients, names) { try expect(gradient, "grad." + name) }
      if initial != nil {
        try expect(initialGradient.hidden, "grad.h0")
        if let cell = initialGradient.cell { try expect(cell, "grad.c0") }
      }
    }
    #expect(relativeError(try backend.read(output), try fixture.floats("output")) < 1e-5)
    #expect(relativeError(try backend.read(inputGradient), try fixture.floats("grad.input")) < 1e-5)
  }

  static let losses: [(name: String, function: LossFunction)] = [
    ("mse", .meanSquaredError), ("mse_weighted", .meanSquaredError), ("mae", .meanAbsoluteError),
    ("huber", .huber(delta: 1.5)), ("quantile", .quantile([0.1, 0.5, 0.9])),
    ("bce", .binaryCrossEntropy(positiveWeight: 2.5)), ("softmax", .softmaxCrossEntropy),
    ("softmax_weighted", .softmaxCrossEntropy),
  ]

  @Test("losses and their gradients", arguments: backends, losses.indices)
  func loss(tested: TestedBackend, index: Int) throws {
    let (name, function) = Self.losses[index]
    let fixture = try Fixture("losses")
    let backend = try tested.make()
    func optional(_ part: String) throws -> Tensor? {
      fixture.has("\(name).\(part)") ? try fixture.tensor("\(name).\(part)", on: backend) : nil
    }
    let prediction = try fixture.tensor("\(name).prediction", on: backend)
    let target =
      function == .softmaxCrossEntropy
      ? try backend.makeTensor([prediction.rows], fixture.integers("\(name).target"))
      : try fixture.tensor("\(name).target", on: backend)
    let statistics = try backend.makeTensor([2])
    let gradient = try backend.makeTensor(prediction.shape)
    try backend.enqueue(
      Loss(
        function, prediction: prediction, target: target, rowWeights: try optional("row_weights"),
        classWeights: try optional("class_weights"), statistics: statistics, gradient: gradient))
    #expect(
      relativeError(try backend.read(statistics), try fixture.floats("\(name).statistics")) < 1e-6)
    #expect(
      relativeError(try backend.read(gradient), try fixture.floats("\(name).gradient")) < 1e-6)
  }

  /// What one trajectory of the golden was made with.
  private struct OptimizerSettings: Decodable {
    var optimizer: OptimizerConfiguration
    var learningRate: Float
    var weightDecay: Float
  }

  /// The names of the golden's trajectories; the settings of each stand in its metadata.
  static let optimizers = ((try? Fixture("optimizers").metadata) ?? [:]).keys
    .compactMap { $0.hasPrefix("case.") ? String($0.dropFirst("case.".count)) : nil }.sorted()

  private func settings(of name: String, in fixture: Fixture) throws -> OptimizerSettings {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let text = try #require(fixture.metadata["case." + name])
    return try decoder.decode(OptimizerSettings.self, from: Data(text.utf8))
  }

  @Test("every optimizer has a golden")
  func everyOptimizerHasAGolden() throws {
    let fixture = try Fixture("optimizers")
    let algorithms = try Self.optimizers.map {
      try settings(of: $0, in: fixture).optimizer.algorithm
    }
    #expect(Set(algorithms) == Set(OptimizerRule.Algorithm.allCases))
  }

  @Test("five clipped steps of each optimizer", arguments: backends, optimizers)
  func optimizer(tested: TestedBackend, name: String) throws {
    let fixture = try Fixture("optimizers")
    let settings = try settings(of: name, in: fixture)
    let rule = settings.optimizer
    let backend = try tested.make()
    let weights = try fixture.tensor("initial", on: backend)
    let gradients = try fixture.tensor("gradients", on: backend)
    let expected = try fixture.floats("\(name).weights")
    let moments = try (0..<rule.momentCount).map { _ in
      try backend.makeTensor(weights.shape, Array(repeating: Float(0), count: weights.count))
    }
    let squaredNorm = try backend.makeTensor([1])
    let halt = try backend.makeTensor([1], [Int32(0)])
    for step in 0..<5 {
      let gradient = gradients.step(step)
      try backend.enqueue(SumOfSquares(gradient, into: squaredNorm))
      try backend.enqueue(
        OptimizerStep(
          rule, step: step + 1, learningRate: settings.learningRate, clipNorm: 1,
          groups: [ParameterGroup(range: 0..<weights.count, weightDecay: settings.weightDecay)],
          weights: weights, gradients: gradient, moments: moments, squaredNorm: squaredNorm,
          halt: halt))
      let row = Array(expected[step * weights.count..<(step + 1) * weights.count])
      #expect(relativeError(try backend.read(weights), row) < 1e-6, "\(name), step \(step + 1)")
    }
  }
}

extension RecurrentWeights {
  /// From input weight, hidden weight, input bias and hidden bias.
  fileprivate init(_ tensors: [Tensor]) {
    self.init(
      input: tensors[0], hidden: tensors[1], inputBias: tensors[2], hiddenBias: tensors[3])
  }
}
