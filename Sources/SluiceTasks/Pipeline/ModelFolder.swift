import Foundation
import SluicePlatform
import SluiceTraining

/// A model that cannot be used.
package struct ModelError: SluiceError {
  package let place: String?
  package let what: String
  package let remedy: String

  package init(_ place: String?, _ what: String, remedy: String) {
    self.place = place
    self.what = what
    self.remedy = remedy
  }
}

/// The three files that are enough to predict anywhere: `model.safetensors`, `config.yaml` and
/// `preprocessing.json`.
package struct ModelFolder: Sendable {
  package let path: String

  package init(_ path: String) {
    self.path = path
  }

  package var weightsPath: String { path + "/model.safetensors" }
  package var configurationPath: String { path + "/config.yaml" }
  package var preprocessingPath: String { path + "/preprocessing.json" }

  /// What every `preprocessing.json` holds, whatever its task.
  private struct Header: Codable {
    var formatVersion = ModelFolder.currentFormat
    var task: String
    /// Of the other two files of the model, so that files of two models are not mixed up.
    var weightsChecksum: String
    var configurationChecksum: String
    /// Of this file itself, and by way of the other two of the folder: see
    /// ``ModelFolder/signed(_:)``. Format 1 had none.
    var folderChecksum: String?
  }

  /// What the folder holds, each file as it was written.
  struct Contents<Fitted: Codable> {
    /// Of `config.yaml`.
    let configuration: String
    /// Of `model.safetensors`.
    let weights: [UInt8]
    /// Of `preprocessing.json`.
    let fitted: Fitted
  }

  /// `preprocessing.json`: the header, and beside it what was fitted.
  private struct Preprocessing<Fitted: Codable>: Codable {
    var header: Header
    var fitted: Fitted

    init(header: Header, fitted: Fitted) {
      self.header = header
      self.fitted = fitted
    }

    init(from decoder: any Decoder) throws {
      header = try Header(from: decoder)
      fitted = try Fitted(from: decoder)
    }

    func encode(to encoder: any Encoder) throws {
      try header.encode(to: encoder)
      try fitted.encode(to: encoder)
    }
  }

  /// The newest format of `preprocessing.json` that is understood.
  private static let currentFormat = 2

  /// Reads the folder.
  ///
  /// - Parameter task: The task that the model must be of.
  /// - Throws: ``ModelError`` for a folder that is missing or incomplete, of another task, of a
  ///   newer format, or damaged: where a file is not, to the bit, the one that was written.
  func contents<Fitted: Codable>(_ type: Fitted.Type, of task: String) throws -> Contents<Fitted> {
    let (header, bytes) = try header()
    guard header.task == task else {
      throw ModelError(
        path, "this is a model of the task \(header.task), not \(task)",
        remedy: "Give the folder of a \(task) model.")
    }
    let configuration = try FileReader.bytes(of: configurationPath)
    let weights = try FileReader.bytes(of: weightsPath)
    for (file, bytes, checksum) in [
      (configurationPath, configuration, header.configurationChecksum),
      (weightsPath, weights, header.weightsChecksum),
    ] where Checksum.hexadecimal(of: bytes) != checksum {
      throw ModelError(
        file, "the file is damaged, or of another model than \(preprocessingPath)",
        remedy: "Copy the model's folder whole, or retrain.")
    }
    return Contents(
      configuration: String(decoding: configuration, as: UTF8.self), weights: weights,
      fitted: try decode(Preprocessing<Fitted>.self, bytes).fitted)
  }

  /// The task that the model in this folder is of.
  ///
  /// - Throws: ``ModelError`` for a folder that is missing, incomplete or damaged.
  package func task() throws -> String { try header().header.task }

  /// Tells the settings that the model was trained with from others.
  ///
  /// - Throws: ``ModelError`` for a folder that is missing, incomplete or damaged.
  func configurationChecksum() throws -> String { try header().header.configurationChecksum }

  private func header() throws -> (header: Header, bytes: [UInt8]) {
    try checkFiles()
    let bytes = try FileReader.bytes(of: preprocessingPath)
    let header = try decode(Header.self, bytes)
    switch header.formatVersion {
    case 1: break
    case 2...Self.currentFormat:
      guard Self.signed(bytes) == bytes else {
        throw damaged("it is not the one that was written, by its checksum")
      }
    case ..<1: throw damaged("`formatVersion` cannot be right")
    default:
      throw ModelError(
        preprocessingPath,
        "format \(header.formatVersion) is newer than this sluice, which reads up to "
          + "\(Self.currentFormat)",
        remedy: "Use the version of sluice that trained the model, or a newer one.")
    }
    return (header, bytes)
  }

  private func decode<Part: Decodable>(_ type: Part.Type, _ bytes: [UInt8]) throws -> Part {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      throw damaged(Self.detail(of: error))
    }
  }

  /// `preprocessing.json` with its checksum in place: of the file with sixteen zeros there.
  ///
  /// - Returns: Nothing where it has no place for one.
  private static func signed(_ bytes: [UInt8]) -> [UInt8] {
    let data = Data(bytes)
    guard let key = data.range(of: Data("\"folderChecksum\":\"".utf8)),
      key.upperBound + blankChecksum.utf8.count <= data.count
    else { return [] }
    let place = key.upperBound..<(key.upperBound + blankChecksum.utf8.count)
    var signed = bytes
    signed.replaceSubrange(place, with: blankChecksum.utf8)
    signed.replaceSubrange(place, with: Checksum.hexadecimal(of: signed).utf8)
    return signed
  }

  private static let blankChecksum = "0000000000000000"

  /// The three files of a model.
  static func files(
    task: String, weights: [UInt8], configuration: [UInt8], fitted: some Codable
  ) throws -> [(name: String, bytes: [UInt8])] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let header = Header(
      task: task, weightsChecksum: Checksum.hexadecimal(of: weights),
      configurationChecksum: Checksum.hexadecimal(of: configuration),
      folderChecksum: blankChecksum)
    let preprocessing = try encoder.encode(Preprocessing(header: header, fitted: fitted))
    return [
      ("model.safetensors", weights), ("config.yaml", configuration),
      ("preprocessing.json", signed([UInt8](preprocessing))),
    ]
  }

  private func checkFiles() throws {
    guard Folder.isFolder(path) else {
      let hint =
        FileReader.exists(path)
        ? "It is a file; give the folder." : "Give the folder `model` of a run."
      throw ModelError(path, "there is no such folder", remedy: hint)
    }
    for file in [preprocessingPath, configurationPath, weightsPath]
    where !FileReader.exists(file) {
      let inner = ModelFolder(path + "/model")
      let hint =
        FileReader.exists(inner.weightsPath)
        ? "Did you mean \(inner.path)?"
        : "The training has not finished (`resume` goes on with it), or the folder "
          + "was not copied whole."
      throw ModelError(file, "the file is missing", remedy: hint)
    }
  }

  /// - Parameter what: What of `preprocessing.json` cannot be right.
  func damaged(_ what: String) -> ModelError {
    ModelError(
      preprocessingPath, "the file is damaged: \(what)",
      remedy: "Copy the model again, or retrain.")
  }

  private static func detail(of error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "`\(key.stringValue)` is missing"
    case .dataCorrupted: "it is not valid JSON"
    default: "a value is of the wrong kind"
    }
  }
}
