import SluiceCompute
import SluicePlatform
import SluiceNN

/// Encoder and decoder that mix simple forecasts.
///
/// The encoder reads the last steps of a window; its final state starts the decoder, which
/// reads the bases of each step ahead, the calendar and covariates. A head gives a score for each base
/// and, for each quantile, one number: see `LossFunction.mixedQuantiles`. One pass gives the whole
/// horizon.
package struct MixtureNetwork: TaskNetwork {
  let model: SalesModelSettings
  let history: Int
  let horizon: Int
  /// K.
  let baseCount: Int
  package let layout: ParameterLayout
  package let layers: [any Layer]

  let statics: Linear
  let encoder: Recurrent
  let decoder: Recurrent
  let head: Linear
  let scores: Linear
  let rest: Linear

  /// - Parameters:
  ///   - pastColumns: What the encoder reads of a step; E.
  ///   - futureColumns: What the decoder reads of a step; D.
  init(
    _ model: SalesModelSettings, history: Int, horizon: Int, pastColumns: Int, futureColumns: Int,
    baseCount: Int
  ) {
    self.model = model
    self.history = history
    self.horizon = horizon
    self.baseCount = baseCount
    var layout = ParameterLayout()
    let width = model.staticSize
    statics = Linear(
      "statics", inputSize: MixtureWindows.staticColumns, outputSize: width, activation: .tanh,
      in: &layout)
    encoder = Recurrent(
      "encoder", cell: model.cell, inputSize: pastColumns + width, hiddenSize: model.hidden,
      layers: model.layers,
      dropout: Float(model.dropout), in: &layout)
    decoder = Recurrent(
      "decoder", cell: model.cell, inputSize: futureColumns + width, hiddenSize: model.hidden,
      layers: model.layers,
      dropout: Float(model.dropout), in: &layout)
    head = Linear(
      "head", inputSize: model.hidden + futureColumns + width, outputSize: model.head,
      activation: .relu, in: &layout)
    // Which bases are good as a rule is soon known; when they are, takes longer.
    scores = Linear(
      "scores", inputSize: model.head, outputSize: baseCount, weightScale: 0.1,
      biasLearningRateScale: 10, in: &layout)
    rest = Linear(
      "output", inputSize: model.head, outputSize: model.quantiles.count, weightScale: 0.1,
      in: &layout)
    self.layout = layout
    layers = [statics, encoder, decoder, head, scores, rest]
  }

  package func plans(on backend: any Backend, batch: Int) throws -> [Recurrent.LayerPlan] {
    try encoder.plans(on: backend, steps: history, batch: batch)
      + decoder.plans(on: backend, steps: horizon, batch: batch)
  }

  /// - Returns: `[horizon, N, K + Q]`.
  func callAsFunction(_ windows: MixtureWindows, on tape: Tape) throws -> Variable {
    let backend = tape.backend
    let count = windows.levels.count
    func input(_ values: [Float], _ shape: Shape) throws -> Variable {
      tape.constant(try backend.makeTensor(shape, values))
    }
    let known = try statics(
      input(windows.statics, [count, MixtureWindows.staticColumns]), on: tape)
    let past = try tape.concatenate([
      input(windows.past, [history, count, encoder.inputSize - model.staticSize]), known,
    ])
    let future = try tape.concatenate([
      input(windows.future, [horizon, count, decoder.inputSize - model.staticSize]), known,
    ])
    let encoded = try encoder(past, on: tape)
    let decoded = try decoder(future, initial: encoded.states, on: tape)
    let inputs = try tape.concatenate(
      [decoded.sequence, future], dropping: Float(model.dropout), of: 0)
    let hidden = try head(inputs, on: tape)
    return try tape.linear([scores, rest], hidden)
  }

  func enqueueLoss(_ windows: MixtureWindows, to loss: BatchLoss) throws {
    let backend = loss.tape.backend
    let count = windows.levels.count
    try loss(
      .mixedQuantiles(model.quantiles.map(Float.init)), self(windows, on: loss.tape),
      target: backend.makeTensor([horizon, count, 1 + baseCount], windows.target),
      rowWeights: backend.makeTensor([horizon, count], windows.weights))
  }
}

