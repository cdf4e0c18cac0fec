import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceTraining

/// A trained sales model: what `model/` holds, on a device, ready to forecast.
package final class SalesModel {
  package let configuration: SalesConfiguration
  package private(set) var preprocessing: SalesPreprocessing
  let network: any ForecastingNetwork
  let parameters: ParameterArena

  init(
    _ configuration: SalesConfiguration, _ preprocessing: SalesPreprocessing,
    on backend: any Backend
  ) throws {
    self.configuration = configuration
    self.preprocessing = preprocessing
    let calendarSize = preprocessing.calendar(configuration.model).count
    let covariateCount = preprocessing.columns.covariates.count
    if configuration.model.stack.isEmpty {
      network = SalesNetwork(
        configuration.model, history: preprocessing.history, horizon: preprocessing.horizon,
        vocabularies: zip(preprocessing.columns.series, preprocessing.vocabularies).map {
          ($0, $1.count + 1)
        }, calendarSize: calendarSize, covariateCount: covariateCount)
    } else {
      network = try SalesStack(
        configuration.model, history: preprocessing.history, horizon: preprocessing.horizon,
        calendarSize: calendarSize, covariateCount: covariateCount)
    }
    parameters = try ParameterArena(
      network.layout, on: backend, seed: configuration.training.seed)
  }

  private init(_ other: SalesModel, parameters: ParameterArena) {
    configuration = other.configuration
    preprocessing = other.preprocessing
    network = other.network
    self.parameters = parameters
  }

  /// The same model with other weights.
  func replacingParameters(_ parameters: ParameterArena) -> SalesModel {
    SalesModel(self, parameters: parameters)
  }

  /// Reads a model.
  ///
  /// - Parameter folder: The `model` folder of a run.
  /// - Throws: ``ModelError`` for a folder that is missing, damaged, of another task or of a newer
  ///   format.
  package convenience init(folder: String, on backend: any Backend) throws {
    let files = ModelFolder(folder)
    let preprocessing = try files.preprocessing(
      SalesPreprocessing.self, task: "sales", version: SalesPreprocessing.currentVersion)
    let settings = try FileReader.bytes(of: files.configurationPath)
    let configuration = try ConfigurationFile.read(
      String(decoding: settings, as: UTF8.self), name: files.configurationPath,
      over: SalesRecipe.standard.configuration, isComplete: true)
    try configuration.validate()
    try preprocessing.check(configuration, file: files.preprocessingPath)
    let bytes = try FileReader.bytes(of: files.weightsPath)
    try files.check(
      [
        (files.configurationPath, settings, preprocessing.configurationChecksum),
        (files.weightsPath, bytes, preprocessing.weightsChecksum),
      ])
    try self.init(configuration, preprocessing, on: backend)
    let weights = try Safetensors(decoding: bytes, file: files.weightsPath)
    try parameters.load(weights, file: files.weightsPath)
  }

  /// The files of the model's folder.
  func files() throws -> [(name: String, bytes: [UInt8])] {
    let weights = Safetensors(try parameters.namedWeights(), metadata: ["format": "pt"]).encoded()
    let settings = Array(try ConfigurationFile.yaml(of: configuration).utf8)
    var preprocessing = preprocessing
    preprocessing.weightsChecksum = Checksum.hexadecimal(of: weights)
    preprocessing.configurationChecksum = Checksum.hexadecimal(of: settings)
    return try ModelFolder.files(
      weights: weights, configuration: settings, preprocessing: preprocessing)
  }

  var forecaster: SalesForecaster {
    SalesForecaster(
      network: network, quantiles: configuration.model.quantiles, parameters: parameters,
      preprocessing: preprocessing)
  }

  /// Measures how far a plain stack's forecasts of the last training steps are off, since it gives
  /// no interval itself.
  ///
  /// - Parameter starts: For each series, where forecasts may begin.
  func measureErrors(_ data: SalesDataset, starts: [ClosedRange<Int>]) throws {
    guard !configuration.model.stack.isEmpty else { return }
    preprocessing.errorQuantiles = try forecaster.errorQuantiles(data, starts: starts)
  }

  package var summary: ModelSummary { ModelSummary(network.layers) }

  /// How the device runs the recurrent layers, a line for each.
  package func strategies() throws -> [String] {
    try plans().map(\.description)
  }

  func plans() throws -> [LSTM.LayerPlan] {
    try network.plans(on: parameters.backend, batch: configuration.batchSize)
  }
}
