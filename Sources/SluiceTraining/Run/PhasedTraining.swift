import Logging
import SluiceCompute
import SluiceNN
import SluicePlatform

/// The trainings of one run, one after the other: one to validate and one on all rows, or the members
/// of an ensemble. Each is a phase with a name, weights and optimizer of its own.
///
/// The weights of a phase that has ended stay in the run's folder, `phases/NAME/`, so that a resumed
/// run begins where it was: phases that were done are read, the one in the newest checkpoint goes
/// on, and those behind it begin. The result is that of an uninterrupted run, to the bit.
///
/// Phases must come in the same order in every session of a run.
public final class PhasedTraining {
  /// Asked before every step; once true, the run ends with a checkpoint to go on from.
  public var shouldStop: () -> Bool = { false }
  /// Of every trainer: see ``Trainer/abandonsStep``.
  public var abandonsStep: (@Sendable () -> Bool)?
  /// Told how far the run is.
  public var onProgress: (TrainingProgress) -> Void = { _ in }
  /// How many phases the run will have, as far as is known; for ``onProgress``.
  public var phaseCount = 1

  /// Whether the metrics are written as event files of TensorBoard as well, in the run's `tensorboard/`.
  public var writesEvents = false {
    didSet { metrics?.events = writesEvents ? TensorBoardLog(folder: run.eventsPath) : nil }
  }

  /// The device that an earlier session of the run trained on, by its id and its name; nil where there was
  /// none, or it was of a version that did not say.
  public var earlierDevice: (id: String, name: String)? {
    guard let known = checkpoint?.state.taskState, let id = known[Self.deviceKey],
      let name = known[Self.deviceNameKey]
    else { return nil }
    return (id, name)
  }

  /// The phase and the step of the newest checkpoint, which the run goes on from; nil where it has none, or
  /// has gone on.
  public var start: (phase: String, step: Int)? {
    checkpoint.map { ($0.state.phase, $0.state.step) }
  }

  /// Steps done in the phases that have ended.
  public private(set) var steps = 0
  /// Time spent in them, earlier sessions included.
  public private(set) var seconds = 0.0
  /// Sequences seen in them.
  public private(set) var sequences = 0

  /// Phases begun, or read.
  private var begun = 0
  /// The shares of their steps that the phases which have ended took.
  private var shares: [Double] = []
  private let run: RunDirectory
  private let settings: String
  private let dataFingerprint: String
  /// Nil where another process writes the run.
  private let store: CheckpointStore?
  private let metrics: MetricsLog?
  private let ranks: any Collective
  private let logger: Logger
  /// Where the run stood; nil once its phase goes on, or where there was none.
  private var checkpoint: Checkpoint?

  /// What a phase came to.
  public struct Phase {
    /// `validate`, `refit`.
    public let name: String
    /// The weights to use: the best of early stopping, the averaged or the last ones.
    public let parameters: ParameterArena
    /// What it came to.
    public let summary: PhaseSummary
  }

  /// Opens the checkpoints of a run.
  ///
  /// - Parameters:
  ///   - settings: The text of the run's configuration: a run goes on only with the settings it
  ///     began with.
  ///   - changes: Says in words in which settings these are other than those of an earlier text, of whatever
  ///     version; in none, where both mean the same.
  ///   - dataFingerprint: Tells the data from others.
  ///   - keepCheckpoints: At least 1.
  ///   - ranks: Processes that train together; the first one's run is written, and read for all.
  /// - Throws: ``TrainingError`` where the settings are others; ``CheckpointError``; `FileError`.
  public init(
    in run: RunDirectory, settings: String,
    changes: (_ earlier: String) throws -> [String], dataFingerprint: String,
    keepCheckpoints: Int, logger: Logger, ranks: any Collective = OneRank()
  ) throws {
    self.run = run
    self.ranks = ranks
    self.settings = settings
    self.dataFingerprint = dataFingerprint
    self.logger = logger
    let store =
      run.isWritten
      ? try CheckpointStore(folder: run.checkpointsPath, keep: keepCheckpoints) : nil
    self.store = store
    metrics = run.isWritten ? try MetricsLog(path: run.metricsPath) : nil
    checkpoint = try ranks.shared { try store?.newest { logger.warning("\($0)") } }
    guard run.isWritten else { return }
    if let checkpoint {
      let earlier = try earlierSettings(checkpoint.state.taskState)
      let found = try earlier.map(changes)
      guard let found, found.isEmpty else {
        let list = found.map { ": \($0.prefix(3).joined(separator: "; "))" } ?? ""
        throw TrainingError(
          "\(run.configurationPath): the settings are not those that the run began with\(list)",
          remedy: "Undo the change, or train anew in another folder.")
      }
    } else {
      try metrics?.truncate(toRows: 0)
      try Folder.remove(phasesPath)
      try Folder.remove(run.eventsPath)
    }
  }

