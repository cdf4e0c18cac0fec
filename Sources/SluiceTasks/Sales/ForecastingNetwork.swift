import SluiceCompute
import SluiceNN

/// A network that forecasts windows of a ``SalesDataset``.
protocol ForecastingNetwork: TaskNetwork {
  /// Steps of the past that it reads, and steps that it forecasts.
  var history: Int { get }
  var horizon: Int { get }

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
  case mixture(MixtureNetwork)

  /// The network that forecasts what is left once the regular part is taken away.
  ///
  /// - Throws: ``ModelError`` where it is another kind.
  var residual: any ForecastingNetwork {
    get throws {
      switch self {
      case .encoderDecoder(let network): network
      case .stack(let network): network
      case .mixture:
        throw ModelError(
          nil, "its networks mix simple forecasts", remedy: "Use the settings it was trained with.")
      }
    }
  }

  private var any: any TaskNetwork {
    switch self {
    case .encoderDecoder(let network): network
    case .stack(let network): network
    case .mixture(let network): network
    }
  }

  package var layout: ParameterLayout { any.layout }
  package var layers: [any Layer] { any.layers }

  package func plans(on backend: any Backend, batch: Int) throws -> [Recurrent.LayerPlan] {
    try any.plans(on: backend, batch: batch)
  }
}
