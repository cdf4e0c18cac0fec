import SluiceCompute

extension OpenCLBackend {
  public func tune(_ descriptor: RecurrentDescriptor, _ scope: TuningScope) throws(ComputeError)
    -> [KernelMeasurement]
  {
    let passes: [RecurrentPass] = descriptor.isTraining ? [.forward, .backward] : [.forward]
    var measurements: [KernelMeasurement] = []
    let layer = TunedLayer(self, descriptor)
    // What fails in what came before must not be taken for a variant that cannot be measured.
    try queue.flush()
    for pass in passes {
      do throws(ComputeError) {
        guard let found = try measure(pass, descriptor, scope, layer) else { continue }
        measurements.append(found)
        kernelChoices.names[found.purpose] = found.chosen
      } catch  where error.code == .outOfMemory {
        // What is measured stands beside what is trained: a training that needs all goes without.
        break
      }
    }
    if !measurements.isEmpty { tuning?.write(kernelChoices) }
    return measurements
  }

  private func measure(
    _ pass: RecurrentPass, _ d: RecurrentDescriptor, _ scope: TuningScope, _ layer: TunedLayer
  ) throws(ComputeError) -> KernelMeasurement? {
    let purpose = RecurrentPurpose(pass, d).description
    var variants = candidates(pass, d)
    guard let first = variants.first, variants.count > 1 else { return nil }
    if case .sameBits(let uses) = scope {
      guard kernelChoices.names[purpose] == nil else { return nil }
      variants.removeAll { $0.order != first.order }
      let seconds = try layer.seconds(pass, first) * Double(uses)
      guard variants.count > 1, seconds >= Self.leastTrainingSeconds else { return nil }
    }
    var candidates: [KernelMeasurement.Candidate] = []
    for variant in variants {
      candidates.append(
        .init(
          name: variant.name, microseconds: try microseconds(pass, variant, layer),
          hasSameBits: variant.order == first.order))
    }
    let best = candidates.min { $0.microseconds ?? .infinity < $1.microseconds ?? .infinity }
    guard let best, best.microseconds != nil else { return nil }
    return KernelMeasurement(purpose: purpose, candidates: candidates, chosen: best.name)
  }

  /// Nil where the driver refuses the kernel, for want of registers for example.
  private func microseconds(_ pass: RecurrentPass, _ variant: RecurrentVariant, _ layer: TunedLayer)
    throws(ComputeError) -> Double?
  {
    do {
      return try layer.seconds(pass, variant) * 1e6
    } catch  where error.code == .deviceFailure {
      return nil
    }
  }

  /// Trainings that spend less time on a recurrence are not kept waiting for the choice of its kernels.
  static let leastTrainingSeconds = 60.0
}

/// A recurrent layer to be timed, made when first asked for.
private final class TunedLayer {
  private unowned let backend: OpenCLBackend
  private let descriptor: RecurrentDescriptor
  private var made: (forward: RecurrentForward, backward: RecurrentBackward)?

  init(_ backend: OpenCLBackend, _ descriptor: RecurrentDescriptor) {
    self.backend = backend
    var d = descriptor
    // What all variants do alike.
    d.vocabulary = nil
    d.hasLengths = false
    d.hasRecurrentDropout = false
    d.isTraining = true
    self.descriptor = d
  }

  /// The least of three times of the recurrence alone, each of several runs.
  ///
  /// - Throws: ``ComputeError`` with `.deviceFailure` where the driver does not take the kernel.
  func seconds(_ pass: RecurrentPass, _ variant: RecurrentVariant) throws(ComputeError) -> Double {
    let layer = try layer()
    let hidden = layer.forward.weights.hidden
    let packing = try variant.packedShape(descriptor.cell, hidden: descriptor.hiddenSize).map {
      (shape) throws(ComputeError) in
      RecurrentPacking(weights: hidden, packed: try filled(shape, 0.01))
    }
    func run(_ count: Int) throws(ComputeError) -> Double {
      let clock = ContinuousClock()
      let start = clock.now
      for _ in 0..<count {
        switch pass {
        case .forward:
          try backend.recur(
            RecurrentStart(
              operation: layer.forward, gates: layer.backward.gates, packing: packing),
            variant)
        case .backward:
          // Gradients of gradients would vanish, and what has vanished is slow on some devices.
          try backend.execute(Fill(layer.backward.gates, with: 0.1))
          try backend.recur(layer.backward, variant, mask: nil)
        }
      }
      try backend.synchronize()
      return (clock.now - start) / .seconds(1) / Double(count)
    }
    _ = try run(1)
    let once = try run(1)
    let count = max(1, min(100, Int(0.01 / max(once, 1e-6))))
    var best = once
    for _ in 0..<3 where best < 2 { best = min(best, try run(count)) }
    return best
  }

  private func layer() throws(ComputeError) -> (
    forward: RecurrentForward, backward: RecurrentBackward
  ) {
    if let made { return made }
    let d = descriptor
    let width = d.cell.gateCount * d.hiddenSize
    func weights(_ value: Float) throws(ComputeError) -> RecurrentWeights {
      RecurrentWeights(
        input: try filled([width, 1], value), hidden: try filled([width, d.hiddenSize], value),
        inputBias: try filled([width], value), hiddenBias: try filled([width], value))
    }
    let sequence: Shape = [d.steps, d.batch, d.hiddenSize]
    let output = try filled(sequence, 0.1)
    let cells = d.cell.hasCellState ? try filled(sequence, 0.1) : nil
    let gates = try filled([d.steps, d.batch, d.cell.blockCount * d.hiddenSize], 0.1)
    let own = try weights(0.01)
    let layer = (
      forward: RecurrentForward(
        d, input: own.input, weights: own, output: output, gates: gates, cells: cells),
      backward: RecurrentBackward(
        d, input: own.input, weights: own, output: output, gates: gates, cells: cells,
        outputGradient: try filled(sequence, 0.01), weightGradients: own)
    )
    made = layer
    return layer
  }

  private func filled(_ shape: Shape, _ value: Float) throws(ComputeError) -> Tensor {
    let tensor = try backend.makeTensor(shape)
    try backend.execute(Fill(tensor, with: value))
    return tensor
  }
}
