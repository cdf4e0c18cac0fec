import SluiceCompute
import SluiceNN
import SluiceTables
import SluiceTraining

/// The training of networks that mix bases, on the steps before a cut.
///
/// The first network leaves the last horizon out: there the best of its checkpoints is chosen, and how
/// wide intervals must be. The others learn from all steps, for as long as the first took.
final class MixtureLearning: SalesCourse {
  private let set: SeriesSet
  private let settings: SalesSettings
  private let backend: any Backend
  private let cut: Int
  private var fitted: SalesPreprocessing
  /// Fitted on what the first network learns from, or on all where nothing is left out.
  private var first: Course
  private var whole: Course
  /// Windows at the end that the first network does not learn from.
  private let heldOut: MixtureBatch
  private let windows: HeldOutWindows
  private let heldOutSteps: Int
  /// Optimizer steps of the best checkpoint of the first network.
  private var bestStep: Int?

  /// Series to learn from up to a step, and where windows may lie.
  private struct Course {
    let reader: MixtureReader
    let fit: MixtureFit
    let sampler: MixtureSampler
  }

  init(_ set: SeriesSet, cut: Int, _ settings: SalesSettings, on backend: any Backend) {
    self.set = set.learnable(at: cut)
    self.settings = settings
    self.backend = backend
    self.cut = cut
    let horizon = settings.horizonSteps
    windows = HeldOutWindows(set, cut: cut, horizon: horizon)
    let held = windows.steps
    // Both read the same columns: those of the seasons that the shorter past shows.
    let seasons = SeasonLengths(set, cut: cut - held, horizon: horizon)
    let part = Self.course(self.set, end: cut - held, known: cut, seasons, settings)
    let hasChoice = held > 0 && !part.sampler.isEmpty
    whole = Self.course(self.set, end: cut, known: cut, seasons, settings)
    first = hasChoice ? part : whole
    heldOutSteps = hasChoice ? held : 0
    heldOut =
      hasChoice
      ? Self.batch(windows, of: self.set)
      : MixtureBatch(series: [], origins: [])
    fitted = SalesPreprocessing(
      self.set, cut: cut, history: settings.historySteps, horizon: horizon, mixture: whole.fit)
  }

  /// The windows that the first network is judged by: of every series with a little past.
  private static func batch(_ windows: HeldOutWindows, of set: SeriesSet) -> MixtureBatch {
    var batch = MixtureBatch(series: [], origins: [])
    for origin in windows.origins {
      for series in windows.series(of: set, at: origin, past: leastPast) {
        batch.series.append(Int32(series))
        batch.origins.append(Int32(origin))
      }
    }
    return batch
  }

  /// Steps of its own that a series has before a window that is judged by.
  private static let leastPast = 5

  /// - Parameters:
  ///   - end: Nothing from here on is learned from.
  ///   - known: Steps that windows to forecast may read.
  private static func course(
    _ set: SeriesSet, end: Int, known: Int, _ seasons: SeasonLengths, _ settings: SalesSettings
  ) -> Course {
    let end = max(1, end)
    var fit = MixtureFit(set, cut: end, horizon: settings.horizonSteps, seasons: seasons)
    let (centres, scales) = set.covariateMoments(steps: end)
    let past = fit.past(
      amounts: set.amounts(upTo: known), firstStep: set.firstStep, units: fit.units, steps: known,
      origin: 0, set.grid, horizon: settings.horizonSteps,
      covariates: set.scaledCovariates(
        upTo: known + settings.horizonSteps, centres: centres, scales: scales),
      columns: set.covariateCount)
    let reader = MixtureReader(past: past, history: settings.historySteps)
    let sampler = MixtureSampler(
      set.firstStep, seasons: fit.seasons, end: end, horizon: settings.horizonSteps)
    if !sampler.isEmpty { fit.limit = reader.limit(sampler, before: end) }
    return Course(reader: reader, fit: fit, sampler: sampler)
  }

  func begin(member: Int) throws -> BegunNetwork<SalesForecastingNetwork> {
    let course = member == 0 ? first : whole
    let end = member == 0 ? cut - heldOutSteps : cut
    let horizon = settings.horizonSteps
    let batchSize = settings.batchSize
    let stepCount = course.sampler.stepCount(
      windowSteps: settings.historySteps + horizon, horizon: horizon, batchSize: batchSize)
    var training = settings.training.settled(
      stepsPerPass: (stepCount + settings.training.epochs - 1) / settings.training.epochs)
    training.seed = settings.training.seed &+ UInt64(member)
    let network = SalesTask.mixtureNetwork(settings, fitted, on: course.reader)
    var metrics: (ParameterArena) throws -> [MetricValue] = { _ in [] }
    if member == 0, heldOutSteps > 0 {
      training.earlyStopping = EarlyStoppingConfiguration(patience: .max)
      metrics = { [self] parameters in
        let forecast = try forecastHeldOut(network, parameters)
        return [MetricValue("held_out_error", forecast.error(median: forecast.median))]
      }
    } else if let bestStep {
      training.epochs = max(1, bestStep / training.stepsPerEpoch)
    }
    let seed = training.seed
    let microBatches = training.gradientAccumulation
    let problem = BatchProblem(
      try ParameterArena(network.layout, on: backend, seed: seed),
      sequencesPerStep: batchSize * microBatches,
      draw: { course.sampler.batch(batchSize, seed: seed, step: $0, microBatch: $1) },
      describe: { [set] batch in
        "windows of "
          + listed(
            (0..<batch.count).map {
              "\(set.name(of: Int(batch.series[$0]))) from \(set.dateText(Int(batch.origins[$0])))"
            })
      },
      metrics: metrics,
      loss: { (batch: MixtureBatch, loss) in
        try network.enqueueLoss(course.reader.windows(batch, before: end), to: loss)
      })
    return BegunNetwork(network: .mixture(network), problem: problem, configuration: training)
  }

