import SluiceNN
import SluiceTraining

/// What a phase of a run trains, made and ready to be stepped.
package struct TrainingPhase {
  package let problem: any TrainingProblem
  /// With the steps of an epoch settled.
  package let configuration: TrainerConfiguration
  /// How the device runs the recurrent layers.
  package let plans: [Recurrent.LayerPlan]
}

/// A training whose steps can be taken one by one, to be measured.
package protocol SteppableTraining {
  /// What a run trains first: of an ensemble, the first member, on all rows that are not its fold.
  ///
  /// - Throws: What a run throws before its first step.
  func makeFirstPhase() throws -> TrainingPhase
}
