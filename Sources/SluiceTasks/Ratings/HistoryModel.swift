import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceTraining

/// A trained model of ratings by history: what `model/` holds, on a device, ready to rate.
package final class HistoryModel {
  package let configuration: ReviewsConfiguration
  package let preprocessing: HistoryPreprocessing
  let members: [HistoryMember]

  init(
    _ configuration: ReviewsConfiguration, _ preprocessing: HistoryPreprocessing,
    members: [HistoryMember]
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
    if (try? ReviewMode(ofModel: folder)) == .text {
      throw ModelError(
        "\(folder): this model rates texts, not histories. Open it as a `ReviewsModel`.")
    }
    let preprocessing = try files.preprocessing(
      HistoryPreprocessing.self, task: ReviewsConfiguration.taskName,
      version: HistoryPreprocessing.currentVersion)
    let settings = try FileReader.bytes(of: files.configurationPath)
    let configuration = try ConfigurationFile.read(
      String(decoding: settings, as: UTF8.self), name: files.configurationPath,
      over: ReviewsConfiguration.standard, isComplete: true)
    try configuration.validate()
    try preprocessing.check(file: files.preprocessingPath)
    let bytes = try FileReader.bytes(of: files.weightsPath)
    try files.check(
      [
        (files.configurationPath, settings, preprocessing.configurationChecksum),
        (files.weightsPath, bytes, preprocessing.weightsChecksum),
      ])
    let members = try (0..<configuration.members).map { index in
      try HistoryMember(
        configuration.history, encoder: preprocessing.encoder, classes: preprocessing.scale.count,
        seed: UInt64(index), on: backend)
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

  /// `[rows, K]`: the mean of the members' probabilities for rows of a timeline.
  func probabilities(_ timeline: HistoryTimeline, rows: [Int]) throws -> [Float] {
    let classes = preprocessing.scale.count
    guard let first = members.first, !rows.isEmpty else { return [] }
    let encoded = timeline.encode(rows, limit: configuration.history.steps)
    let data = try HistoryDataset(encoded, learns: false, on: first.parameters.backend)
    var sums = [Float](repeating: 0, count: rows.count * classes)
    for member in members {
      let own = try member.scorer.probabilities(data)
      for index in sums.indices { sums[index] += own[index] }
    }
    // Back from the order of the queries to that of the rows, of which one may be asked for twice.
    var places: [Int: Int] = [:]
    for (query, row) in encoded.rows.enumerated() { places[row] = query }
    let share = 1 / Float(members.count)
    return rows.flatMap { row in
      let start = (places[row] ?? 0) * classes
      return sums[start..<(start + classes)].map { $0 * share }
    }
  }

  package var summary: ModelSummary { ModelSummary(members.first?.network.layers ?? []) }

  /// How the device runs the recurrent layers, a line for each.
  package func strategies() throws -> [String] {
    guard let member = members.first else { return [] }
    return try member.network.plans(
      on: member.parameters.backend, batch: configuration.batchSize
    ).map(\.description)
  }
}

/// One network of the ensemble.
struct HistoryMember {
  let network: HistoryNetwork
  let parameters: ParameterArena
  let classes: Int

  init(
    _ model: HistoryConfiguration, encoder: HistoryEncoder, classes: Int, seed: UInt64,
    on backend: any Backend
  ) throws {
    let network = HistoryNetwork(model, encoder: encoder, classes: classes)
    self.init(
      network: network, parameters: try ParameterArena(network.layout, on: backend, seed: seed),
      classes: classes)
  }

  private init(network: HistoryNetwork, parameters: ParameterArena, classes: Int) {
    self.network = network
    self.parameters = parameters
    self.classes = classes
  }

  /// The same with other weights.
  func replacingParameters(_ parameters: ParameterArena) -> HistoryMember {
    HistoryMember(network: network, parameters: parameters, classes: classes)
  }

  var scorer: HistoryScorer {
    HistoryScorer(network: network, parameters: parameters, classes: classes)
  }
}
