/// How far a fit is; handed to its callbacks, which may end it.
public struct FitProgress: Sendable, CustomStringConvertible {
  /// From 1.
  public let epoch: Int
  /// Epochs that there will be, unless it ends before.
  public let epochs: Int
  /// Optimizer steps done.
  public let step: Int
  /// Optimizer steps that there will be, unless it ends before.
  public let totalSteps: Int
  /// Of the last step.
  public let learningRate: Double
  /// The mean training loss: at the end of an epoch, of that epoch; at a step, as last known. Nil before
  /// anything is known: the device is not waited for at every step.
  public let trainingLoss: Double?
  /// The metrics of the last validation; empty where there is none.
  public let validation: [MetricValue]
  /// Since the start.
  public let seconds: Double
  /// Set it to end the fit before the next step. The weights stay as they are then.
  public var stops = false

  /// The validation metric of this name; nil where there is none.
  public subscript(name: String) -> Double? { validation.first { $0.name == name }?.value }

  /// `epoch 3/20  loss 0.4127  validation: loss 0.3127  accuracy 0.9`
  public var description: String {
    var text = "epoch \(epoch)/\(epochs)"
    if let trainingLoss { text += "  loss \([MetricValue].short(trainingLoss))" }
    if !validation.isEmpty { text += "  validation: \(validation.summary)" }
    return text
  }
}

/// What a fit came to.
public struct FitResult: Sendable, CustomStringConvertible {
  /// Whether all epochs were done, or why not.
  public let end: TrainingOutcome.End
  /// One entry for each epoch that was begun, in their order.
  public let epochs: [FitProgress]
  /// Optimizer steps done.
  public let steps: Int
  /// The steps after which the model's weights were reached: fewer than ``steps`` where early stopping
  /// went back to the best.
  public let bestStep: Int
  /// The mean training loss of the last epoch; nil where no step was done.
  public let trainingLoss: Double?
  /// The validation metrics of the model's weights; empty where nothing was validated.
  public let validation: [MetricValue]
  /// From the first step to the end, validations included.
  public let seconds: Double

  /// The validation metric of this name; nil where there is none.
  public subscript(name: String) -> Double? { validation.first { $0.name == name }?.value }

  /// `finished after 200 steps  loss 0.2113  validation: loss 0.3127  accuracy 0.9`
  public var description: String {
    let words =
      switch end {
      case .finished: "finished"
      case .stoppedEarly: "stopped early"
      case .interrupted: "stopped"
      }
    var text = "\(words) after \(steps) steps"
    if let trainingLoss { text += "  loss \([MetricValue].short(trainingLoss))" }
    if !validation.isEmpty { text += "  validation: \(validation.summary)" }
    return text
  }
}
