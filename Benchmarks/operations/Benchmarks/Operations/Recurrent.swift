import Sluice
import SluiceCompute

extension MeasuredDevice {
  /// The layers of the race shapes, forward and backward. A layer over tokens folds its embedding
  /// where that pays; its rate counts the operations of the network as it is written.
  var recurrent: [MeasuredOperation] {
    RaceShape.all.flatMap { shape in
      (0..<shape.layers).flatMap { layer in
        let inputSize = layer == 0 ? shape.input : shape.hidden
        let flops =
          8 * Double(shape.hidden * (shape.hidden + inputSize)) * Double(shape.steps * shape.batch)
        let name = "\(shape.name) layer \(layer)"
        return [
          MeasuredOperation("\(label) recurrent forward \(name)", flops: flops) {
            let layer = try RecurrentLayer(shape, layer: layer, on: self)
            return MeasuredRun(body: layer.forward)
          },
          MeasuredOperation("\(label) recurrent backward \(name)", flops: 2 * flops) {
            let layer = try RecurrentLayer(shape, layer: layer, on: self)
            // Backward overwrites the gates.
            return MeasuredRun(prepare: layer.forward, body: layer.backward)
          },
        ]
      }
    }
  }
}

/// One layer of a race shape with its tensors.
private struct RecurrentLayer {
  private let backend: any Backend
  private let forwardOperation: RecurrentForward
  private let backwardOperation: RecurrentBackward

  init(_ shape: RaceShape, layer: Int, on device: MeasuredDevice) throws {
    let backend = device.backend
    self.backend = backend
    let (t, n, h) = (shape.steps, shape.batch, shape.hidden)
    let c = layer == 0 ? shape.input : h
    let hasTokens = layer == 0 && shape.vocabulary > 0
    let tokens =
      hasTokens
      ? RecurrentTokens(try device.indices([t, n], below: shape.vocabulary)) : nil
    let input = try device.random(hasTokens ? [shape.vocabulary, c] : [t, n, c])
    func weights(_ make: (Shape) throws -> Tensor) rethrows -> RecurrentWeights {
      RecurrentWeights(
        input: try make([4 * h, c]), hidden: try make([4 * h, h]), inputBias: try make([4 * h]),
        hiddenBias: try make([4 * h]))
    }
    let parameters = try weights { try device.random($0, 0.1) }
    let gradients = try weights { try device.random($0, 0) }
    // The input of the lowest dense layer is data: nobody needs its gradient.
    let needsInputGradient = hasTokens || layer > 0
    let descriptor = RecurrentDescriptor(
      steps: t, batch: n, inputSize: c, vocabulary: hasTokens ? shape.vocabulary : nil,
      hiddenSize: h)
    let output = try backend.makeTensor([t, n, h])
    let gates = try backend.makeTensor([t, n, 4 * h])
    let cells = try backend.makeTensor([t, n, h])
    forwardOperation = RecurrentForward(
      descriptor, input: input, tokens: tokens, weights: parameters, output: output, gates: gates,
      cells: cells)
    backwardOperation = RecurrentBackward(
      descriptor, input: input, tokens: tokens, weights: parameters, output: output, gates: gates,
      cells: cells, outputGradient: try device.random([t, n, h], 0.01),
      inputGradient: needsInputGradient ? try device.random(input.shape, 0) : nil,
      accumulateInputGradient: hasTokens, weightGradients: gradients, keepsGateGradients: false)
  }

  func forward() throws {
    try backend.enqueue(forwardOperation)
    try backend.synchronize()
  }

  func backward() throws {
    try backend.enqueue(backwardOperation)
    try backend.synchronize()
  }
}
