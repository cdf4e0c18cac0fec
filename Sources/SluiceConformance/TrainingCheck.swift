import SluiceCompute
import SluiceNN

/// Twenty training steps of a small network: two bidirectional layers over rows of different
/// lengths, dropout of every kind, AdamW with clipping.
///
/// Two devices that agree on every operation must agree on this too, and a device with itself to the
/// bit.
public enum TrainingCheck {
  /// The largest relative difference between two devices' losses.
  public static let tolerance = 1e-4

  /// The losses of the twenty steps on one device, or of the first `count`.
  ///
  /// - Throws: `ComputeError`.
  public static func losses(on backend: any Backend, count: Int = 20) throws -> [Float] {
    let (steps, batch, inputs, hidden) = (12, 9, 5, 17)
    var layout = ParameterLayout()
    let lstm = Recurrent(
      "lstm", inputSize: inputs, hiddenSize: hidden, layers: 2, bidirectional: true, dropout: 0.2,
      recurrentDropout: 0.1, in: &layout)
    let head = Linear("head", inputSize: 2 * hidden, outputSize: 1, in: &layout)
    let parameters = try ParameterArena(layout, on: backend, seed: 11)
    var generator = PhiloxGenerator(RandomStream(seed: 11, stream: RandomStream.samplers))
    let input = try backend.makeTensor(
      [steps, batch, inputs],
      (0..<(steps * batch * inputs)).map { _ in 2 * generator.uniform() - 1 })
    let lengths = try backend.makeTensor(
      [batch], (0..<batch).map { _ in Int32(1 + generator.index(below: steps)) })
    let target = try backend.makeTensor([batch, 1], (0..<batch).map { _ in generator.uniform() })
    let moments = try (0..<2).map { _ in
      try backend.makeTensor(
        [layout.count], [Float](repeating: 0, count: layout.count))
    }
    let statistics = try backend.makeTensor([count, 2])
    let squaredNorm = try backend.makeTensor([1])
    let halt = try backend.makeTensor([1], [Int32(0)])
    for step in 0..<count {
      try backend.enqueue(Fill(parameters.gradients, with: 0))
      let tape = Tape(parameters, mode: .training(seed: 11, step: UInt32(step)))
      let output = try lstm(tape.constant(input), lengths: lengths, on: tape).sequence
      let pooled = try tape.pool(output, .mean, lengths: lengths)
      try tape.loss(
        .huber(delta: 0.5), head(pooled, on: tape), target: target,
        statistics: statistics.step(step).reshaped([2]))
      try tape.backward()
      try backend.enqueue(SumOfSquares(parameters.gradients, into: squaredNorm))
      try backend.enqueue(
        OptimizerStep(
          .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8), step: step + 1, learningRate: 0.01,
          clipNorm: 1, groups: [ParameterGroup(range: 0..<layout.count, weightDecay: 0.01)],
          weights: parameters.weights, gradients: parameters.gradients, moments: moments,
          squaredNorm: squaredNorm, halt: halt))
    }
    let sums: [Float] = try backend.read(statistics)
    return (0..<count).map { sums[2 * $0] / sums[2 * $0 + 1] }
  }

  /// The largest relative difference between two loss curves; infinite where one is no number.
  public static func difference(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).map { x, y in
      let difference = Double(abs(x - y)) / Double(max(abs(x), abs(y), 1e-6))
      return difference.isNaN ? .infinity : difference
    }.max() ?? .infinity
  }
}
