import SluiceNN
import SluicePlatform

/// The networks of a run that has ended, to be read again. Nothing in its folder is changed.
public struct FinishedPhases: Sendable {
  /// Tells the data that the run learned from from others.
  public let dataFingerprint: String
  private let run: String

  /// Finds what a run left.
  ///
  /// - Parameter run: Its folder.
  /// - Throws: ``CheckpointError`` where no checkpoint of it is left that is whole; `FileError`.
  public init(ofRun run: String) throws {
    self.run = run
    let store = CheckpointStore(reading: "\(run)/checkpoints")
    guard FileReader.exists(store.folder), let checkpoint = try store.newest() else {
      throw CheckpointError(
        store.folder, "there is no checkpoint, which says what the run learned from", remedy: "")
    }
    dataFingerprint = checkpoint.state.dataFingerprint
  }

  /// Reads the weights of a phase.
  ///
  /// - Parameters:
  ///   - name: `validate`, `refit`, `member-1`.
  ///   - parameters: Take them in.
  /// - Throws: ``TrainingError`` where a file is damaged; `FileError` where one is missing.
  public func read(_ name: String, into parameters: ParameterArena) throws -> PhasedTraining.Phase {
    try PhasedTraining.Phase(reading: name, ofRun: run, into: parameters)
  }
}
