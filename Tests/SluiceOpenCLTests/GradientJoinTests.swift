import SluiceCompute
import Testing

@testable import SluiceOpenCL

/// Sums of weight gradients wait for each other, and nobody can tell but by the launches.
@Suite(.enabled(if: TestDevice.exists)) struct GradientJoinTests {
  /// Layers whose gradients lie in one buffer, of too many rows for `linear_backward`.
  private struct Layers {
    let backend: OpenCLBackend
    let gradients: Tensor
    let inputs: [Tensor]
    let outputGradients: [Tensor]
    let weight: Tensor
    static let (rows, inputSize, outputSize) = (300, 5, 18)
    static let distance = 128

    init(_ count: Int) throws {
      backend = try TestDevice.open()
      var seed: UInt32 = 1
      func values(_ count: Int) -> [Float] {
        (0..<count).map { _ in
          seed = seed &* 1_664_525 &+ 1_013_904_223
          return Float(seed >> 8) / Float(1 << 23) - 1
        }
      }
      gradients = try backend.makeTensor([count * Self.distance], values(count * Self.distance))
      weight = try backend.makeTensor(
        [Self.outputSize, Self.inputSize], values(Self.outputSize * Self.inputSize))
      let backend = backend
      inputs = try (0..<count).map { _ in
        try backend.makeTensor([Self.rows, Self.inputSize], values(Self.rows * Self.inputSize))
      }
      outputGradients = try (0..<count).map { _ in
        try backend.makeTensor([Self.rows, Self.outputSize], values(Self.rows * Self.outputSize))
      }
    }

    /// Where the gradients of a layer's weights lie.
    func place(_ layer: Int) -> Tensor {
      Tensor(
        buffer: gradients.buffer, offset: layer * Self.distance,
        shape: [Self.outputSize, Self.inputSize])
    }

    func bias(_ layer: Int) -> Tensor {
      Tensor(
        buffer: gradients.buffer, offset: layer * Self.distance + 100, shape: [Self.outputSize])
    }

    /// Enqueues the weight gradients of a layer, into the place of any.
    func enqueue(_ layer: Int, into place: Int? = nil) throws {
      try backend.enqueue(
        LinearBackward(
          .identity, input: inputs[layer], weight: weight, output: outputGradients[layer],
          outputGradient: outputGradients[layer], weightGradient: self.place(place ?? layer),
          biasGradient: bias(place ?? layer)))
    }

    func launches(_ work: () throws -> Void) throws -> Int {
      let before = try #require(backend.counts).launches
      try work()
      return try #require(backend.counts).launches - before
    }

    var bits: [UInt32] {
      get throws { try backend.read(gradients).map(\.bitPattern) }
    }
  }

  /// The gradients, each layer's waited for.
  private func alone(_ count: Int) throws -> [UInt32] {
    let layers = try Layers(count)
    for layer in 0..<count {
      try layers.enqueue(layer)
      try layers.backend.synchronize()
    }
    return try layers.bits
  }

  @Test(arguments: [1, 3, 8, 11]) func oneLaunchForAll(count: Int) throws {
    let layers = try Layers(count)
    let products = try layers.launches { for layer in 0..<count { try layers.enqueue(layer) } }
    #expect(products == count + (count >= GradientJoins.most ? 1 : 0))
    let joins = try layers.launches { try layers.backend.synchronize() }
    #expect(joins == (count % GradientJoins.most == 0 ? 0 : 1))
    #expect(try layers.bits == alone(count))
  }

  /// A copy of some gradients, a change of them, a host's write: whoever comes after sees the sums.
  @Test func nobodyComesBefore() throws {
    let layers = try Layers(3)
    let backend = layers.backend
    let expected = try alone(3).map(Float.init(bitPattern:))
    for layer in 0..<3 { try layers.enqueue(layer) }
    // What is beside them makes nobody do anything.
    let between = Tensor(buffer: layers.gradients.buffer, offset: 90, shape: [10])
    #expect(
      try layers.launches { try backend.enqueue(Copy(between, to: backend.makeTensor([10]))) }
        == 1)
    let copy = try backend.makeTensor([2])
    let last = Tensor(buffer: layers.gradients.buffer, offset: 2 * Layers.distance + 89, shape: [2])
    #expect(try layers.launches { try backend.enqueue(Copy(last, to: copy)) } == 2)
    #expect(try backend.read(copy) == Array(expected[345..<347]))

    try layers.enqueue(1)
    try backend.enqueue(Fill(layers.place(1), with: 7))
    #expect(try backend.read(layers.place(1)) == [Float](repeating: 7, count: 90))
    try layers.enqueue(2)
    try backend.write([Float](repeating: 9, count: 90), to: layers.place(2))
    #expect(try backend.read(layers.place(2)) == [Float](repeating: 9, count: 90))
  }

  /// What two layers add to one gradient is added in their order.
  @Test func onePlaceTwice() throws {
    let waiting = try Layers(2)
    try waiting.enqueue(0, into: 1)
    try waiting.enqueue(1, into: 1)
    let alone = try Layers(2)
    try alone.enqueue(0, into: 1)
    try alone.backend.synchronize()
    try alone.enqueue(1, into: 1)
    #expect(try waiting.bits == alone.bits)
  }

  @Test func gradientsOfAnotherDevice() throws {
    let (layers, others) = try (Layers(1), Layers(1))
    #expect(throws: ComputeError.self) {
      try layers.backend.enqueue(
        LinearBackward(
          .identity, input: layers.inputs[0], weight: layers.weight,
          output: layers.outputGradients[0], outputGradient: layers.outputGradients[0],
          weightGradient: others.place(0), biasGradient: others.bias(0)))
    }
  }
}
