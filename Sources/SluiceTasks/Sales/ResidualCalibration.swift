import SluiceCompute
import SluiceTables

/// The training of a forecaster of residuals as it would have been before the last windows: its errors
/// there tell how far one can be believed that has learned from all steps.
struct ResidualCalibration {
  /// On the steps before these windows.
  let learning: ResidualLearning
  /// The series that are long enough, up to the end of the training.
  private let set: SeriesSet
  private let settings: SalesSettings
  private let held: HeldOutWindows
  /// How many windows lie side by side, over all series.
  private let count: Double

  /// - Parameter cut: Steps that the forecaster learns from.
  /// - Returns: Nil where there is no interval, or the windows are too few to calibrate it by.
  init?(_ whole: SeriesSet, cut: Int, _ settings: SalesSettings, on backend: any Backend) throws {
    guard let fewest = IntervalCalibration.fewestWindows(settings.model.quantiles),
      var set = whole.beginning(cut)
    else { return nil }
    held = HeldOutWindows(set, cut: cut, horizon: settings.horizonSteps)
    do {
      _ = try set.dropSeries(
        shorterThan: settings.historySteps + settings.horizonSteps + held.steps)
    } catch {
      return nil
    }
    let end = cut - held.steps
    count = held.independent(of: set, past: settings.historySteps)
    guard count >= fewest, end > 0, let part = set.beginning(end) else { return nil }
    self.set = set
    self.settings = settings
    learning = try ResidualLearning(part, cut: end, settings, on: backend)
  }

  /// How wide the interval must be.
  ///
  /// - Parameter forecaster: What ``learning`` came to.
  func intervals(of forecaster: SalesForecaster) throws -> IntervalCalibration {
    let fitted = forecaster.preprocessing
    let data = try SalesDataset(
      fitted.features(
        of: SalesHistory(
          set.learnable(at: set.stepCount), facts: fitted.series, steps: set.stepCount),
        calendar: fitted.calendar(settings.model)), on: forecaster.parameters.backend)
    let distances = try forecaster.distances(
      data, of: set,
      windows: held.origins.map { origin in
        (origin, held.series(of: set, at: origin, past: settings.historySteps))
      })
    let levels = settings.model.quantiles
    return IntervalCalibration(
      distances, levels: (levels.first ?? 0.5, levels.last ?? 0.5), windows: count,
      trust: held.trust(series: set.seriesCount))
  }
}
