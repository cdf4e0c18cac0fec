import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceTables
import SluiceTraining

/// A trained churn model: what `model/` holds, on a device, ready to predict.
package final class ChurnModel {
  package let configuration: ChurnConfiguration
  package let preprocessing: ChurnPreprocessing
  let members: [ChurnMember]
  let backend: any Backend

  init(
    _ configuration: ChurnConfiguration, _ preprocessing: ChurnPreprocessing,
    members: [ChurnMember], on backend: any Backend
  ) {
    self.configuration = configuration
    self.preprocessing = preprocessing
    self.members = members
    self.backend = backend
  }

  /// Reads a model.
  ///
  /// - Parameter folder: The `model` folder of a run.
  /// - Throws: ``ModelError`` for a folder that is missing, damaged, of another task or of a newer
  ///   format.
  package convenience init(folder: String, on backend: any Backend) throws {
    let files = ModelFolder(folder)
    let preprocessing = try files.preprocessing(
      ChurnPreprocessing.self, task: "churn", version: ChurnPreprocessing.currentVersion)
    let settings = try FileReader.bytes(of: files.configurationPath)
    let configuration = try ConfigurationFile.read(
      String(decoding: settings, as: UTF8.self), name: files.configurationPath,
      over: ChurnConfiguration.standard, isComplete: true)
    try configuration.validate()
    try preprocessing.check(configuration.model, file: files.preprocessingPath)
    let bytes = try FileReader.bytes(of: files.weightsPath)
    try files.check(
      [
        (files.configurationPath, settings, preprocessing.configurationChecksum),
        (files.weightsPath, bytes, preprocessing.weightsChecksum),
      ])
    let network = try configuration.model.network(
      encoders: preprocessing.encoders, isHistory: preprocessing.columns.time != nil)
    let members = try (0..<configuration.memberCount).map { member in
      ChurnMember(
        network: network.shuffled(seed: configuration.seed(ofMember: member)),
        parameters: try ParameterArena(network.layout, on: backend, seed: 0))
    }
    self.init(configuration, preprocessing, members: members, on: backend)
    try Safetensors(decoding: bytes, file: files.weightsPath)
      .load(into: members.map(\.parameters), file: files.weightsPath)
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
}

/// From the logits of an ensemble's members to an honest probability.
struct ChurnProbability {
  var calibration: TemperatureScaling
  /// Who is gone counted for this many in training, which moved the logits by its logarithm.
  var positiveWeight: Double

  /// The log-odds of the members' mean probability, before calibration.
  ///
  /// - Parameter logits: `[members][N]`
  static func pooledLogits(_ logits: [[Double]], positiveWeight: Double) -> [Double] {
    guard let count = logits.first?.count else { return [] }
    let shift = logarithm(positiveWeight)
    return (0..<count).map { row in
      let sum = logits.reduce(0) { $0 + Logit.probability($1[row] - shift) }
      return Logit.of(sum / Double(logits.count))
    }
  }

  /// `[N]`
  func probabilities(_ logits: [[Double]]) -> [Double] {
    Self.pooledLogits(logits, positiveWeight: positiveWeight).map {
      calibration.probability(logit: $0)
    }
  }
}
