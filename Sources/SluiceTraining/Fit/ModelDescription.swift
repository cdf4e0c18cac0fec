import Foundation
import SluiceCompute
import SluiceNN

/// What a model's file says about it beside the weights: JSON, in the file's metadata under `sluice`.
struct ModelDescription: Codable {
  static let metadataKey = "sluice"
  static let currentFormat = 1

  /// Raised where older programs can no longer read the file.
  var format = Self.currentFormat
  /// Nil where the network is a function, which no file holds.
  var layers: StackConfiguration?
  /// C, where the layers read features.
  var features: Int?
  /// V, where they read tokens.
  var vocabulary: Int?
  /// The token that is nothing.
  var padding: Int?
  var output: String
  /// Nil where it is chosen to fit.
  var loss: NamedLoss?

  init(_ model: SequenceModel) {
    layers = model.layers.map { StackConfiguration($0) }
    switch model.input {
    case .features(let count)?: features = count
    case .tokens(let vocabulary, let padding)?:
      (self.vocabulary, self.padding) = (vocabulary, padding)
    case nil: break
    }
    output = model.output.rawValue
    loss = model.loss.map { NamedLoss($0) }
  }

  var input: StackConfiguration.Input? {
    if let features { return .features(features) }
    return vocabulary.map { .tokens(vocabulary: $0, padding: padding) }
  }

  /// One line of JSON, its keys sorted: the same model gives the same bytes.
  func encoded() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// - Throws: ``SafetensorsError`` where the file is of another kind.
  init(in tensors: Safetensors, file: String) throws {
    guard let text = tensors.metadata[Self.metadataKey] else {
      throw SafetensorsError(
        file, "it holds weights, but does not say of which network",
        remedy: "Make the model in code, then `loadWeights(from:)`")
    }
    struct Format: Decodable { var format: Int }
    let decoder = JSONDecoder()
    do {
      let format = try decoder.decode(Format.self, from: Data(text.utf8)).format
      guard format <= Self.currentFormat else {
        throw SafetensorsError(
          file, "it was written by a newer version (format \(format))", remedy: "Use that version")
      }
      self = try decoder.decode(Self.self, from: Data(text.utf8))
    } catch let error as DecodingError {
      throw SafetensorsError(file, "its description cannot be read (\(Self.reason(error)))")
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
      .valueNotFound(_, let context):
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
    @unknown default: return "\(error)"
    }
  }
}

/// A loss by name, with its constants.
struct NamedLoss: Codable {
  var name: String
  /// Delta, share or weight.
  var value: Float?
  var quantiles: [Float]?

  init(_ loss: LossFunction) {
    switch loss {
    case .meanSquaredError: name = "mse"
    case .meanAbsoluteError: name = "mae"
    case .huber(let delta): (name, value) = ("huber", delta)
    case .quantile(let quantiles): (name, self.quantiles) = ("quantile", quantiles)
    case .mixedQuantiles(let quantiles): (name, self.quantiles) = ("mixed_quantiles", quantiles)
    case .binaryCrossEntropy(let weight): (name, value) = ("binary_cross_entropy", weight)
    case .softmaxCrossEntropy: name = "cross_entropy"
    case .rankedProbability(let share): (name, value) = ("ranked_probability", share)
    }
  }

  /// Nil where there is no such loss.
  var function: LossFunction? {
    switch (name, value, quantiles) {
    case ("mse", _, _): .meanSquaredError
    case ("mae", _, _): .meanAbsoluteError
    case ("huber", let delta?, _): .huber(delta: delta)
    case ("quantile", _, let quantiles?): .quantile(quantiles)
    case ("mixed_quantiles", _, let quantiles?): .mixedQuantiles(quantiles)
    case ("binary_cross_entropy", let weight?, _): .binaryCrossEntropy(positiveWeight: weight)
    case ("cross_entropy", _, _): .softmaxCrossEntropy
    case ("ranked_probability", let share?, _): .rankedProbability(share: share)
    default: nil
    }
  }
}