  private func forecastHeldOut(_ network: MixtureNetwork, _ parameters: ParameterArena) throws
    -> MixtureForecast
  {
    try MixtureForecast(
      first.reader, heldOut, before: cut, [(network, parameters)])
  }

  func finish(member: Int, _ network: TrainedNetwork<SalesForecastingNetwork>) throws {
    guard member == 0, heldOutSteps > 0, case .mixture(let mixture) = network.network else {
      return
    }
    bestStep = network.bestStep
    let levels = settings.model.quantiles
    let calibration = MixtureCalibration(
      try forecastHeldOut(mixture, network.parameters),
      levels: (levels.first ?? 0.5, levels.last ?? 0.5),
      windows: windows.independent(of: set, past: Self.leastPast),
      trust: windows.trust(series: set.seriesCount))
    fitted.mixture?.calibration = calibration
  }

  func conclude(_ networks: [TrainedNetwork<SalesForecastingNetwork>]) -> (
    fitted: SalesPreprocessing, report: EvaluationReport?
  ) {
    (fitted, nil)
  }
}

/// Draws windows: series by the root of how many windows they have, origins alike. A pure function of
/// seed and step.
struct MixtureSampler {
  /// For each series that has windows, its number and where the horizon may begin.
  private var ranges: [(series: Int32, origins: Range<Int>)] = []
  /// Sums of the roots up to each.
  private var cumulative: [Double] = []
  /// Windows in all.
  private(set) var windowCount = 0

  var isEmpty: Bool { ranges.isEmpty }

  /// - Parameter end: At least half of a window's horizon lies before it.
  init(_ firstStep: [Int], seasons: SeasonLengths, end: Int, horizon: Int) {
    var sum = 0.0
    for (series, first) in firstStep.enumerated() where first < end {
      let lower = first + seasons.past(length: end - first)
      let upper = end - max(1, horizon / 2) + 1
      guard upper > lower else { continue }
      ranges.append((Int32(series), lower..<upper))
      windowCount += upper - lower
      sum += Double(upper - lower).squareRoot()
      cumulative.append(sum)
    }
  }

  /// Windows that a step learns from, 16 to 256: fewer where they are long or few.
  func batchSize(windowSteps: Int) -> Int {
    min(256, max(32, 128 * 64 / windowSteps * 2), max(16, windowCount / 8))
  }

  /// Optimizer steps, 150 to 600: at most 20 passes over all steps, fewer where windows are long.
  func stepCount(windowSteps: Int, horizon: Int, batchSize: Int) -> Int {
    let passes = 20 * windowCount / max(1, batchSize * horizon)
    return min(600, max(150, min(passes, 40_000 / windowSteps)))
  }

  func batch(_ count: Int, seed: UInt64, step: Int, microBatch: Int) -> MixtureBatch {
    var generator = PhiloxGenerator(
      RandomStream(
        seed: seed, stream: RandomStream.samplers + UInt32(microBatch), step: UInt32(step)))
    var batch = MixtureBatch(series: [], origins: [])
    guard let total = cumulative.last else { return batch }
    for _ in 0..<count {
      let mark = Double(generator.uniform()) * total
      var (low, high) = (0, ranges.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if cumulative[middle] > mark { high = middle } else { low = middle + 1 }
      }
      let range = ranges[low]
      batch.series.append(range.series)
      batch.origins.append(
        Int32(range.origins.lowerBound + generator.index(below: range.origins.count)))
    }
    return batch
  }
}

extension MixtureReader {
  /// How far the shape of last year strays from the level among true windows: the 99.9 % point; nil
  /// where too few have one.
  fileprivate func limit(_ sampler: MixtureSampler, before end: Int) -> Float? {
    guard let yearBase else { return nil }
    var strays: [Float] = []
    for step in 0..<8 {
      let batch = sampler.batch(512, seed: 0, step: step, microBatch: 1)
      let windows = windows(batch, before: end)
      let width = 1 + baseCount
      for place in windows.weights.indices where windows.weights[place] > 0 {
        let year = windows.target[place * width + 1 + yearBase]
        let level = windows.target[place * width + 1 + Self.levelBase]
        if year < MixtureWindows.missing { strays.append(abs(year - level)) }
      }
    }
    guard strays.count > 20 else { return nil }
    strays.sort()
    return max(1e-3, strays[Int(0.999 * Double(strays.count - 1))])
  }
}

extension SeriesSet {
  /// `[S, steps]`
  func amounts(upTo steps: Int) -> [Float] {
    guard steps < stepCount else { return values }
    return (0..<seriesCount).flatMap { values[($0 * stepCount)..<($0 * stepCount + steps)] }
  }

  /// `[S, steps, X]`, standardised; behind the last known step its values are held.
  func scaledCovariates(upTo steps: Int, centres: [Float], scales: [Float]) -> [Float] {
    let width = covariateCount
    guard width > 0 else { return [] }
    var scaled: [Float] = []
    scaled.reserveCapacity(seriesCount * steps * width)
    for series in 0..<seriesCount {
      for step in 0..<steps {
        let row = (series * stepCount + min(step, stepCount - 1)) * width
        for column in 0..<width {
          scaled.append((covariates[row + column] - centres[column]) / scales[column])
        }
      }
    }
    return scaled
  }
}
