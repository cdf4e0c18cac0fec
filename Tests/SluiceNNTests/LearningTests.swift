import SluiceCompute
import SluiceNN
import Testing

/// Networks learn what only a recurrent one can.
@Suite struct LearningTests {
  /// Two steps of a sequence are marked; the target is the sum of the numbers there. Answering 1
  /// every time leaves a mean squared error of 0.167.
  ///
  /// - SeeAlso: Hochreiter & Schmidhuber 1997, the adding problem.
  @Test func twoLayersLearnToAdd() throws {
    let (steps, batch) = (12, 64)
    var layout = ParameterLayout()
    let lstm = Recurrent("lstm", inputSize: 2, hiddenSize: 24, layers: 2, in: &layout)
    let head = Linear("head", inputSize: 24, outputSize: 1, in: &layout)
    let backend = try makeBackend()
    let arena = try ParameterArena(layout, on: backend, seed: 3)
    var draw = Draw(seed: 10)

    func loss(_ tape: Tape, _ statistics: Tensor) throws {
      var values = [Float](repeating: 0, count: steps * batch * 2)
      var targets = [Float](repeating: 0, count: batch)
      let numbers = draw.floats(steps * batch).map { ($0 + 1) / 2 }
      for index in numbers.indices { values[2 * index] = numbers[index] }
      for row in 0..<batch {
        for half in 0..<2 {
          let place = Int(draw.integers(1, below: steps / 2)[0]) + half * steps / 2
          values[2 * (place * batch + row) + 1] = 1
          targets[row] += numbers[place * batch + row]
        }
      }
      let x = tape.constant(try backend.makeTensor([steps, batch, 2], values))
      let y = try head(lstm(x, on: tape).states[1].hidden, on: tape)
      try tape.loss(
        .meanSquaredError, y, target: backend.makeTensor([batch], targets),
        statistics: statistics)
    }

    _ = try TestProblem(arena, loss).train(steps: 300, learningRate: 0.01)
    let statistics = try backend.makeTensor([2])
    try loss(Tape(arena, mode: .inference), statistics)
    let result = try backend.read(statistics)
    #expect(result[0] / result[1] < 0.03)
  }
}
