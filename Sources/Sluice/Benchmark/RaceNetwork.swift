import SluiceCompute
import SluiceNN
import SluiceTraining

/// A network of a race shape on one device, with data drawn once: what a ``Trainer`` steps where
/// devices and libraries race.
public final class RaceNetwork: TrainingProblem {
  /// Its extents.
  public let shape: RaceShape
  public let sequencesPerStep: Int
  public let parameters: ParameterArena
  private let embedding: Embedding?
  private let recurrent: Recurrent
  private let head: Linear
  /// `[T, N]` tokens; nil where the input is dense.
  private let tokens: Tensor?
  /// `[T, N, C]`; nil where the input is tokens.
  private let input: Tensor?
  /// `[N, 1]`
  private let target: Tensor
  /// U: how many different tokens the data holds.
  private let distinctTokens: Int

  /// Adam and nothing else; the losses are looked at seldom, so that a step does not wait for itself.
  public static var configuration: TrainerConfiguration {
    var configuration = TrainerConfiguration()
    configuration.logEvery = 1000
    return configuration
  }

  /// Makes the network and draws its data.
  ///
  /// - Parameters:
  ///   - shape: Its extents.
  ///   - microBatches: Of a step; each is the shape's batch.
  ///   - backend: Where it is trained.
  /// - Throws: ``ComputeError`` with `.outOfMemory` where the shape does not fit.
  public init(_ shape: RaceShape, microBatches: Int = 1, on backend: any Backend) throws {
    self.shape = shape
    sequencesPerStep = shape.batch * microBatches
    var layout = ParameterLayout()
    embedding =
      shape.vocabulary > 0
      ? Embedding("embedding", vocabulary: shape.vocabulary, size: shape.input, in: &layout) : nil
    recurrent = Recurrent(
      shape.cell.rawValue, cell: shape.cell, inputSize: shape.input, hiddenSize: shape.hidden,
      layers: shape.layers, in: &layout)
    head = Linear("head", inputSize: shape.hidden, outputSize: 1, in: &layout)
    parameters = try ParameterArena(layout, on: backend, seed: 1)
    var generator = PhiloxGenerator(RandomStream(seed: 1, stream: RandomStream.samplers))
    let places = shape.steps * shape.batch
    if shape.vocabulary > 0 {
      let drawn = (0..<places).map { _ in Int32(generator.index(below: shape.vocabulary)) }
      distinctTokens = Set(drawn).count
      tokens = try backend.makeTensor([shape.steps, shape.batch], drawn)
      input = nil
    } else {
      distinctTokens = places
      tokens = nil
      input = try backend.makeTensor(
        [shape.steps, shape.batch, shape.input],
        (0..<(places * shape.input)).map { _ in 2 * generator.uniform() - 1 })
    }
    target = try backend.makeTensor(
      [shape.batch, 1], (0..<shape.batch).map { _ in 2 * generator.uniform() - 1 })
  }

  /// How the recurrent layers run.
  ///
  /// - Throws: ``ComputeError`` with `.unsupported`.
  public func plans() throws -> [Recurrent.LayerPlan] {
    try recurrent.plans(
      on: parameters.backend, steps: shape.steps, batch: shape.batch,
      vocabulary: embedding?.vocabulary)
  }

  /// Floating-point operations of the recurrent layers in one training step that are left where the
  /// embedding folds; all where it does not.
  ///
  /// - Throws: ``ComputeError`` with `.unsupported`.
  public func operations() throws -> Double {
    switch try plans().first?.plan.folding {
    case .always?:
      shape.operations(distinctTokens: shape.vocabulary)
    case .upTo(let share)?
    where Double(distinctTokens) <= share * Double(shape.steps * shape.batch):
      shape.operations(distinctTokens: distinctTokens)
    case .upTo?, .never?, nil:
      shape.operations
    }
  }

  public func enqueueBatch(
    step: Int, microBatch: Int, tape: Tape, statistics: Tensor, gradientScale: Float
  ) throws {
    let output: Variable
    if let tokens, let embedding {
      output = try recurrent(tokens, through: embedding, on: tape).sequence
    } else if let input {
      output = try recurrent(tape.constant(input), on: tape).sequence
    } else {
      throw ComputeError(.invalidArgument, "\(shape.name) has no data")
    }
    let prediction = try head(tape.pool(output, .last), on: tape)
    try tape.loss(
      .meanSquaredError, prediction, target: target, statistics: statistics,
      gradientScale: gradientScale)
    try tape.backward()
  }

  /// There is nothing to validate on.
  public func validate(_ parameters: ParameterArena) -> [MetricValue] { [] }

  public func describeBatch(step: Int, microBatch: Int) -> String { "" }
}
