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

  /// What every `preprocessing.json` begins with, whatever its task.
  package struct Header: Codable {
    var formatVersion = 1
    var task: String
    /// Of the other two files of the model, so that files of two models are not mixed up.
    var weightsChecksum: String
    var configurationChecksum: String
  }

  /// `preprocessing.json`: the header, and beside it what was fitted.
  private struct Contents<Fitted: Codable>: Codable {
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
  private static let currentFormat = 1

  /// Reads `preprocessing.json`.
  ///
  /// - Parameter task: The task that the model must be of.
  /// - Throws: ``ModelError`` for a folder that is missing or incomplete, of another task, of a
  ///   newer format, or damaged.
  func fitted<Fitted: Codable>(_ type: Fitted.Type, of task: String) throws -> (
    header: Header, fitted: Fitted
  ) {
    let header = try header()
    guard header.task == task else {
      throw ModelError(
        path, "this is a model of the task \(header.task), not \(task)",
        remedy: "Give the folder of a \(task) model.")
    }
    guard header.formatVersion <= Self.currentFormat else {
      throw ModelError(
        preprocessingPath,
        "format \(header.formatVersion) is newer than this sluice, which reads up to "
          + "\(Self.currentFormat)",
        remedy: "Use the version of sluice that trained the model, or a newer one.")
    }
    return (header, try decode(Contents<Fitted>.self).fitted)
  }

  /// The task that the model in this folder is of.
  ///
  /// - Throws: ``ModelError`` for a folder that is missing, incomplete or damaged.
  package func task() throws -> String { try header().task }

  /// Tells the settings that the model was trained with from others.
  ///
  /// - Throws: ``ModelError`` for a folder that is missing, incomplete or damaged.
  func configurationChecksum() throws -> String { try header().configurationChecksum }

  private func header() throws -> Header {
    try checkFiles()
    return try decode(Header.self)
  }

  private func decode<Part: Decodable>(_ type: Part.Type) throws -> Part {
    do {
      return try JSONDecoder().decode(type, from: Data(FileReader.bytes(of: preprocessingPath)))
    } catch let error as DecodingError {
      throw damaged(Self.detail(of: error))
    }
  }

  /// The three files of a model.
  static func files(
    task: String, weights: [UInt8], configuration: [UInt8], fitted: some Codable
  ) throws -> [(name: String, bytes: [UInt8])] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let header = Header(
      task: task, weightsChecksum: Checksum.hexadecimal(of: weights),
      configurationChecksum: Checksum.hexadecimal(of: configuration))
    return [
      ("model.safetensors", weights), ("config.yaml", configuration),
      (
        "preprocessing.json",
        [UInt8](try encoder.encode(Contents(header: header, fitted: fitted)))
      ),
    ]
  }

  /// Checks that files are the ones that the folder was written with.
  ///
  /// - Throws: ``ModelError`` naming the file.
  func check(_ files: [(path: String, bytes: [UInt8], checksum: String)]) throws {
    for file in files where Checksum.hexadecimal(of: file.bytes) != file.checksum {
      throw ModelError(
        file.path, "the file is damaged, or of another model than \(preprocessingPath)",
        remedy: "Copy the model's folder whole, or retrain.")
    }
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
