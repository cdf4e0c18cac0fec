import SluiceCPU
import SluiceCompute
import SluiceNN

@testable import SluiceTraining

struct Abandoned: Error {}

/// y = sin(x₀) + ½x₁ on 64 points, learned by a small network with dropout.
final class RegressionProblem: TrainingProblem {
  let parameters: ParameterArena
  let sequencesPerStep: Int
  /// Steps at which the process "dies".
  var abandonAt: Int?
  /// The step from which the batches hold a NaN, and how often that is so.
  var nanAt: Int?
  var nanCount = Int.max
  /// The step whose loss is infinite, though its gradients are not.
  var infiniteLossAt: Int?
  /// What stands in for validation, by number of calls; nil: the mean squared error on all points.
  var validationScript: [Double]?
  var validates = true
  private(set) var enqueuedSteps: [Int] = []
  private(set) var modes: [Tape.Mode] = []
  private(set) var validationCount = 0

  private let first: Linear
  private let second: Linear
  private let dropout: Float
  private let sampler: EpochSampler
  private let micro: Int
  private let points: [(input: [Float], target: Float)]

  init(
    seed: UInt64 = 3, batchSize: Int = 16, micro: Int = 1, dropout: Float = 0.1,
    hidden: Int = 12, on backend: (any Backend)? = nil, ranks: (any Collective)? = nil
  ) throws {
    var layout = ParameterLayout()
    first = Linear(
      "first", inputSize: 2, outputSize: hidden, activation: .tanh, in: &layout)
    second = Linear("second", inputSize: hidden, outputSize: 1, in: &layout)
    let backend = try backend ?? CPUBackend(threads: 1)
    if let ranks { backend.ranks = ranks }
    parameters = try ParameterArena(layout, on: backend, seed: seed)
    self.dropout = dropout
    self.micro = micro
    sequencesPerStep = batchSize * micro
    sampler = EpochSampler(count: 64, batchSize: batchSize, seed: seed)
    var generator = PhiloxGenerator(RandomStream(seed: 99, stream: 0))
    points = (0..<64).map { _ in
      let x = [4 * generator.uniform() - 2, 4 * generator.uniform() - 2]
      return (x, Float(sine(Double(x[0]))) + x[1] / 2)
    }
  }

  func enqueueBatch(
    step: Int, microBatch: Int, tape: Tape, statistics: Tensor, gradientScale: Float
  ) throws {
    if abandonAt == step { throw Abandoned() }
    enqueuedSteps.append(step)
    modes.append(tape.mode)
    let rows = sampler.indices(batch: step * micro + microBatch)
    var inputs = rows.flatMap { points[Int($0)].input }
    let targets = rows.map { points[Int($0)].target }
    if let nanAt, step >= nanAt, nanCount > 0 {
      nanCount -= 1
      inputs[3] = .nan
    }
    let prediction = try predict(inputs, on: tape)
    try tape.loss(
      .meanSquaredError, prediction,
      target: tape.backend.makeTensor([rows.count, 1], targets), statistics: statistics,
      gradientScale: gradientScale)
    try tape.backward()
    if infiniteLossAt == step {
      try tape.backend.enqueue(Fill(statistics, with: .infinity))
    }
  }

  func validate(_ parameters: ParameterArena) throws -> [MetricValue] {
    validationCount += 1
    guard validates else { return [] }
    if let validationScript {
      return [MetricValue("score", validationScript[validationCount - 1])]
    }
    return [MetricValue("mse", try meanSquaredError(parameters))]
  }

  func describeBatch(step: Int, microBatch: Int) -> String {
    "points \(sampler.indices(batch: step * micro + microBatch).prefix(3))"
  }

  func meanSquaredError(_ parameters: ParameterArena) throws -> Double {
    let tape = Tape(parameters, mode: .inference)
    let prediction = try predict(points.flatMap(\.input), on: tape)
    let values: [Float] = try tape.backend.read(prediction.value)
    return zip(values, points).reduce(0) {
      $0 + Double(($1.0 - $1.1.target) * ($1.0 - $1.1.target))
    } / Double(points.count)
  }

  func weights() throws -> [Float] { try parameters.backend.read(parameters.weights) }

  private func predict(_ inputs: [Float], on tape: Tape) throws -> Variable {
    let x = tape.constant(try tape.backend.makeTensor([inputs.count / 2, 2], inputs))
    let h = try tape.dropout(try first(x, on: tape), rate: dropout)
    return try second(h, on: tape)
  }
}

/// The sine by its series: the same on every platform.
private func sine(_ x: Double) -> Double {
  var term = x
  var sum = x
  for k in 1...12 {
    term *= -x * x / Double(2 * k * (2 * k + 1))
    sum += term
  }
  return sum
}
