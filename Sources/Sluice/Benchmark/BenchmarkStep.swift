import SluiceCompute

/// Training steps that can be measured.
protocol BenchmarkStep: AnyObject {
  /// Sequences in a step.
  var sequences: Int { get }
  /// Steps that are enqueued before the host waits for the device.
  var stepsPerWait: Int { get }

  /// `[2]`: the last step's Σ weight · loss and Σ weight.
  var statistics: Tensor { get }

  /// How the recurrent layers run.
  func plan() throws -> RecurrentPlan

  /// Enqueues forward, loss, backward and optimizer. Does not wait.
  func enqueueStep() throws
}

extension BenchmarkStep {
  /// Waits for the device and gives the loss of the last step.
  func loss(on backend: any Backend) throws -> Float {
    let sums: [Float] = try backend.read(statistics)
    return sums[0] / sums[1]
  }
}
