import SluiceCompute
import SluiceConformance
import SluiceNN
import SluiceOpenCL
import SluiceTraining
import Testing

/// What a training step costs: launches, waits and copies, counted; and that it gives the same bits.
@Suite(.enabled(if: TestDevice.exists)) struct TrainingStepTests {
  /// Two layers, the last hidden state, a linear head, the squared error and Adam.
  private struct Training {
    let backend: OpenCLBackend
    let arena: ParameterArena
    let lstm: LSTM
    let head: Linear
    let optimizer: Optimizer
    let input: Tensor
    let target: Tensor
    let norm: Tensor
    let statistics: Tensor

    init(hidden: Int, options: OpenCLOptions = TestDevice.options) throws {
      backend = try TestDevice.open(options)
      var layout = ParameterLayout()
      lstm = LSTM("lstm", inputSize: 3, hiddenSize: hidden, layers: 2, in: &layout)
      head = Linear("head", inputSize: hidden, outputSize: 1, in: &layout)
      arena = try ParameterArena(layout, on: backend, seed: 1)
      optimizer = try Optimizer(
        .adam(), for: arena, weightDecay: 0.01, clipNorm: 1)
      var generator = PhiloxGenerator(RandomStream(seed: 3, stream: 0))
      input = try backend.makeTensor(
        [40, 32, 3], (0..<40 * 32 * 3).map { _ in generator.uniform() })
      target = try backend.makeTensor([32], (0..<32).map { _ in generator.uniform() })
      norm = try backend.makeTensor([1])
      statistics = try backend.makeTensor([2])
    }

    func step(_ number: Int) throws {
      try backend.enqueue(Fill(arena.gradients, with: 0))
      let tape = Tape(arena, mode: .training(seed: 6, step: UInt32(number)))
      let output = try lstm(tape.constant(input), on: tape)
      let prediction = try head(try #require(output.states.last).hidden, on: tape)
      try tape.loss(.meanSquaredError, prediction, target: target, statistics: statistics)
      try tape.backward()
      try optimizer.step(
        number: number, learningRate: 0.01, squaredNorm: norm, losses: [statistics])
    }
  }

  /// Where weights stream from the cache, each layer packs them first: one launch more.
  @Test(arguments: [(32, 24), (50, 24), (128, 26)]) func launches(hidden: Int, most: Int) throws {
    let training = try Training(hidden: hidden)
    try training.step(1)
    try training.backend.synchronize()
    let before = try #require(training.backend.counts)
    try training.step(2)
    let after = try #require(training.backend.counts)
    #expect(after.launches - before.launches <= most)
    #expect(after.hostWaits == before.hostWaits)
    #expect(after.uploadedBytes == before.uploadedBytes)
  }

  @Test(arguments: [256, 0]) func sameBits(largestPersistent: Int) throws {
    var options = TestDevice.options
    options.largestPersistent = largestPersistent
    let runs = try (0..<2).map { _ in
      let training = try Training(hidden: 20, options: options)
      for number in 1...5 { try training.step(number) }
      return try training.backend.read(training.arena.weights).map(\.bitPattern)
    }
    #expect(runs[0] == runs[1])
  }

  @Test func stepwiseIsExactToo() throws {
    var options = TestDevice.options
    options.largestPersistent = 0
    let backend = try TestDevice.open(options)
    let cases = Conformance.cases.filter {
      [RecurrentForward.name, RecurrentBackward.name].contains($0.operation)
        && $0.name.hasPrefix("T 7 N 5")
    }
    #expect(cases.count > 60)
    for summary in Conformance.run(cases, on: backend) {
      for failure in summary.failures { Issue.record("\(summary.operation), \(failure)") }
    }
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
