import SluiceTraining

/// A run of the reviews task in either mode.
public final class ReviewsTask: TaskTraining {
  public let configuration: ReviewsConfiguration
  private let training: any TaskTraining

  public init(_ training: ReviewsTraining) {
    configuration = training.configuration
    self.training = training
  }

  public init(_ training: HistoryTraining) {
    configuration = training.configuration
    self.training = training
  }

  public var onEvent: (TrainingEvent) -> Void {
    get { training.onEvent }
    set { training.onEvent = newValue }
  }

  public var requiresPersistent: Bool {
    get { training.requiresPersistent }
    set { training.requiresPersistent = newValue }
  }

  public var shouldStop: () -> Bool {
    get { training.shouldStop }
    set { training.shouldStop = newValue }
  }

  public func train(in run: RunDirectory) throws -> RunResult? {
    try training.train(in: run)
  }
}
