import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceTraining

/// A trained model of ratings: what `model/` holds, on a device, ready to score.
package final class ReviewsModel {
  package let configuration: ReviewsConfiguration
  package let preprocessing: ReviewsPreprocessing
  let members: [ReviewMember]

  init(
    _ configuration: ReviewsConfiguration, _ preprocessing: ReviewsPreprocessing,
    members: [ReviewMember]
  ) {
    self.configuration = configuration
    self.preprocessing = preprocessing
    self.members = members
  }

  /// Reads a model.
  ///
  /// - Parameter folder: The `model` folder of a run.
  /// - Throws: ``ModelError`` for a folder that is missing, damaged, of another task or mode, or of a
  ///   newer format.
  package convenience init(folder: String, on backend: any Backend) throws {
    let files = ModelFolder(folder)
    if (try? ReviewMode(ofModel: folder)) == .history {
      throw ModelError(
        "\(folder): this model rates by history, not by text. Open it as a `HistoryModel`.")
    }
    let preprocessing = try files.preprocessing(
      ReviewsPreprocessing.self, task: ReviewsConfiguration.taskName,
      version: ReviewsPreprocessing.currentVersion)
    let settings = try FileReader.bytes(of: files.configurationPath)
    let configuration = try ConfigurationFile.read(
      String(decoding: settings, as: UTF8.self), name: files.configurationPath,
      over: ReviewsConfiguration.standard, isComplete: true)
    try configuration.validate()
    try preprocessing.check(configuration, file: files.preprocessingPath)
    let bytes = try FileReader.bytes(of: files.weightsPath)
    try files.check(
      [
        (files.configurationPath, settings, preprocessing.configurationChecksum),
        (files.weightsPath, bytes, preprocessing.weightsChecksum),
      ])
    let members = try preprocessing.encoders.enumerated().map { index, encoder in
      try ReviewMember(
        configuration, encoder: encoder, columns: preprocessing.columns,
        classes: preprocessing.scale.count, seed: UInt64(index), on: backend)
    }
    let weights = try Safetensors(decoding: bytes, file: files.weightsPath)
    try weights.load(into: members.map(\.parameters), file: files.weightsPath)
    self.init(configuration, preprocessing, members: members)
  }

  /// The files of the model's folder.
  func files() throws -> [(name: String, bytes: [UInt8])] {
    let weights = try Safetensors(members: members.map(\.parameters)).encoded()
    let settings = Array(try ConfigurationFile.yaml(of: configuration).utf8)
    var preprocessing = preprocessing
    preprocessing.weightsChecksum = Checksum.hexadecimal(of: weights)
    preprocessing.configurationChecksum = Checksum.hexadecimal(of: settings)
    return try ModelFolder.files(
      weights: weights, configuration: settings, preprocessing: preprocessing)
  }

  /// `[rows, K]`: the mean of the members' probabilities.
  func probabilities(_ set: ReviewSet, rows: [Int]) throws -> [Float] {
    let classes = [Int32](repeating: -1, count: set.count)
    var sums = [Float](repeating: 0, count: rows.count * preprocessing.scale.count)
    for member in members {
      let encoded = member.encoder.encode(
        set, rows: rows, classes: classes, model: configuration.model)
      let own = try member.probabilities(encoded, scale: preprocessing.scale)
      for index in sums.indices { sums[index] += own[index] }
    }
    let share = 1 / Float(members.count)
    return sums.map { $0 * share }
  }
}

/// One network of the ensemble with what it was fitted with.
struct ReviewMember {
  let encoder: ReviewEncoder
  let network: any ReviewReader
  private let model: ReviewModelConfiguration
  let parameters: ParameterArena
  let classes: Int

  init(
    _ configuration: ReviewsConfiguration, encoder: ReviewEncoder, columns: ReviewColumns,
    classes: Int, seed: UInt64, on backend: any Backend
  ) throws {
    self.encoder = encoder
    self.classes = classes
    model = configuration.model
    network =
      model.stack.isEmpty
      ? ReviewNetwork(
        model, encoder: encoder, classes: classes, categoryNames: columns.categories)
      : try StackedReader(model, encoder: encoder, classes: classes, on: backend)
    parameters = try ParameterArena(network.layout, on: backend, seed: seed)
  }

  private init(_ other: ReviewMember, parameters: ParameterArena) {
    encoder = other.encoder
    network = other.network
    model = other.model
    classes = other.classes
    self.parameters = parameters
  }

  /// The same with other weights.
  func replacingParameters(_ parameters: ParameterArena) -> ReviewMember {
    ReviewMember(self, parameters: parameters)
  }

  /// `[R, K]`
  func probabilities(_ reviews: EncodedReviews, scale: RatingScale) throws -> [Float] {
    try RatingScorer.probabilities(
      rated(ReviewDataset(reviews, on: parameters.backend)), parameters, scale: scale)
  }

  /// Reviews with the network that reads them.
  func rated(_ reviews: ReviewDataset) -> RatedTexts {
    RatedTexts(network: network, reviews: reviews, model: model)
  }
}
