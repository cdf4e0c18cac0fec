import SluiceCompute
import SluiceNN
import SluiceConformance
import Testing

/// Twenty training steps: the back end and the plain one in Double go the same way.
@Suite struct TrainingCurveTests {
  private func losses(on backend: any Backend) throws -> [Float] {
    let (steps, batch) = (6, 5)
    var draw = Draw(seed: 20)
    let values = draw.floats(steps * batch * 3)
    let targets = draw.floats(batch)
    var layout = ParameterLayout()
    let lstm = LSTM(
      "lstm", inputSize: 3, hiddenSize: 6, layers: 2, bidirectional: true, dropout: 0.2,
      recurrentDropout: 0.2, in: &layout)
    let head = Linear("head", inputSize: 12, outputSize: 1, in: &layout)
    let arena = try ParameterArena(layout, on: backend, seed: 4)
    let optimizer = try TestOptimizer(arena)
    let statistics = try backend.makeTensor([2])
    return try (1...20).map { step in
      let tape = Tape(arena, mode: .training(seed: 6, step: UInt32(step)))
      let x = tape.constant(try backend.makeTensor([steps, batch, 3], values))
      let y = try head(tape.pool(lstm(x, on: tape).sequence, .mean), on: tape)
      try tape.loss(
        .meanSquaredError, y, target: backend.makeTensor([batch], targets),
        statistics: statistics)
      try tape.backward()
      try optimizer.step(step, learningRate: 0.02)
      let values = try backend.read(statistics)
      return values[0] / values[1]
    }
  }

  @Test func twentyStepsAgree() throws {
    let exact = try losses(on: DoubleBackend())
    let measured = try losses(on: makeBackend())
    #expect(exact[19] < 0.7 * exact[0])
    for (step, pair) in zip(measured, exact).enumerated() {
      #expect(abs(pair.0 - pair.1) <= 1e-4 * pair.1, "step \(step + 1)")
    }
  }
}
