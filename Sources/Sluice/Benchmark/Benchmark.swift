import SluiceCompute
import SluiceNN
import SluiceTraining

/// How one device did at one shape.
public struct BenchmarkResult: Encodable, Sendable {
  /// A race shape's name, or a task's.
  public var shape: String
  /// What its recurrent layers compute.
  public var cell: RecurrentCell
  /// The device's id.
  public var device: String
  /// Of the recurrent layers, and why.
  public var strategy: String
  /// Why that strategy.
  public var reason: String
  /// The median step, in milliseconds.
  public var millisecondsPerStep: Double
  /// Training steps times their sequences, by the second.
  public var sequencesPerSecond: Double
  /// Of the recurrent layers as the network is written, folded or not; nil for tasks, whose
  /// sequences differ in length.
  public var gflops: Double?
  /// `gflops` over ``DevicePeak/gflops`` of the same device.
  public var shareOfPeak: Double?
  /// Kernels enqueued in a step, counted; nil where nothing is.
  public var launchesPerStep: Double?
  /// Times the host waited within a step, counted.
  public var waitsPerStep: Double?
  /// Bytes copied to the device within a step, counted.
  public var uploadedBytesPerStep: Double?
  /// The most device memory held at once, in bytes.
  public var peakMemory: Int
  /// Steps that were timed.
  public var steps: Int
  /// Processes that shared the steps out.
  public var ranks: Int
  /// How much of the time went into sending and into waiting for other ranks; nil where there are none.
  public var communicationShare: Double?

  /// Each argument is the property of its name.
  public init(
    shape: String, cell: RecurrentCell = .lstm, device: String, strategy: String, reason: String,
    millisecondsPerStep: Double, sequencesPerSecond: Double, launchesPerStep: Double? = nil,
    waitsPerStep: Double? = nil, uploadedBytesPerStep: Double? = nil, peakMemory: Int, steps: Int,
    ranks: Int = 1,
    communicationShare: Double? = nil
  ) {
    self.shape = shape
    self.cell = cell
    self.device = device
    self.strategy = strategy
    self.reason = reason
    self.millisecondsPerStep = millisecondsPerStep
    self.sequencesPerSecond = sequencesPerSecond
    self.launchesPerStep = launchesPerStep
    self.waitsPerStep = waitsPerStep
    self.uploadedBytesPerStep = uploadedBytesPerStep
    self.peakMemory = peakMemory
    self.steps = steps
    self.ranks = ranks
    self.communicationShare = communicationShare
  }

  private enum CodingKeys: String, CodingKey {
    case shape, cell, device, strategy, reason, gflops, steps, ranks
    case millisecondsPerStep = "ms_per_step"
    case sequencesPerSecond = "sequences_per_s"
    case shareOfPeak = "share_of_peak"
    case launchesPerStep = "launches_per_step"
    case waitsPerStep = "waits_per_step"
    case uploadedBytesPerStep = "uploaded_bytes_per_step"
    case peakMemory = "peak_memory"
    case communicationShare = "communication_share"
  }
}

/// Measures devices at the race shapes and at the tasks' own steps: those that ``Trainer/step()``
/// takes.
public enum Benchmark {
  /// Times training steps of one shape: at least `seconds` of them and at least five, after two to
  /// warm up.
  ///
  /// - Parameters:
  ///   - shape: Its extents.
  ///   - backend: A fresh one, so that its peak memory is that of the shape. Its ranks share the steps
  ///     out, a batch for each; all call this.
  ///   - peak: Of the same device.
  ///   - seconds: How long to measure, after a warm-up.
  /// - Throws: ``ComputeError``, `.outOfMemory` where the shape does not fit.
  public static func run(
    _ shape: RaceShape, on backend: any Backend, peak: DevicePeak, seconds: Double = 2
  ) throws -> BenchmarkResult {
    let ranks = backend.ranks
    let network = try RaceNetwork(shape, microBatches: ranks.size, on: backend)
    var configuration = RaceNetwork.configuration
    configuration.gradientAccumulation = ranks.size
    var result = try run(
      shape.name, Trainer(network, configuration: configuration),
      plans: network.plans(), stepsPerWait: 1, seconds: seconds)
    let gflops = Double(ranks.size) * shape.operations / result.millisecondsPerStep / 1e6
    result.gflops = gflops
    result.shareOfPeak = gflops / peak.gflops / Double(ranks.size)
    return result
  }

  /// Times training steps of a task's standard model, with recurrent layers of this cell, on its
  /// generated sample, as above.
  public static func run(
    _ task: BenchmarkTask, cell: RecurrentCell = .lstm, on backend: any Backend,
    seconds: Double = 2
  ) throws -> BenchmarkResult {
    let training = try task.training(of: cell, microBatches: backend.ranks.size, on: backend)
    let phase = try training.makeFirstPhase()
    // Batches differ in length, and the host assembles the next one while the device works: as many
    // as a training takes between two looks at its losses.
    return try run(
      task.name, Trainer(phase.problem, configuration: phase.configuration),
      plans: phase.plans, stepsPerWait: max(1, phase.configuration.logEvery), seconds: seconds)
  }

  private static func run(
    _ name: String, _ trainer: Trainer, plans: [Recurrent.LayerPlan], stepsPerWait: Int,
    seconds: Double
  ) throws -> BenchmarkResult {
    let backend = trainer.problem.parameters.backend
    for _ in 0..<2 { try trainer.step() }
    // Throws where the loss is no number.
    try trainer.takeLoss()
    let before = backend.counts
    let ranks = backend.ranks
    let sentBefore = trainer.communicationSeconds
    let clock = ContinuousClock()
    var times: [Double] = []
    let start = clock.now
    // All ranks take as many steps.
    func goesOn() throws -> Bool {
      let isEnough = times.count >= 5 && start.duration(to: clock.now) >= .seconds(seconds)
      return try ranks.shared { isEnough ? [] : [1] } == [1]
    }
    while try goesOn() {
      let duration = try clock.measure {
        for _ in 0..<stepsPerWait { try trainer.step() }
        try trainer.takeLoss()
      }
      times.append(duration / .milliseconds(1) / Double(stepsPerWait))
    }
    let after = backend.counts
    let steps = times.count * stepsPerWait
    func perStep(_ value: (DeviceCounts) -> Int) -> Double? {
      guard let before, let after else { return nil }
      return Double(value(after) - value(before)) / Double(steps)
    }
    let total = times.reduce(0, +) * Double(stepsPerWait) / 1000
    let median = times.sorted()[times.count / 2]
    // The slowest path counts.
    guard let layer = plans.first(where: { $0.plan.strategy != .persistent }) ?? plans.first
    else {
      throw ComputeError(.unsupported, "the model has no recurrent layer")
    }
    return BenchmarkResult(
      shape: name, cell: layer.descriptor.cell, device: backend.device.id,
      strategy: layer.plan.strategy.rawValue, reason: layer.plan.reason,
      millisecondsPerStep: median,
      sequencesPerSecond: Double(trainer.problem.sequencesPerStep) / median * 1000,
      launchesPerStep: perStep(\.launches),
      // The look at the losses is not the step's.
      waitsPerStep: perStep(\.hostWaits).map { max(0, $0 - 1 / Double(stepsPerWait)) },
      uploadedBytesPerStep: perStep(\.uploadedBytes), peakMemory: backend.memory.peak,
      steps: steps, ranks: ranks.size,
      communicationShare: ranks.size > 1
        ? (trainer.communicationSeconds - sentBefore) / total : nil)
  }
}
