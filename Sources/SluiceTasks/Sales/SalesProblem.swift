import SluiceCompute
import SluiceNN
import SluiceTraining

/// The training of a ``ForecastingNetwork`` on a ``SalesDataset``.
final class SalesProblem: TrainingProblem {
  let parameters: ParameterArena
  private let network: any ForecastingNetwork
  private let data: SalesDataset
  private let sampler: SalesSampler
  /// What a series is called in messages.
  private let seriesName: (Int) -> String
  private let stepName: (Int) -> String
  private let microBatches: Int

  init(
    _ network: any ForecastingNetwork, parameters: ParameterArena, data: SalesDataset,
    sampler: SalesSampler,
    microBatches: Int, seriesName: @escaping (Int) -> String,
    stepName: @escaping (Int) -> String
  ) {
    self.network = network
    self.parameters = parameters
    self.data = data
    self.sampler = sampler
    self.seriesName = seriesName
    self.stepName = stepName
    self.microBatches = microBatches
  }

  var sequencesPerStep: Int { sampler.batchSize * microBatches }

  func enqueueBatch(
    step: Int, microBatch: Int, tape: Tape, statistics: Tensor, gradientScale: Float
  ) throws {
    let windows = sampler.windows(step: step, microBatch: microBatch)
    let batch = try SalesBatch(windows, on: tape.backend)
    try network.enqueueLoss(
      batch, of: data, on: tape, statistics: statistics, gradientScale: gradientScale)
    try tape.backward()
  }

  /// Nothing: the rows held out are for the report, so no step of training may look at them.
  func validate(_ parameters: ParameterArena) -> [MetricValue] { [] }

  func describeBatch(step: Int, microBatch: Int) -> String {
    let windows = sampler.windows(step: step, microBatch: microBatch)
    let named = (0..<min(5, windows.count)).map {
      "\(seriesName(Int(windows.series[$0]))) from \(stepName(Int(windows.starts[$0])))"
    }
    let more = windows.count > named.count ? " and \(windows.count - named.count) more" : ""
    return "windows of " + named.joined(separator: ", ") + more
  }
}
