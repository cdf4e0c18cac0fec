import SluiceCPU
import SluiceCompute
import Testing

@Suite struct BackendTests {
  @Test func memoryIsCountedAndReused() throws {
    let backend = try CPUBackend(threads: 1)
    let before = backend.memory.current
    do {
      let tensor = try backend.makeTensor([1000])
      #expect(tensor.count == 1000)
      #expect(backend.memory.current >= before + 4000)
    }
    #expect(backend.memory.current == before)
    let peak = backend.memory.peak
    #expect(peak >= before + 4000)
    for _ in 0..<100 { _ = try backend.makeTensor([1000]) }
    #expect(backend.memory.peak == peak)
  }

  @Test func tooMuchMemoryIsAnError() throws {
    let backend = try CPUBackend(threads: 1)
    let error = #expect(throws: ComputeError.self) {
      _ = try backend.makeBuffer(count: 1 << 60, elementType: .float32)
    }
    #expect(error?.code == .outOfMemory)
  }

  @Test func badIndicesAreNamed() throws {
    let backend = try CPUBackend(threads: 1)
    let table = try backend.makeTensor([5, 3], [Float](repeating: 1, count: 15))
    for bad: Int32 in [-1, 5] {
      let indices = try backend.makeTensor([3], [0, 4, bad])
      let output = try backend.makeTensor([3, 3])
      for operation: any Operation in [
        EmbeddingForward(table: table, indices: indices, into: output),
        EmbeddingBackward(outputGradient: output, indices: indices, into: table),
        GatherRows(source: table, rows: indices, into: output),
      ] {
        let error = #expect(throws: ComputeError.self) { try backend.enqueue(operation) }
        #expect(error?.code == .indexOutOfRange)
        #expect(error?.what.contains("\(bad) at position 2") == true)
      }
    }
  }

  @Test func windowsOutsideTheirSeriesAreNamed() throws {
    let backend = try CPUBackend(threads: 1)
    let source = try backend.makeTensor([1, 10, 1], (0..<10).map(Float.init))
    let output = try backend.makeTensor([4, 2, 1])
    let starts = try backend.makeTensor([2], [Int32(3), 7])
    let windows = GatherWindows(source: source, series: nil, starts: starts, into: output)
    let error = #expect(throws: ComputeError.self) { try backend.enqueue(windows) }
    #expect(error?.code == .indexOutOfRange)
    #expect(error?.what.contains("window 1") == true)
    var fitting = windows
    fitting.offset = -1
    try backend.enqueue(fitting)
    #expect(try backend.read(output) == [2, 6, 3, 7, 4, 8, 5, 9])
  }

  @Test func tensorsOfAnotherBackendAreRefused() throws {
    let backend = try CPUBackend(threads: 1)
    let tensor = try CPUBackend(threads: 1).makeTensor([4])
    let error = #expect(throws: ComputeError.self) { try backend.enqueue(Fill(tensor, with: 1)) }
    #expect(error?.code == .invalidArgument)
  }

  @Test func threadCountsBelowOneAreRefused() {
    #expect(throws: ComputeError.self) { _ = try CPUBackend(threads: 0) }
  }

  @Test func manyBackendsWorkAtOnce() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          let backend = try CPUBackend(threads: 3)
          let tensor = try backend.makeTensor([200, 300])
          for value in 0..<50 {
            try backend.enqueue(Fill(tensor, with: Float(value)))
            let values = try backend.read(tensor)
            #expect(values.allSatisfy { $0 == Float(value) })
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func plansSayWhatRuns() throws {
    let backend = try CPUBackend(threads: 1)
    let small = try backend.plan(
      for: RecurrentDescriptor(steps: 5, batch: 32, inputSize: 4, hiddenSize: 50))
    #expect(small.strategy == .persistent)
    let large = try backend.plan(
      for: RecurrentDescriptor(steps: 5, batch: 32, inputSize: 4, hiddenSize: 2048))
    #expect(large.strategy == .stepwise)
    #expect(large.reason.contains("2048"))
  }
}

