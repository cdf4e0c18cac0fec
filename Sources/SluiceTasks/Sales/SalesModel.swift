import SluiceCompute
import SluiceNN
import SluiceTraining

/// A trained sales model: what `model/` holds, on a device, ready to forecast.
public final class SalesModel {
  public let configuration: SalesConfiguration
  public let preprocessing: SalesPreprocessing
  let network: SalesNetwork
  let parameters: ParameterArena

  init(
    _ configuration: SalesConfiguration, _ preprocessing: SalesPreprocessing,
    on backend: any Backend
  ) throws {
    self.configuration = configuration
    self.preprocessing = preprocessing
    network = SalesNetwork(
      configuration.model, history: preprocessing.history, horizon: preprocessing.horizon,
      vocabularies: zip(preprocessing.columns.series, preprocessing.vocabularies).map {
        ($0, $1.count + 1)
      },
      calendarSize: preprocessing.calendar(configuration.model).count,
      covariateCount: preprocessing.columns.covariates.count)
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
  public convenience init(folder: String, on backend: any Backend) throws {
    let files = ModelFolder(folder)
    let preprocessing = try files.preprocessing(
      SalesPreprocessing.self, task: "sales", version: SalesPreprocessing.currentVersion)
    let configuration = try ConfigurationFile.read(
      FileReader.text(of: files.configurationPath), name: files.configurationPath,
      over: SalesRecipe.standard.configuration, isComplete: true)
    try preprocessing.check(configuration, file: files.preprocessingPath)
    try self.init(configuration, preprocessing, on: backend)
    let weights = try Safetensors(contentsOf: files.weightsPath)
    try parameters.load(weights, file: files.weightsPath)
  }

  /// The files of the model's folder.
  func files() throws -> [(name: String, bytes: [UInt8])] {
    try ModelFolder.files(
      weights: Safetensors(parameters.namedWeights(), metadata: ["format": "pt"]),
      configuration: ConfigurationFile.yaml(of: configuration), preprocessing: preprocessing)
  }

  var forecaster: SalesForecaster {
    SalesForecaster(network: network, parameters: parameters, preprocessing: preprocessing)
  }

  public var summary: ModelSummary { ModelSummary(network.layers) }

  /// How the device runs the recurrent layers, a line for each.
  public func strategies() throws -> [String] {
    try network.strategies(on: parameters.backend, batch: configuration.batchSize)
  }
}

extension SalesPreprocessing {
  func calendar(_ model: SalesModelConfiguration) -> CalendarFeatures {
    CalendarFeatures(grid, harmonics: model.harmonics)
  }

  /// Checks that the parts of the file fit each other and the configuration, so that a damaged one
  /// is an error here and not a crash later.
  func check(_ configuration: SalesConfiguration, file: String) throws {
    let series = keys.count
    let columnCount = columns.series.count
    let width = columns.covariates.count
    let fits =
      series > 0 && history > 0 && horizon > 0 && trainedSteps >= history
      && vocabularies.count == columnCount && keys.allSatisfy { $0.count == columnCount }
      && offsets.count == series && recentValues.count == series * history
      && recentCovariates.count == series * history * width
      && covariateCentres.count == width && covariateScales.count == width
      && (decomposition != nil) == configuration.model.decomposition
      && level.isFinite && recentValues.allSatisfy { $0.isFinite && $0 > -1 }
    guard fits else {
      throw ModelError(
        "\(file): the file is damaged: its parts do not fit together. Copy the model again, or "
          + "retrain.")
    }
  }
}
