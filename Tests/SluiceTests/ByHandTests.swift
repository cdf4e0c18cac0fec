import Sluice
import Testing

/// The tape by hand, with nothing to allocate.
@Suite struct ByHandTests {
  @Test func aLoopOfOnesOwnLearns() throws {
    let backend = try Devices.open("cpu")
    var layout = ParameterLayout()
    let lstm = Recurrent("lstm", inputSize: 1, hiddenSize: 8, in: &layout)
    let head = Linear("head", inputSize: 8, outputSize: 1, in: &layout)
    let input: [Float] = (0..<40).map { Float($0 % 7) / 7 }  // [T = 5, N = 8, 1]
    let target = (0..<8).map { row in (0..<5).reduce(0) { $0 + input[$1 * 8 + row] } }

    func trained() throws -> (losses: [Float], bits: [UInt32]) {
      let parameters = try ParameterArena(layout, on: backend, seed: 1)
      let training = try TapeTraining(parameters, learningRate: 0.02)
      var losses: [Float] = []
      for _ in 0..<80 {
        let loss = try training.step { tape in
          let x = tape.constant(try backend.makeTensor([5, 8, 1], input))
          let last = try lstm(x, on: tape).states[0].hidden
          return try tape.loss(
            .meanSquaredError, head(last, on: tape), target: backend.makeTensor([8, 1], target))
        }
        losses.append(try loss.mean())
      }
      #expect(training.stepCount == 80)
      return (losses, try parameters.namedWeights().flatMap { $0.values.map(\.bitPattern) })
    }
    let first = try trained()
    #expect(first.losses[79] < first.losses[0] / 10)
    #expect(try trained() == first)
  }

  /// Two passes add up; clearing takes both away.
  @Test func gradientsAddUpUntilTheyAreCleared() throws {
    let backend = try Devices.open("cpu")
    var layout = ParameterLayout()
    let head = Linear("head", inputSize: 2, outputSize: 1, in: &layout)
    let parameters = try ParameterArena(layout, on: backend, seed: 1)
    func pass() throws -> [Float] {
      let tape = Tape(parameters, mode: .training(seed: 1, step: 0))
      let input = tape.constant(try backend.makeTensor([3, 2], [1, 2, 3, 4, 5, 6] as [Float]))
      _ = try tape.loss(
        .meanSquaredError, head(input, on: tape),
        target: backend.makeTensor([3, 1], [1, 2, 3] as [Float]))
      try tape.backward()
      return try backend.read(parameters.gradient(head.weight))
    }
    let once = try pass()
    let twice = try pass()
    #expect(once.contains { $0 != 0 })
    #expect(zip(once, twice).allSatisfy { abs($1 - 2 * $0) < 1e-4 * abs($0) + 1e-6 })
    try parameters.clearGradients()
    #expect(try backend.read(parameters.gradient(head.weight)) == [Float](repeating: 0, count: 2))
    #expect(try pass() == once)
  }

  @Test func tensorsPrint() throws {
    let backend = try Devices.open("cpu")
    let tensor = try backend.makeTensor([2, 3], [1, 2, 3, 4, 5, 6] as [Float])
    #expect("\(tensor)" == "float32 [2, 3]")
    #expect(try backend.text(of: tensor) == "float32 [2, 3]\n[[1.0, 2.0, 3.0],\n [4.0, 5.0, 6.0]]")
    #expect(
      try backend.text(of: tensor, limit: 1) == "float32 [2, 3]\n[[1.0, …],\n …]")
    // A block of columns: its rows lie further apart than they are long.
    #expect(
      try backend.text(of: tensor.columns(1..<3)) == "float32 [2, 2]\n[[2.0, 3.0],\n [5.0, 6.0]]")
    let indices = try backend.makeTensor([2, 1, 2], [1, 2, 3, 4] as [Int32])
    #expect(
      try backend.text(of: indices) == "int32 [2, 1, 2]\n[[[1, 2]],\n [[3, 4]]]")
    #expect(try backend.text(of: backend.makeTensor([0, 4])) == "float32 [0, 4]\n[]")
    let tape = Tape(
      try ParameterArena(ParameterLayout(), on: backend, seed: 1), mode: .training(seed: 1, step: 0)
    )
    #expect("\(tape.constant(tensor))" == "float32 [2, 3]")
    #expect("\(tape.input(tensor))" == "float32 [2, 3], with a gradient")
  }
}