@Suite struct DeterminismTests {
  /// Everything but the recurrence, over sizes that make many tiles.
  func everything(_ threads: Int) throws -> [[Float]] {
    let backend = try CPUBackend(threads: threads)
    func random(_ shape: Shape, _ stream: UInt32) throws -> Tensor {
      try backend.makeTensor(shape, randomValues(shape.count, stream: stream))
    }
    var results: [[Float]] = []
    let x = try random([40, 33, 70], 1)
    let indices = try backend.makeTensor(
      [40, 33], randomValues(40 * 33, stream: 2).map { Int32(abs($0) * 99) })
    let lengths = try backend.makeTensor([33], (0..<33).map { Int32($0) })
    let stream = RandomStream(seed: 3, stream: 4, step: 5)

    let product = try backend.makeTensor([70, 90])
    let y = try random([40, 33, 90], 3)
    try backend.enqueue(MatrixProduct(x, y, into: product, transposeLeft: true))
    results.append(try backend.read(product))
    let columns = try backend.makeTensor([70])
    try backend.enqueue(ColumnSum(x, into: columns))
    results.append(try backend.read(columns))
    let steps = try backend.makeTensor([33, 70])
    try backend.enqueue(SumOverSteps(x, into: steps))
    results.append(try backend.read(steps))
    let norm = try backend.makeTensor([1])
    try backend.enqueue(SumOfSquares(x, into: norm))
    results.append(try backend.read(norm))
    let z = try backend.makeTensor([40, 33, 70])
    try backend.enqueue(Dropout(rate: 0.3, stream: stream, period: 33 * 70, x, into: z))
    try backend.enqueue(ActivationForward(.tanh, z, into: z))
    results.append(try backend.read(z))
    for pooling in Pooling.allCases {
      let winners = pooling == .max ? try backend.makeTensor([33, 70], .int32) : nil
      try backend.enqueue(PoolForward(pooling, x, lengths: lengths, into: steps, winners: winners))
      results.append(try backend.read(steps))
      try backend.enqueue(
        PoolBackward(
          pooling, outputGradient: steps, lengths: lengths, winners: winners, inputGradient: z))
      results.append(try backend.read(z))
    }
    let table = try random([100, 70], 6)
    try backend.enqueue(EmbeddingBackward(outputGradient: x, indices: indices, into: table))
    results.append(try backend.read(table))
    try backend.enqueue(EmbeddingForward(table: table, indices: indices, into: z))
    results.append(try backend.read(z))
    let statistics = try backend.makeTensor([2])
    try backend.enqueue(
      Loss(.meanSquaredError, prediction: x, target: z, statistics: statistics, gradient: z))
    results.append(try backend.read(statistics))
    results.append(try backend.read(z))
    let moments = try [random([40, 33, 70], 7), random([40, 33, 70], 8)]
    try backend.enqueue(LinearCombination(x, scale: 0.1, to: moments[0], outputScale: 0.9))
    try backend.enqueue(ActivationForward(.relu, moments[1], into: moments[1]))
    try backend.enqueue(
      OptimizerStep(
        .adam(beta1: 0.9, beta2: 0.99, epsilon: 1e-8), step: 3, learningRate: 0.01, clipNorm: 1,
        groups: [ParameterGroup(range: 0..<x.count, weightDecay: 0.1)], weights: x, gradients: z,
        moments: moments, squaredNorm: norm, halt: try backend.makeTensor([1], [Int32(0)])))
    results.append(try backend.read(x))
    return results
  }

  @Test func threadsGiveTheSameBits() throws {
    let one = try everything(1)
    let bad = one.joined().count { !$0.isFinite }
    #expect(bad == 0)
    for threads in [2, 3, 1] {
      #expect(try everything(threads) == one)
    }
  }

  @Test func dropoutDrawsFromTheStream() throws {
    let backend = try CPUBackend(threads: 2)
    let stream = RandomStream(seed: 1 << 40 + 3, stream: 2, step: 9)
    let ones = try backend.makeTensor([7, 13], [Float](repeating: 1, count: 91))
    let output = try backend.makeTensor([7, 13])
    try backend.enqueue(Dropout(rate: 0.4, stream: stream, ones, into: output))
    let threshold = Dropout.threshold(rate: 0.4)
    let expected = (0..<91).map { i -> Float in
      stream.word(UInt64(i)) >= threshold ? 1 / (1 - 0.4) : 0
    }
    #expect(try backend.read(output) == expected)
  }

  @Test func aBadNormHaltsTheOptimizer() throws {
    let backend = try CPUBackend(threads: 1)
    let weights = try backend.makeTensor([2], [Float(1), 2])
    let gradients = try backend.makeTensor([2], [Float(1), .nan])
    let norm = try backend.makeTensor([1])
    let halt = try backend.makeTensor([1], [Int32(0)])
    try backend.enqueue(SumOfSquares(gradients, into: norm))
    let step = OptimizerStep(
      .sgd(momentum: 0, nesterov: false), step: 1, learningRate: 1,
      groups: [ParameterGroup(range: 0..<2)], weights: weights, gradients: gradients, moments: [],
      squaredNorm: norm, halt: halt)
    try backend.enqueue(step)
    #expect(try backend.read(halt, as: Int32.self) == [1])
    try backend.write([Float(1)], to: norm)
    try backend.enqueue(step)
    #expect(try backend.read(weights) == [1, 2])
  }
}
