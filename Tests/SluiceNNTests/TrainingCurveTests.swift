import SluiceCompute
import SluiceConformance
import SluiceNN
import Testing

/// Twenty training steps: the back end and the plain one in Double go the same way.
@Suite struct TrainingCurveTests {
  private func losses(on backend: any Backend) throws -> [Double] {
    let (steps, batch) = (6, 5)
    var draw = Draw(seed: 20)
    let values = draw.floats(steps * batch * 3)
    let targets = draw.floats(batch)
    var layout = ParameterLayout()
    let lstm = Recurrent(
      "lstm", inputSize: 3, hiddenSize: 6, layers: 2, bidirectional: true, dropout: 0.2,
      recurrentDropout: 0.2, in: &layout)
    let head = Linear("head", inputSize: 12, outputSize: 1, in: &layout)
    let arena = try ParameterArena(layout, on: backend, seed: 4)
    return try TestProblem(arena) { tape, statistics in
      let x = tape.constant(try backend.makeTensor([steps, batch, 3], values))
      let y = try head(tape.pool(lstm(x, on: tape).sequence, .mean), on: tape)
      try tape.loss(
        .meanSquaredError, y, target: backend.makeTensor([batch], targets),
        statistics: statistics)
    }.train(steps: 20, learningRate: 0.02, seed: 6)
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