  /// Trains a phase, or reads what an earlier session made of it.
  ///
  /// - Parameters:
  ///   - name: Its folder's name, and the first column of the metrics; used once in a run.
  ///   - configuration: Of this phase; its `stepsPerEpoch` is settled.
  ///   - problem: Its parameters are those that are trained.
  /// - Returns: Nil where the run was asked to stop.
  /// - Throws: ``TrainingError``, `FileError`, what the problem throws.
  public func train(
    _ name: String, _ configuration: TrainerConfiguration, _ problem: any TrainingProblem
  ) throws -> Phase? {
    begun += 1
    let current = checkpoint?.state.phase
    if let current, current != name {
      let phase = try Phase(
        reading: name, ofRun: run.path, into: problem.parameters, ranks: ranks)
      finish(phase, configuration)
      return phase
    }
    let trainer = try Trainer(
      problem, configuration: configuration, phase: name, firstGlobalStep: steps,
      dataFingerprint: dataFingerprint, checkpoints: store, metrics: metrics, logger: logger)
    trainer.shouldStop = shouldStop
    trainer.onProgress = { [unowned self] in onProgress(placed($0)) }
    if let checkpoint {
      try trainer.resume(from: checkpoint)
      self.checkpoint = nil
    }
    let device = problem.parameters.backend.device
    trainer.state.taskState[Self.checksumKey] = nil
    trainer.state.taskState[Self.settingsKey] = settings
    trainer.state.taskState[Self.deviceKey] = device.id
    trainer.state.taskState[Self.deviceNameKey] = device.name
    trainer.abandonsStep = abandonsStep
    // Now there is something that would be lost.
    let outcome = try ProcessSignals.holding { try trainer.run() }
    if outcome.end == .interrupted { return nil }
    let phase = Phase(
      name: name, parameters: outcome.parameters,
      summary: PhaseSummary(outcome, sequencesPerStep: problem.sequencesPerStep))
    try write(phase)
    finish(phase, configuration)
    return phase
  }

  /// The settings that the run began with, as the checkpoint says; nil where they are not known any more.
  private func earlierSettings(_ state: [String: String]) throws -> String? {
    if let text = state[Self.settingsKey] { return text }
    // Earlier versions kept a checksum of what is in the run's folder.
    let text = try FileReader.text(of: run.configurationPath)
    let isUnchanged = state[Self.checksumKey] == Checksum.hexadecimal(of: Array(text.utf8))
    return isUnchanged ? text : nil
  }

  /// Every checkpoint says which settings it was made with.
  private static let settingsKey = "settings"
  private static let checksumKey = "configuration"
  /// And on which device.
  private static let deviceKey = "device"
  private static let deviceNameKey = "device_name"

  private var phasesPath: String { Phase.folder(ofRun: run.path) }

  /// With its place in the run.
  private func placed(_ progress: TrainingProgress) -> TrainingProgress {
    var placed = progress
    placed.phaseNumber = begun
    placed.phaseCount = max(phaseCount, begun)
    let share = shares.isEmpty ? 1 : shares.reduce(0, +) / Double(shares.count)
    let expected = share * Double(progress.totalSteps)
    let here = max(0, expected - Double(progress.step))
    let behind = Double(placed.phaseCount - begun) * expected
    placed.runSecondsLeft = (here + behind) * progress.secondsPerStep
    return placed
  }

  private func finish(_ phase: Phase, _ configuration: TrainerConfiguration) {
    shares.append(Double(phase.summary.steps) / Double(max(1, configuration.totalSteps)))
    steps += phase.summary.steps
    seconds += phase.summary.seconds
    sequences += phase.summary.steps * phase.summary.sequencesPerStep
  }

  private func write(_ phase: Phase) throws {
    guard run.isWritten else { return }
    let weights = Safetensors(try phase.parameters.namedWeights(), metadata: ["format": "pt"])
      .encoded()
    var summary = phase.summary
    summary.weightsChecksum = Checksum.hexadecimal(of: weights)
    try Folder.create(phasesPath)
    try Folder.replace(
      "\(phasesPath)/\(phase.name)",
      with: [(Phase.weightsName, weights), (Phase.summaryName, summary.encoded())])
  }
}

extension PhasedTraining.Phase {
  fileprivate static let weightsName = "model.safetensors"
  fileprivate static let summaryName = "summary.json"

  /// Where the phases of a run lie that have ended.
  fileprivate static func folder(ofRun run: String) -> String { "\(run)/phases" }

  /// Reads a phase that has ended.
  ///
  /// - Parameters:
  ///   - run: The run's folder.
  ///   - parameters: Take its weights in.
  ///   - ranks: The first one reads for all.
  /// - Throws: ``TrainingError`` where a file is damaged; `FileError` where one is missing.
  init(
    reading name: String, ofRun run: String, into parameters: ParameterArena,
    ranks: any Collective = OneRank()
  ) throws {
    let folder = "\(Self.folder(ofRun: run))/\(name)"
    let path = "\(folder)/\(Self.weightsName)"
    let summaryPath = "\(folder)/\(Self.summaryName)"
    let summary = try PhaseSummary(
      decoding: ranks.shared { try FileReader.bytes(of: summaryPath) }, file: summaryPath)
    let bytes = try ranks.shared { try FileReader.bytes(of: path) }
    guard Checksum.hexadecimal(of: bytes) == summary.weightsChecksum else {
      throw TrainingError(
        "\(path): the file is damaged", remedy: "Train anew in another folder.")
    }
    try parameters.load(Safetensors(decoding: bytes, file: path), file: path)
    self.init(name: name, parameters: parameters, summary: summary)
  }
}
