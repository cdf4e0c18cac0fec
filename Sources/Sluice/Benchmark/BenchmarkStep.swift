import SluiceCompute

/// Training steps that can be measured.
protocol BenchmarkStep: AnyObject {
  /// Sequences in a step.
  var sequences: Int { get }
  /// Steps that are enqueued before the host waits for the device.
  var stepsPerWait: Int { get }

  /// How the recurrent layers run.
  func plan() throws -> RecurrentPlan

  /// Enqueues forward, loss, backward and optimizer. Does not wait.
  func enqueueStep() throws

  /// Waits for the device and gives the loss of the last step.
  func loss() throws -> Float
}
