import Sluice
import SluiceCPU
import SluiceCompute

/// One training step of a race shape, straight from operations: no tape, no trainer.
final class TrainingStep {
  private struct Layer {
    var descriptor: RecurrentDescriptor
    /// Or the table that the tokens choose from.
    var input: Tensor
    var tokens: RecurrentTokens?
    var output: Tensor
    var gates: Tensor
    var cells: Tensor
    var weights: RecurrentWeights
    var gradients: RecurrentWeights
    var outputGradient: Tensor
    var inputGradient: Tensor?
  }

  private let backend: any Backend
  private let shape: RaceShape
  private var layers: [Layer] = []
  private let weights: Tensor
  private let gradients: Tensor
  private let moments: [Tensor]
  private let head: (weight: Tensor, bias: Tensor, weightGradient: Tensor, biasGradient: Tensor)
  private let target: Tensor
  private let prediction: Tensor
  private let predictionGradient: Tensor
  private let statistics: Tensor
  private let squaredNorm: Tensor
  private let halt: Tensor
  /// Floating-point operations of the recurrent layers that a step does, after folding.
  let operations: Double
  private var step = 0

  init(_ shape: RaceShape, on backend: any Backend) throws {
    self.shape = shape
    self.backend = backend
    let (t, n, h) = (shape.steps, shape.batch, shape.hidden)
    var generator = PhiloxGenerator(RandomStream(seed: 1, stream: 1))
    func random(_ shape: Shape, _ scale: Float) throws -> Tensor {
      try backend.makeTensor(
        shape, (0..<shape.count).map { _ in (generator.uniform() * 2 - 1) * scale })
    }
    var count = shape.vocabulary * shape.input + h + 1
    for layer in 0..<shape.layers {
      count += 4 * h * ((layer == 0 ? shape.input : h) + h + 2)
    }
    let weights = try random([count], 0.1)
    let gradients = try backend.makeTensor([count])
    self.weights = weights
    self.gradients = gradients
    moments = try (0..<2).map { _ in
      try backend.makeTensor([count], [Float](repeating: 0, count: count))
    }
    var offset = 0
    func next(_ shape: Shape) -> (Tensor, Tensor) {
      defer { offset += shape.count }
      return (
        Tensor(buffer: weights.buffer, offset: offset, shape: shape),
        Tensor(buffer: gradients.buffer, offset: offset, shape: shape)
      )
    }
    var input: Tensor
    var inputGradient: Tensor?
    var tokens: RecurrentTokens?
    var operations = shape.operations
    if shape.vocabulary > 0 {
      let (table, gradient) = next([shape.vocabulary, shape.input])
      let indices = (0..<t * n).map { _ in Int32(generator.index(below: shape.vocabulary)) }
      let distinct = Set(indices).count
      let layer = RecurrentDescriptor(
        steps: t, batch: n, inputSize: shape.input, vocabulary: shape.vocabulary, hiddenSize: h)
      if layer.folds(places: t * n, distinctTokens: distinct) {
        operations = shape.operations(distinctTokens: distinct)
      }
      tokens = RecurrentTokens(try backend.makeTensor([t, n], indices))
      (input, inputGradient) = (table, gradient)
    } else {
      input = try random([t, n, shape.input], 1)
    }
    self.operations = operations
    for _ in 0..<shape.layers {
      let c = input.columns
      let (w, dw) = next([4 * h, c])
      let (u, du) = next([4 * h, h])
      let (b, db) = next([4 * h])
      let (e, de) = next([4 * h])
      let layer = Layer(
        descriptor: RecurrentDescriptor(
          steps: t, batch: n, inputSize: c, vocabulary: tokens.map { _ in shape.vocabulary },
          hiddenSize: h),
        input: input, tokens: tokens, output: try backend.makeTensor([t, n, h]),
        gates: try backend.makeTensor([t, n, 4 * h]), cells: try backend.makeTensor([t, n, h]),
        weights: RecurrentWeights(input: w, hidden: u, inputBias: b, hiddenBias: e),
        gradients: RecurrentWeights(input: dw, hidden: du, inputBias: db, hiddenBias: de),
        outputGradient: try backend.makeTensor([t, n, h]), inputGradient: inputGradient)
      layers.append(layer)
      input = layer.output
      inputGradient = layer.outputGradient
      tokens = nil
    }
    let (w, dw) = next([1, h])
    let (b, db) = next([1])
    head = (w, b, dw, db)
    target = try random([n, 1], 1)
    prediction = try backend.makeTensor([n, 1])
    predictionGradient = try backend.makeTensor([n, 1])
    statistics = try backend.makeTensor([2])
    squaredNorm = try backend.makeTensor([1])
    halt = try backend.makeTensor([1], [Int32(0)])
  }

  var strategy: RecurrentPlan {
    get throws { try backend.plan(for: layers[0].descriptor) }
  }

  /// Forward, loss, backward, Adam.
  func run(_ profile: inout Profile) throws {
    step += 1
    guard let top = layers.last else { return }
    try profile.time("clear gradients") { try backend.enqueue(Fill(gradients, with: 0)) }
    try profile.time("recurrent forward") {
      for layer in layers {
        try backend.enqueue(
          RecurrentForward(
            layer.descriptor, input: layer.input, tokens: layer.tokens, weights: layer.weights,
            output: layer.output, gates: layer.gates, cells: layer.cells))
      }
    }
    try profile.time("head and loss") {
      let last = top.output.step(shape.steps - 1)
      try backend.enqueue(
        MatrixProduct(last, head.weight, bias: head.bias, into: prediction, transposeRight: true))
      try backend.enqueue(
        Loss(
          .meanSquaredError, prediction: prediction, target: target, statistics: statistics,
          gradient: predictionGradient))
      try backend.enqueue(
        MatrixProduct(
          predictionGradient, last, into: head.weightGradient, transposeLeft: true,
          accumulate: true))
      try backend.enqueue(
        ColumnSum(predictionGradient, into: head.biasGradient, accumulate: true))
      try backend.enqueue(Fill(top.outputGradient, with: 0))
      try backend.enqueue(
        MatrixProduct(
          predictionGradient, head.weight, into: top.outputGradient.step(shape.steps - 1)))
    }
    try profile.time("recurrent backward") {
      for layer in layers.reversed() {
        try backend.enqueue(
          RecurrentBackward(
            layer.descriptor, input: layer.input, tokens: layer.tokens, weights: layer.weights,
            output: layer.output, gates: layer.gates, cells: layer.cells,
            outputGradient: layer.outputGradient, inputGradient: layer.inputGradient,
            accumulateInputGradient: layer.tokens != nil, weightGradients: layer.gradients,
            keepsGateGradients: false))
      }
    }
    try profile.time("optimizer") {
      try backend.enqueue(SumOfSquares(gradients, into: squaredNorm))
      try backend.enqueue(
        OptimizerStep(
          .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8), step: step, learningRate: 1e-3,
          groups: [ParameterGroup(range: 0..<weights.count)], weights: weights,
          gradients: gradients, moments: moments, squaredNorm: squaredNorm, halt: halt))
    }
    try backend.synchronize()
  }

  /// The mean loss of the last step.
  func loss() throws -> Float {
    let values = try backend.read(statistics)
    return values[0] / values[1]
  }
}
