import SluiceCompute
import SluiceNN
import SluiceTraining

/// A network of a race shape on one device, with data drawn once, ready to be stepped.
final class RaceNetwork: BenchmarkStep {
  private let shape: RaceShape
  private let backend: any Backend
  private let parameters: ParameterArena
  private let embedding: Embedding?
  private let lstm: LSTM
  private let head: Linear
  private let optimizer: Optimizer
  private let indices: Tensor
  private let input: Tensor
  private let target: Tensor
  let statistics: Tensor
  private let squaredNorm: Tensor
  private var step = 0

  init(_ shape: RaceShape, on backend: any Backend) throws {
    self.shape = shape
    self.backend = backend
    var layout = ParameterLayout()
    embedding =
      shape.vocabulary > 0
      ? Embedding("embedding", vocabulary: shape.vocabulary, size: shape.input, in: &layout) : nil
    lstm = LSTM(
      "lstm", inputSize: shape.input, hiddenSize: shape.hidden, layers: shape.layers, in: &layout)
    head = Linear("head", inputSize: shape.hidden, outputSize: 1, in: &layout)
    parameters = try ParameterArena(layout, on: backend, seed: 1)
    optimizer = try Optimizer(.adam(), for: parameters, weightDecay: 0, clipNorm: nil)
    var generator = PhiloxGenerator(RandomStream(seed: 1, stream: RandomStream.samplers))
    let cells = shape.steps * shape.batch
    indices = try backend.makeTensor(
      [shape.steps, shape.batch],
      (0..<(shape.vocabulary > 0 ? cells : 0)).map { _ in
        Int32(generator.index(below: shape.vocabulary))
      } + [Int32](repeating: 0, count: shape.vocabulary > 0 ? 0 : cells))
    input = try backend.makeTensor(
      [shape.steps, shape.batch, shape.vocabulary > 0 ? 1 : shape.input],
      (0..<(cells * (shape.vocabulary > 0 ? 1 : shape.input))).map { _ in
        2 * generator.uniform() - 1
      })
    target = try backend.makeTensor(
      [shape.batch, 1], (0..<shape.batch).map { _ in 2 * generator.uniform() - 1 })
    statistics = try backend.makeTensor([2])
    squaredNorm = try backend.makeTensor([1])
  }

  var sequences: Int { shape.batch }
  var stepsPerWait: Int { 1 }

  /// How the first layer runs.
  func plan() throws -> RecurrentPlan {
    try backend.plan(
      for: RecurrentDescriptor(
        steps: shape.steps, batch: shape.batch, inputSize: shape.input,
        vocabulary: shape.vocabulary > 0 ? shape.vocabulary : nil, hiddenSize: shape.hidden))
  }

  func enqueueStep() throws {
    step += 1
    try backend.enqueue(Fill(parameters.gradients, with: 0))
    let tape = Tape(parameters, mode: .training(seed: 1, step: UInt32(step)))
    let output =
      try embedding.map { try lstm(indices, through: $0, on: tape).sequence }
      ?? lstm(tape.constant(input), on: tape).sequence
    let prediction = try head(tape.pool(output, .last), on: tape)
    try tape.loss(.meanSquaredError, prediction, target: target, statistics: statistics)
    try tape.backward()
    try optimizer.step(
      number: step, learningRate: 1e-3, squaredNorm: squaredNorm, losses: statistics)
  }
}
