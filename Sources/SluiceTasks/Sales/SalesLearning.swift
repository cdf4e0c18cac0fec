import SluiceCompute
import SluiceNN
import SluiceTraining

/// How the networks of a forecaster are trained on the steps before a cut.
protocol SalesCourse: AnyObject {
  func begin(member: Int) throws -> BegunNetwork<SalesForecastingNetwork>
  func finish(member: Int, _ network: TrainedNetwork<SalesForecastingNetwork>) throws
  func beginCalibration() throws -> BegunNetwork<SalesForecastingNetwork>?
  func finishCalibration(_ network: TrainedNetwork<SalesForecastingNetwork>) throws
  func conclude(_ networks: [TrainedNetwork<SalesForecastingNetwork>]) throws -> (
    fitted: SalesPreprocessing, report: EvaluationReport?
  )
}

extension SalesCourse {
  func beginCalibration() throws -> BegunNetwork<SalesForecastingNetwork>? { nil }
  func finishCalibration(_ network: TrainedNetwork<SalesForecastingNetwork>) throws {}
}

/// The training of a forecaster on the steps before a cut.
package final class SalesLearning: TaskLearning {
  package typealias Task = SalesTask

  private let course: any SalesCourse

  init(_ course: any SalesCourse) { self.course = course }

  package func begin(member: Int) throws -> BegunNetwork<SalesForecastingNetwork> {
    try course.begin(member: member)
  }

  package func finish(member: Int, _ network: TrainedNetwork<SalesForecastingNetwork>) throws {
    try course.finish(member: member, network)
  }

  package func beginCalibration() throws -> BegunNetwork<SalesForecastingNetwork>? {
    try course.beginCalibration()
  }

  package func finishCalibration(_ network: TrainedNetwork<SalesForecastingNetwork>) throws {
    try course.finishCalibration(network)
  }

  package func conclude(_ networks: [TrainedNetwork<SalesForecastingNetwork>]) throws -> (
    fitted: SalesPreprocessing, report: EvaluationReport?
  ) {
    try course.conclude(networks)
  }
}

/// The training of one network on what is left once the regular part is taken away.
final class ResidualLearning: SalesCourse {
  private let set: SeriesSet
  private let cut: Int
  private let settings: SalesSettings
  private let backend: any Backend
  private(set) var fitted: SalesPreprocessing
  /// What the interval is calibrated by, while that is trained.
  private var calibration: ResidualCalibration?
  private let data: SalesDataset
  /// For each series, where the horizon of a window may begin.
  private let starts: [ClosedRange<Int>]

  /// Fits what is regular, and uploads what is left.
  ///
  /// - Parameter cut: Steps to learn from.
  init(_ set: SeriesSet, cut: Int, _ settings: SalesSettings, on backend: any Backend) throws {
    self.set = set
    self.cut = cut
    self.settings = settings
    self.backend = backend
    fitted = SalesPreprocessing(
      set, cut: cut, model: settings.model, history: settings.historySteps,
      horizon: settings.horizonSteps)
    data = try SalesDataset(
      fitted.features(
        of: SalesHistory(set.learnable(at: cut), facts: fitted.series, steps: cut),
        calendar: fitted.calendar(settings.model)), on: backend)
    // The level is to be known where there is data enough, and every window to lie before the cut.
    let last = cut - settings.horizonSteps
    starts = set.firstStep.map { [fitted] first in
      min(max(first + settings.historySteps, fitted.levelWindow), last)...last
    }
  }

  func begin(member: Int) throws -> BegunNetwork<SalesForecastingNetwork> {
    let network = try SalesTask.network(member: member, settings, fitted, on: backend)
    let forecasting = try network.residual
    let training = settings.training
    let sampler = SalesSampler(
      seed: training.seed, batchSize: settings.batchSize, starts: starts,
      keyIndices: data.keyIndices, unknownRate: Float(settings.model.unknownRate))
    // The rows held out are for the report: no step of training may look at them.
    let problem = BatchProblem(
      try ParameterArena(network.layout, on: backend, seed: training.seed),
      sequencesPerStep: settings.batchSize * training.gradientAccumulation,
      draw: sampler.windows,
      describe: { [set] windows in
        "windows of "
          + listed(
            (0..<windows.count).map {
              "\(set.name(of: Int(windows.series[$0]))) from \(set.dateText(Int(windows.starts[$0])))"
            })
      },
      loss: { [data, forecasting] (windows: SalesWindows, loss) in
        try forecasting.enqueueLoss(
          SalesBatch(windows, on: loss.tape.backend), of: data, to: loss)
      })
    return BegunNetwork(network: network, problem: problem, configuration: training)
  }

  func finish(member: Int, _ network: TrainedNetwork<SalesForecastingNetwork>) throws {
    guard case .stack = network.network else { return }
    // A plain stack gives no interval itself: its errors on the last training steps do.
    fitted.errorQuantiles = try forecaster(network).errorQuantiles(data, starts: starts)
  }

  private func forecaster(_ network: TrainedNetwork<SalesForecastingNetwork>) throws
    -> SalesForecaster
  {
    SalesForecaster(
      network: try network.network.residual, quantiles: settings.model.quantiles,
      parameters: network.parameters, preprocessing: fitted)
  }

  func beginCalibration() throws -> BegunNetwork<SalesForecastingNetwork>? {
    guard settings.model.calibrationNetwork else { return nil }
    calibration = try ResidualCalibration(set, cut: cut, settings, on: backend)
    return try calibration?.learning.begin(member: 0)
  }

  func finishCalibration(_ network: TrainedNetwork<SalesForecastingNetwork>) throws {
    guard let calibration else { return }
    self.calibration = nil
    try calibration.learning.finish(member: 0, network)
    fitted.intervals = try calibration.intervals(of: calibration.learning.forecaster(network))
  }

  func conclude(_ networks: [TrainedNetwork<SalesForecastingNetwork>]) -> (
    fitted: SalesPreprocessing, report: EvaluationReport?
  ) {
    (fitted, nil)
  }
}
