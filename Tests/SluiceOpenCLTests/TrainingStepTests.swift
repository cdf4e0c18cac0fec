import SluiceCompute
import SluiceConformance
import SluiceNN
import SluiceOpenCL
import SluiceTraining
import Testing

/// What a training step costs: launches, waits and copies, counted; and that it gives the same bits.
@Suite(.enabled(if: TestDevice.exists)) struct TrainingStepTests {
  /// A network of two layers, a linear head, the squared error and Adam.
  struct Network: Sendable, CustomTestStringConvertible {
    var cell = RecurrentCell.lstm
    var hidden: Int
    var steps = 40
    var batch = 32
    /// Tokens of an embedding below the layers; nil: the input is dense.
    var vocabulary: Int?
    /// Whether the head reads the mean over all steps; else the last one.
    var pools = false

    var testDescription: String {
      "\(cell.title), H \(hidden) T \(steps) N \(batch)"
        + (vocabulary.map { ", \($0) tokens" } ?? "")
        + (pools ? ", pooled" : "")
    }
  }

  private final class Training: TrainingProblem {
    let backend: OpenCLBackend
    let network: Network
    let parameters: ParameterArena
    let embedding: Embedding?
    let recurrent: Recurrent
    let head: Linear
    let tokens: Tensor
    let input: Tensor
    let target: Tensor
    var sequencesPerStep: Int { network.batch }

    /// - Parameter isIdle: Whether it is enough to count what the device is asked for.
    init(
      _ network: Network, options: OpenCLOptions = TestDevice.options, isIdle: Bool = false
    ) throws {
      self.network = network
      backend = try isIdle ? TestDevice.openIdle(options) : TestDevice.open(options)
      var layout = ParameterLayout()
      embedding = network.vocabulary.map {
        Embedding("embedding", vocabulary: $0, size: 3, in: &layout)
      }
      recurrent = Recurrent(
        "lstm", cell: network.cell, inputSize: 3, hiddenSize: network.hidden, layers: 2,
        in: &layout)
      head = Linear("head", inputSize: network.hidden, outputSize: 1, in: &layout)
      parameters = try ParameterArena(layout, on: backend, seed: 1)
      var generator = PhiloxGenerator(RandomStream(seed: 3, stream: 0))
      let (steps, batch) = (network.steps, network.batch)
      tokens = try backend.makeTensor(
        [steps, batch],
        (0..<steps * batch).map { _ in
          Int32(generator.index(below: network.vocabulary ?? 1))
        })
      input = try backend.makeTensor(
        [steps, batch, 3], (0..<steps * batch * 3).map { _ in generator.uniform() })
      target = try backend.makeTensor([batch], (0..<batch).map { _ in generator.uniform() })
    }

    var trainer: Trainer {
      get throws {
        var configuration = TrainerConfiguration()
        configuration.learningRate = 0.01
        configuration.weightDecay = 0.01
        configuration.clipNorm = 1
        return try Trainer(self, configuration: configuration)
      }
    }

    func enqueueBatch(
      step: Int, microBatch: Int, tape: Tape, statistics: Tensor, gradientScale: Float
    ) throws {
      let output =
        try embedding.map { try recurrent(tokens, through: $0, on: tape) }
        ?? recurrent(tape.constant(input), on: tape)
      // The last hidden state, the last step of the sequence and a mean over all are read otherwise.
      let summary =
        embedding == nil && !network.pools
        ? try #require(output.states.last).hidden
        : try tape.pool(output.sequence, network.pools ? .mean : .last)
      try tape.loss(
        .meanSquaredError, head(summary, on: tape), target: target, statistics: statistics)
      try tape.backward()
    }

    func validate(_ parameters: ParameterArena) -> [MetricValue] { [] }
    func describeBatch(step: Int, microBatch: Int) -> String { "" }
  }

  /// Every width of the persistent path, whether its weights stay in local memory or stream; few
  /// rows, where products are cut, and many; what texts need too.
  private static let networks =
    [1, 32, 50, 64, 100, 128, 200, 256].map { Network(hidden: $0) } + [
      Network(hidden: 50, steps: 3, batch: 512, pools: true),
      Network(hidden: 128, steps: 3, batch: 512, pools: true),
      Network(hidden: 64, steps: 12, vocabulary: 40, pools: true),
      Network(hidden: 128, steps: 2, batch: 1500, vocabulary: 40, pools: true),
      Network(hidden: 256, steps: 12, batch: 16, vocabulary: 40),
      Network(hidden: 128, steps: 3, batch: 256, vocabulary: 8000),
    ]

  @Test(arguments: networks) func launches(network: Network) throws {
    let training = try Training(network, isIdle: true)
    let plan = try training.backend.plan(
      for: RecurrentDescriptor(
        steps: network.steps, batch: network.batch, inputSize: 3, hiddenSize: network.hidden))
    #expect(plan.strategy == .persistent)
    let trainer = try training.trainer
    try trainer.step()
    try training.backend.synchronize()
    let before = try #require(training.backend.counts)
    try trainer.step()
    let after = try #require(training.backend.counts)
    let launches = after.launches - before.launches
    #expect((1...26).contains(launches))
    #expect(after.hostWaits == before.hostWaits)
    #expect(after.uploadedBytes == before.uploadedBytes)
  }

  /// No cell takes more launches than an LSTM, by loops or by steps, over an embedding or not.
  @Test(arguments: [RecurrentKernels.looped, .stepwise], [nil, 40])
  func launchesOfCells(kernels: RecurrentKernels, vocabulary: Int?) throws {
    var options = TestDevice.options
    options.recurrentKernels = kernels
    let launches = try RecurrentCell.allCases.map { cell in
      let network = Network(cell: cell, hidden: 20, steps: 3, batch: 64, vocabulary: vocabulary)
      let training = try Training(network, options: options, isIdle: true)
      let trainer = try training.trainer
      try trainer.step()
      try training.backend.synchronize()
      let before = try #require(training.backend.counts).launches
      try trainer.step()
      return try #require(training.backend.counts).launches - before
    }
    #expect(launches.allSatisfy { (1...launches[0]).contains($0) }, "\(launches)")
  }

  /// A step holds little more than what backward must find again.
  @Test(arguments: [
    Network(hidden: 128, steps: 20, batch: 256, vocabulary: 400),
    Network(hidden: 50, steps: 90, batch: 256),
  ])
  func memory(network: Network) throws {
    let training = try Training(network, isIdle: true)
    let trainer = try training.trainer
    for _ in 1...2 { try trainer.step() }
    try training.backend.synchronize()
    let (cells, hidden) = (network.steps * network.batch, network.hidden)
    // Of each of the two layers: four gates, the cell state and the output of every step.
    let layers = 2 * 6 * hidden * cells
    // What the first one reads, tokens or embeddings too.
    let inputs = (3 + (network.vocabulary == nil ? 0 : 1)) * cells
    // Weights, gradients, two moments.
    let weights = 4 * training.parameters.layout.count
    let needed = 4 * (layers + inputs + weights)
    let held = training.backend.memory.peak
    // The parts of a product of weight gradients, of which there are no more for larger networks.
    let parts = 256 * 128 * 128 * 4
    #expect(held <= needed * 13 / 10 + parts / 2, "\(held) bytes held, \(needed) needed")
    #expect(held >= needed, "what is counted is not what is held")
  }

  @Test(arguments: RecurrentKernels.allCases) func sameBits(recurrence: RecurrentKernels) throws {
    var options = TestDevice.options
    options.recurrentKernels = recurrence
    let runs = try (0..<2).map { _ in
      let training = try Training(Network(hidden: 20), options: options)
      let trainer = try training.trainer
      for _ in 1...5 { try trainer.step() }
      return try training.backend.read(training.parameters.weights).map(\.bitPattern)
    }
    #expect(runs[0] == runs[1])
  }

  @Test func plansSayWhy() throws {
    let backend = try TestDevice.open()
    func plan(_ hidden: Int) throws -> RecurrentPlan {
      try backend.plan(
        for: RecurrentDescriptor(steps: 10, batch: 32, inputSize: 8, hiddenSize: hidden))
    }
    #expect(try plan(32).strategy == .persistent)
    #expect(try plan(32).reason.contains("stay in local memory"))
    #expect(try plan(128).strategy == .persistent)
    #expect(try plan(128).reason.contains("stream from the cache"))
    #expect(try plan(512).strategy == .stepwise)
    #expect(try plan(512).reason.contains("H = 512"))
  }
}
