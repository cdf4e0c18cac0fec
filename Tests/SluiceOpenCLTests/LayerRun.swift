import SluiceCompute

@testable import SluiceOpenCL

/// A recurrent layer's tensors on a device, filled with numbers that depend on its sizes alone.
struct LayerRun {
  private let backend: OpenCLBackend
  private let forward: RecurrentForward
  private let backward: RecurrentBackward

  init(_ backend: OpenCLBackend, _ d: RecurrentDescriptor) throws {
    self.backend = backend
    let (H, width) = (d.hiddenSize, d.cell.gateCount * d.hiddenSize)
    var seed: UInt32 = 1
    func tensor(_ shape: Shape, scale: Float) throws -> Tensor {
      try backend.makeTensor(
        shape,
        (0..<shape.count).map { _ in
          seed = seed &* 1_664_525 &+ 1_013_904_223
          return scale * (Float(seed >> 8) / Float(1 << 23) - 1)
        })
    }
    let weights = RecurrentWeights(
      input: try tensor([width, d.inputSize], scale: 0.5),
      hidden: try tensor([width, H], scale: 0.2), inputBias: try tensor([width], scale: 0.1),
      hiddenBias: try tensor([width], scale: 0.1))
    let gradients = RecurrentWeights(
      input: try tensor([width, d.inputSize], scale: 0), hidden: try tensor([width, H], scale: 0),
      inputBias: try tensor([width], scale: 0), hiddenBias: try tensor([width], scale: 0))
    let input = try tensor([d.steps, d.batch, d.inputSize], scale: 1)
    let output = try tensor([d.steps, d.batch, H], scale: 0)
    let gates = try tensor([d.steps, d.batch, d.cell.blockCount * H], scale: 0)
    let kept = d.cell.hasCellState ? try tensor([d.steps, d.batch, H], scale: 0) : nil
    forward = RecurrentForward(
      d, input: input, weights: weights, output: output, gates: gates, cells: kept)
    backward = RecurrentBackward(
      d, input: input, weights: weights, output: output, gates: gates, cells: kept,
      outputGradient: try tensor([d.steps, d.batch, H], scale: 1),
      weightGradients: gradients)
  }

  /// The bits of the gates after forward, or of their gradients.
  ///
  /// The candidate that the back end is told to take holds for that pass alone.
  func bits(after pass: RecurrentPass) throws -> [UInt32] {
    let candidate = backend.candidate
    if pass == .backward { backend.candidate = nil }
    try backend.enqueue(forward)
    backend.candidate = candidate
    if pass == .backward { try backend.enqueue(backward) }
    return try backend.read(backward.gates).map(\.bitPattern)
  }

  /// The same of this layer and of one that reads the other way, with both at once.
  func bits(after pass: RecurrentPass, beside other: LayerRun) throws -> [[UInt32]] {
    try backend.enqueue(BidirectionalForward(forward, other.forward))
    if pass == .backward {
      try backend.enqueue(BidirectionalBackward(backward, other.backward))
    }
    return try [self, other].map { try backend.read($0.backward.gates).map(\.bitPattern) }
  }
}
