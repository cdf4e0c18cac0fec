import SluiceCompute
import SluiceNN

/// A network that forecasts windows of a ``SalesDataset``.
protocol ForecastingNetwork {
  var layout: ParameterLayout { get }
  var layers: [any Layer] { get }
  /// Steps of the past that it reads, and steps that it forecasts.
  var history: Int { get }
  var horizon: Int { get }

  /// How the device runs the recurrent layers.
  func plans(on backend: any Backend, batch: Int) throws -> [LSTM.LayerPlan]

  /// Enqueues forward and loss of a batch, for training.
  func enqueueLoss(_ windows: SalesBatch, of data: SalesDataset, to loss: BatchLoss) throws

  /// Forecasts a batch of windows.
  ///
  /// - Parameter hidesHistory: Feeds zeros instead of the past, to see what it is worth.
  /// - Returns: `[horizon, N, Q]`, or with Q = 1 the centre alone, in the scale of the residual less
  ///   the level.
  func callAsFunction(
    _ windows: SalesBatch, of data: SalesDataset, on tape: Tape, hidesHistory: Bool
  ) throws -> Variable
}

/// One of the networks that forecast.
package enum SalesForecastingNetwork: TaskNetwork {
  case encoderDecoder(SalesNetwork)
  case stack(SalesStack)

  var base: any ForecastingNetwork {
    switch self {
    case .encoderDecoder(let network): network
    case .stack(let network): network
    }
  }

  package var layout: ParameterLayout { base.layout }
  package var layers: [any Layer] { base.layers }

  package func plans(on backend: any Backend, batch: Int) throws -> [LSTM.LayerPlan] {
    try base.plans(on: backend, batch: batch)
  }
}