/// What networks make of windows, in the windows' own units.
struct MixtureForecast {
  /// N.
  var count: Int
  var horizon: Int
  /// Q.
  var quantileCount: Int
  /// `[horizon, N, Q]`, ascending over Q.
  var quantiles: [Float]
  /// `[horizon, N, 1 + K]`, as of the windows.
  var target: [Float]
  var weights: [Float]
  var levels: [Float]
  var scales: [Float]

  /// Of nothing yet.
  init(horizon: Int, count: Int, quantileCount: Int) {
    self.horizon = horizon
    self.count = count
    self.quantileCount = quantileCount
    quantiles = []
    target = []
    weights = []
    levels = [Float](repeating: 0, count: count)
    scales = [Float](repeating: 1, count: count)
  }

  /// 1 + K.
  var targetColumns: Int { target.count / max(1, horizon * count) }

  /// A base; nil where it is missing.
  func base(_ base: Int, at place: Int) -> Float? {
    let value = target[place * targetColumns + 1 + base]
    return value < MixtureWindows.missing ? value : nil
  }

  /// A base, or the level of the window where it is missing.
  func baseOrLevel(_ base: Int, at place: Int) -> Float { self.base(base, at: place) ?? 0 }

  func truth(at place: Int) -> Float? {
    weights[place] > 0 ? target[place * targetColumns] : nil
  }

  /// Runs windows through networks and averages what these give.
  ///
  /// - Parameter isOwn: Else the quantiles are left at zeros, for another rank to fill in.
  init(
    _ windows: MixtureWindows, _ networks: [(network: MixtureNetwork, parameters: ParameterArena)],
    isOwn: Bool
  ) throws {
    count = windows.levels.count
    target = windows.target
    weights = windows.weights
    levels = windows.levels
    scales = windows.scales
    horizon = networks.first?.network.horizon ?? 0
    quantileCount = networks.first?.network.model.quantiles.count ?? 0
    quantiles = [Float](repeating: 0, count: horizon * count * quantileCount)
    for (network, parameters) in networks where isOwn {
      let tape = Tape(parameters, mode: .inference)
      let raw = try tape.answers(network(windows, on: tape))
      add(raw, baseCount: network.baseCount, share: 1 / Float(networks.count))
    }
  }

  /// - Parameter raw: `[horizon, N, K + Q]`.
  private mutating func add(_ raw: [Float], baseCount: Int, share: Float) {
    let columns = baseCount + quantileCount
    let middle = quantileCount / 2
    for place in 0..<(horizon * count) {
      let row = raw[(place * columns)..<((place + 1) * columns)]
      let scores = row.prefix(baseCount)
      let rest = row.suffix(quantileCount)
      let known = (0..<baseCount).filter { base($0, at: place) != nil }
      let largest = known.map { scores[scores.startIndex + $0] }.max() ?? 0
      var sum: Float = 0
      var centre: Float = 0
      for k in known {
        let term = exp(scores[scores.startIndex + k] - largest)
        sum += term
        centre += term * baseOrLevel(k, at: place)
      }
      centre = centre / sum + rest[rest.startIndex + middle]
      let to = place * quantileCount
      quantiles[to + middle] += share * centre
      var value = centre
      for q in (middle + 1)..<max(middle + 1, quantileCount) {
        value += Self.width(rest[rest.startIndex + q])
        quantiles[to + q] += share * value
      }
      value = centre
      for q in stride(from: middle - 1, through: 0, by: -1) {
        value -= Self.width(rest[rest.startIndex + q])
        quantiles[to + q] += share * value
      }
    }
  }

  private static func width(_ r: Float) -> Float {
    1.5 * (max(r + 0.5, 0) + log1p(exp(-abs(r + 0.5))))
  }

  /// The median of a place.
  func median(at place: Int) -> Float { quantiles[place * quantileCount + quantileCount / 2] }

  /// Σ weight · |error of the median| / Σ weight.
  func error(median: (_ place: Int) -> Float) -> Double {
    var sum = 0.0
    var total = 0.0
    for place in weights.indices {
      guard let truth = truth(at: place) else { continue }
      sum += Double(weights[place]) * Double(abs(truth - median(place)))
      total += Double(weights[place])
    }
    return total > 0 ? sum / total : .nan
  }
}
