import SluiceTraining

/// A run of the reviews task in either mode.
package final class ReviewsTask: TaskTraining {
  package let configuration: ReviewsConfiguration
  private let training: any TaskTraining

  package init(_ training: ReviewsTraining) {
    configuration = training.configuration
    self.training = training
  }

  package init(_ training: HistoryTraining) {
    configuration = training.configuration
    self.training = training
  }

  package var onEvent: (TrainingEvent) -> Void {
    get { training.onEvent }
    set { training.onEvent = newValue }
  }

  package var requiresPersistent: Bool {
    get { training.requiresPersistent }
    set { training.requiresPersistent = newValue }
  }

  package var shouldStop: () -> Bool {
    get { training.shouldStop }
    set { training.shouldStop = newValue }
  }

  package func train(in run: RunDirectory) throws -> RunResult? {
    try training.train(in: run)
  }
}
