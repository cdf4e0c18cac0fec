import Logging
import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceReport
import SluiceSettings
import SluiceTraining

/// A run of a task, from rows to a model's folder.
///
/// If the settings hold rows out, a model that has not seen them is trained first and reported on, and
/// then, unless refused, the final one on all rows. Otherwise the report is on those rows that single
/// networks did not learn from. Every network is a phase of the run, resumed to the bit.
package final class TaskRun<Task: LearningTask> {
  package let task: Task
  /// Told what happens; on the thread that runs.
  package var onEvent: (TrainingEvent) -> Void = { _ in }
  /// Whether a layer that the device cannot run persistently is an error instead of slow.
  package var requiresPersistent = false
  /// Whether a device that has a choice of kernels may take those that were measured to be the fastest,
  /// and measure them first where the training is long. The bits do not depend on what is measured here.
  package var tunes = true
  /// Whether the user named the device, rather than having it chosen: only then may a run go on on another
  /// one than it was on.
  package var isDeviceNamed = true
  /// Whether the run's folder gets `report.json` and `report.html`.
  package var reports = true
  /// Whether the metrics are written as event files of TensorBoard as well.
  package var writesEvents = false
  /// Asked before every step; once true the run writes a checkpoint and ends, to be resumed.
  package var shouldStop: () -> Bool = { false }
  /// The same, asked within a step too, by any thread.
  package var abandonsStep: (@Sendable () -> Bool)?
  /// Opens the device once more where it has failed, to go on from the newest checkpoint; nil: the run ends.
  package var reopensDevice: (() throws -> any Backend)?

  private let fingerprint: String
  /// Another one where the device was opened once more.
  var backend: any Backend
  private let logger: Logger
  private var isAnnounced = false
  private var draft = ReportDraft()
  /// The folder of a run whose kernels are still to be chosen.
  private var undecided: RunDirectory?
  /// How often the device was opened once more.
  var restarts = 0

  /// - Parameters:
  ///   - fingerprint: Tells the rows from others; a resumed run must have the same.
  ///   - backend: Its ranks train together, each with a run of the same rows and settings.
  package init(_ task: Task, fingerprint: String, on backend: any Backend, logger: Logger) {
    self.task = task
    self.fingerprint = fingerprint
    self.backend = backend
    self.logger = logger
  }

  private var settings: Task.Settings { task.settings }
  private var ranks: any Collective { backend.ranks }

  /// Trains on one opened device, from the run's newest checkpoint if there is one, and writes the model.
  ///
  /// - Returns: Nil where the run was asked to stop; it can be resumed.
  func trainOnce(in run: RunDirectory) throws -> RunResult? {
    if !run.isWritten { reports = false }
    let begunKernels = try sharedKernels { try run.kernels() }
    if let begunKernels {
      backend.kernelChoices = begunKernels
    } else if !tunes {
      backend.kernelChoices = KernelChoices()
    } else if let remark = backend.kernelChoicesRemark {
      onEvent(.remark(.warning(remark)))
    }
    undecided = begunKernels == nil ? run : nil
    defer { undecided = nil }
    draft = ReportDraft()
    isAnnounced = false
    onEvent(.data(task.summary))
    for remark in task.remarks { onEvent(.remark(remark)) }
    let phases = try PhasedTraining(
      in: run, settings: SettingsText.yaml(of: settings),
      changes: {
        try Task.changes(from: Task.earlierSettings($0, name: "the checkpoint"), to: settings)
      },
      dataFingerprint: fingerprint, keepCheckpoints: settings.training.keepCheckpoints,
      logger: logger, ranks: ranks)
    if restarts > 0 { tellRestart(from: phases.start) }
    if let earlier = phases.earlierDevice { try compareDevice(earlier, of: run) }
    phases.shouldStop = shouldStop
    phases.abandonsStep = abandonsStep
    phases.writesEvents = writesEvents
    phases.onProgress = { self.onEvent(.progress($0)) }

    var trained: Trained?
    var report: EvaluationReport?
    let heldOut = try task.soundHeldOut()
    let stages = heldOut == nil ? 1 : task.cutCount + (settings.refit ? 1 : 0)
    phases.phaseCount = settings.trainingCount * stages
    if let heldOut {
      trained = try train(
        TrainingStage.validate, of: task, on: heldOut.kept, by: phases.train)
      guard let trained else { return nil }
      let evaluation = try task.evaluation(of: trained.model, on: heldOut)
      onEvent(.report(evaluation.report))
      report = evaluation.report
      draft.scored = scored(heldOut.rows, count: evaluation.report.rows, note: heldOut.note)
      draftSections(evaluation.sections)
      if task.cutCount > 1 {
        guard let backtest = try backtest(evaluation.report, heldOut, in: phases) else {
          return nil
        }
        onEvent(.backtest(backtest))
        report?.backtest = backtest
      }
      report.map(warn)
    }
    if trained == nil || settings.refit {
      trained = try train(
        TrainingStage.final(settings), of: task, on: task.rows, by: phases.train)
      if report == nil, let done = trained, let found = done.report {
        onEvent(.report(found))
        warn(found)
        report = found
        draft.scored = scored(task.rows, count: found.rows)
        draftSections { try done.learning.sections(of: done.model) }
      }
    }
    guard let trained else { return nil }
    if run.isWritten { try write(trained.model, to: run) }
    var result = RunResult(
      run: run.path, model: run.modelPath, device: backend.device.id,
      strategy: try trained.model.plans().map(\.description), epochs: settings.training.epochs,
      steps: phases.steps, seconds: phases.seconds,
      sequencesPerSecond: Double(phases.sequences) / max(phases.seconds, 1e-9),
      trainLoss: trained.loss, validation: report)
    if reports {
      attempt("the run's report cannot be written") {
        try RunReportFile.write(
          draft.report(
            of: task, result, plans: trained.model.plans(), device: backend.device,
            memory: backend.memory),
          to: run.path)
        result.report = "\(run.path)/\(RunReportFile.pageName)"
      }
    }
    return result
  }

  /// Looks whether the run goes on where it was: on another device it comes to other last digits.
  ///
  /// - Throws: ``RunDirectoryError`` where another device was chosen that nobody has named.
  private func compareDevice(_ earlier: (id: String, name: String), of run: RunDirectory) throws {
    let device = backend.device
    // A device may be numbered anew; the CPU's name says how many threads it has, which change nothing.
    let isSame =
      earlier.id == "cpu" || device.id == "cpu"
      ? earlier.id == device.id : earlier.name == device.name
    guard !isSame else { return }
    let was = "the run in \(run.path) was on \(earlier.id) (\(earlier.name))"
    guard isDeviceNamed else {
      throw RunDirectoryError(
        "\(was), and `device: auto` is \(device.id) now",
        remedy: "Go on to the bit with `device: \(earlier.id)`, or in other last digits with "
          + "`device: \(device.id)`")
    }
    onEvent(
      .remark(
        .warning(
          "\(was) and goes on on \(device.id): it will differ in its last digits from one that "
            + "stayed there")))
  }

  /// Writes the model's folder, and reads it as those will who predict: a model that they cannot have is
  /// no good training.
  private func write(_ model: Task.Model, to run: RunDirectory) throws {
    let files = try model.files()
    try run.writeModel(files)
    do {
      let read = try Task.Model(folder: run.modelPath, on: backend).files()
      guard zip(read, files).allSatisfy({ $0.bytes == $1.bytes }) else {
        throw ModelError(nil, "another model is read than was written", remedy: "")
      }
    } catch let error as ComputeError where error.code == .deviceFailure {
      throw error
    } catch {
      throw ModelError(
        run.modelPath, "the model that was just written cannot be used: \(error)",
        remedy: "This is a defect of sluice; please report it, with these rows if you can.")
    }
  }

  /// The report of a run that has ended, made again from its networks: on the rows that these had not
  /// learned from, as `train` reported it.
  ///
  /// - Returns: Nil where there are no such rows.
  /// - Throws: What the phases throw where one of them cannot be read.
  package func report(of phases: FinishedPhases) throws -> EvaluationReport? {
    let read: PhaseTraining = { try phases.read($0, into: $2.parameters) }
    guard let heldOut = try task.soundHeldOut() else {
      return try train(TrainingStage.final(settings), of: task, on: task.rows, by: read)?.report
    }
    guard
      let trained = try train(
        TrainingStage.validate, of: task, on: heldOut.kept, by: read)
    else { return nil }
    return try task.evaluation(of: trained.model, on: heldOut).report
  }

  /// What trains a phase, or reads what was made of it; nil where the run was asked to stop.
  private typealias PhaseTraining = (
    _ name: String, _ configuration: TrainerConfiguration, _ problem: any TrainingProblem
  ) throws -> PhasedTraining.Phase?

  /// Says where the answers do not hold what they claim.
  private func warn(_ report: EvaluationReport) {
    for warning in report.warnings { onEvent(.remark(.warning(warning))) }
  }

  /// - Parameter rows: Those that were scored, as the task numbers them.
  private func scored(_ rows: [Int], count: Int, note: String = "") -> RunReport.ScoredRows {
    let text = task.roles + rows.map { " \($0)" }.joined()
    return RunReport.ScoredRows(
      data: fingerprint, rows: Checksum.hexadecimal(of: Array(text.utf8)), count: count, note: note)
  }

  /// Takes in what the task shows; a page that lacks it is no reason to lose a training.
  private func draftSections(_ sections: () throws -> [ReportSection]) {
    guard reports else { return }
    // Alone: what fails here on one rank must not keep others waiting.
    let ranks = backend.ranks
    backend.ranks = OneRank()
    defer { backend.ranks = ranks }
    attempt("a part of the run's report is left out") { draft.sections = try sections() }
  }

  private func attempt(_ failure: String, _ body: () throws -> Void) {
    do { try body() } catch { onEvent(.remark(.warning("\(failure): \(error)"))) }
  }

  /// What a training of all networks came to.
  private struct Trained {
    let model: Task.Model
    /// On rows that single networks did not learn from.
    let report: EvaluationReport?
    /// The mean over the networks.
    let loss: Double
    let learning: Task.Learning
  }

  /// Trains anew at each earlier cut, on what lies before it, and scores what comes after.
  ///
  /// - Parameters:
  ///   - last: What the model of the last cut came to.
  ///   - heldOut: The rows that are of.
  /// - Returns: Nil where the run was asked to stop.
  private func backtest(
    _ last: EvaluationReport, _ heldOut: HeldOut, in phases: PhasedTraining
  ) throws -> Backtest? {
    var cuts: [Backtest.Cut] = []
    for number in 1..<task.cutCount {
      let earlier = try task.atCut(number)
      guard let heldOut = try earlier.soundHeldOut() else { continue }
      let stage = "\(TrainingStage.backtest)-\(number)"
      guard let trained = try train(stage, of: earlier, on: heldOut.kept, by: phases.train) else {
        return nil
      }
      let evaluation = try earlier.evaluation(of: trained.model, on: heldOut)
      cuts.append(Backtest.Cut(heldOut, evaluation.report))
    }
    return Backtest(cuts + [Backtest.Cut(heldOut, last)], isRetrained: true)
  }

  /// Trains all networks on some rows.
  ///
  /// - Parameter stage: Names the phases: `validate`, or `validate-1`, `validate-2` of an ensemble.
  /// - Returns: Nil where the run was asked to stop.
  private func train(
    _ stage: String, of task: Task, on rows: [Int], by trainPhase: PhaseTraining
  ) throws -> Trained? {
    let learning = try task.learning(from: rows, on: backend)
    var networks: [TrainedNetwork<Task.Network>] = []
    var loss = 0.0
    for member in 0..<settings.networkCount {
      let begun = try learning.begin(member: member)
      try announce(begun.network, begun.configuration)
      let name = settings.isEnsemble ? "\(stage)-\(member + 1)" : stage
      guard let phase = try trainPhase(name, begun.configuration, begun.problem) else {
        return nil
      }
      draft.phases.append((name, phase.summary))
      let network = TrainedNetwork(
        begun.network, phase.parameters, bestStep: phase.summary.bestStep)
      try learning.finish(member: member, network)
      networks.append(network)
      loss += phase.summary.trainingLoss / Double(settings.networkCount)
    }
    if let begun = try learning.beginCalibration() {
      let name = stage + TrainingStage.calibration
      guard let phase = try trainPhase(name, begun.configuration, begun.problem) else {
        return nil
      }
      draft.phases.append((name, phase.summary))
      try learning.finishCalibration(TrainedNetwork(begun.network, phase.parameters))
    }
    let (fitted, report) = try learning.conclude(networks)
    return Trained(
      model: TrainedModel(task.settings, fitted, networks, on: backend), report: report, loss: loss,
      learning: learning)
  }

  /// Measures what has not been measured on this machine, and keeps all choices in the run's folder.
  private func chooseKernels(
    _ network: Task.Network, _ configuration: TrainerConfiguration, in run: RunDirectory
  ) throws {
    if tunes && ranks.isRoot {
      let uses =
        configuration.epochs * configuration.stepsPerEpoch * configuration.gradientAccumulation
        * settings.networkCount
      var measured = 0
      var seen: Set<RecurrentDescriptor> = []
      for plan in try network.plans(on: backend, batch: settings.batchSize)
      where seen.insert(plan.descriptor).inserted {
        measured += try backend.tune(plan.descriptor, .sameBits(uses: uses)).count
      }
      if measured > 0 {
        onEvent(
          .remark(
            .note(
              "measured the kernels of \(measured) recurrence\(measured == 1 ? "" : "s") on "
                + "\(backend.device.id): kept for later runs")))
      }
    }
    let choices = try sharedKernels { backend.kernelChoices }
    backend.kernelChoices = choices ?? backend.kernelChoices
    if run.isWritten, let choices, choices != KernelChoices() { try run.writeKernels(choices) }
  }

  /// The kernels of rank 0, on all ranks.
  private func sharedKernels(_ choices: () throws -> KernelChoices?) throws -> KernelChoices? {
    guard ranks.size > 1 else { return try choices() }
    let text = try ranks.shared {
      try choices().map { Array($0.text.utf8) + [UInt8(ascii: "\n")] } ?? []
    }
    return text.isEmpty
      ? nil : KernelChoices(text: String(decoding: text.dropLast(), as: UTF8.self))
  }

  /// Says where a warm-up that somebody chose does not end before the training does.
  private func warnOfWarmup(_ configuration: TrainerConfiguration) {
    let schedule = settings.training.schedule
    guard case .cosine(let warmup, _) = schedule, warmup > configuration.totalSteps,
      !Task.recipes.contains(where: { $0.settings.training.schedule == schedule })
    else { return }
    onEvent(
      .remark(
        .warning(
          "the warm-up of \(warmup) steps is longer than the training of "
            + "\(configuration.totalSteps): the learning rate stays below "
            + "\(Double(configuration.totalSteps) / Double(warmup)) of what was asked for; shorten "
            + "`warmup` of `training.schedule`, or train longer")))
  }

  /// Tells the network and its strategies, once.
  private func announce(_ network: Task.Network, _ configuration: TrainerConfiguration) throws {
    guard !isAnnounced else { return }
    isAnnounced = true
    warnOfWarmup(configuration)
    if let run = undecided { try chooseKernels(network, configuration, in: run) }
    let plans = try network.plans(on: backend, batch: settings.batchSize)
    onEvent(.model(ModelSummary(network.layers), strategies: plans.map(\.description)))
    if requiresPersistent { try plans.requirePersistent() }
  }
}

extension TaskRun: SteppableTraining {
  package func makeFirstPhase() throws -> TrainingPhase {
    let rows = try task.soundHeldOut()?.kept ?? task.rows
    let begun = try task.learning(from: rows, on: backend).begin(member: 0)
    return TrainingPhase(
      problem: begun.problem, configuration: begun.configuration,
      plans: try begun.network.plans(on: backend, batch: settings.batchSize))
  }
}
