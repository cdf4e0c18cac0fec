import Foundation
import SluicePlatform
import SluiceTraining

/// A model folder that cannot be used.
package struct ModelError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
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
  private struct Header: Decodable {
    var formatVersion: Int
    var task: String
  }

  /// Reads `preprocessing.json`.
  ///
  /// - Parameters:
  ///   - task: The task that the model must be of.
  ///   - version: The newest version of the file that is understood.
  /// - Throws: ``ModelError`` for a folder that is missing or incomplete, of another task, of a
  ///   newer format, or damaged.
  package func preprocessing<Preprocessing: Decodable>(
    _ type: Preprocessing.Type, task: String, version: Int
  ) throws -> Preprocessing {
    try checkFiles()
    let bytes = Data(try FileReader.bytes(of: preprocessingPath))
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: bytes)
    } catch {
      throw damaged(preprocessingPath, error)
    }
    guard header.task == task else {
      throw ModelError(
        "\(path): this is a model of the task \(header.task), not \(task). "
          + "Give --model the folder of a \(task) model.")
    }
    guard header.formatVersion <= version else {
      throw ModelError(
        "\(preprocessingPath): format \(header.formatVersion) is newer than this sluice, which "
          + "reads up to \(version). Use the version of sluice that trained the model, or a newer "
          + "one.")
    }
    do {
      return try JSONDecoder().decode(type, from: bytes)
    } catch {
      throw damaged(preprocessingPath, error)
    }
  }

  /// The task that the model in this folder is of.
  package func task() throws -> String {
    try checkFiles()
    do {
      let bytes = Data(try FileReader.bytes(of: preprocessingPath))
      return try JSONDecoder().decode(Header.self, from: bytes).task
    } catch let error as DecodingError {
      throw damaged(preprocessingPath, error)
    }
  }

  /// The three files of a model.
  static func files(
    weights: [UInt8], configuration: [UInt8], preprocessing: some Encodable
  ) throws -> [(name: String, bytes: [UInt8])] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [
      ("model.safetensors", weights), ("config.yaml", configuration),
      ("preprocessing.json", [UInt8](try encoder.encode(preprocessing))),
    ]
  }

  /// Checks that files are the ones that the folder was written with.
  ///
  /// - Throws: ``ModelError`` naming the file.
  func check(_ files: [(path: String, bytes: [UInt8], checksum: String)]) throws {
    for file in files where Checksum.hexadecimal(of: file.bytes) != file.checksum {
      throw ModelError(
        "\(file.path): the file is damaged, or of another model than \(preprocessingPath). Copy "
          + "the model's folder whole, or retrain.")
    }
  }

  private func checkFiles() throws {
    guard Folder.isFolder(path) else {
      let hint =
        FileReader.exists(path)
        ? "It is a file; give --model the folder." : "Give --model the `model` folder of a run."
      throw ModelError("\(path): there is no such folder. \(hint)")
    }
    for file in [preprocessingPath, configurationPath, weightsPath]
    where !FileReader.exists(file) {
      let inner = ModelFolder(path + "/model")
      let hint =
        FileReader.exists(inner.weightsPath)
        ? "Did you mean \(inner.path)?"
        : "The training has not finished (`sluice train … --resume` goes on with it), or the folder "
          + "was not copied whole."
      throw ModelError("\(file): the file is missing. \(hint)")
    }
  }

  private func damaged(_ file: String, _ error: any Error) -> ModelError {
    var detail = ""
    if case DecodingError.keyNotFound(let key, _) = error {
      detail = "`\(key.stringValue)` is missing"
    } else if case DecodingError.dataCorrupted = error {
      detail = "it is not valid JSON"
    } else {
      detail = "a value is of the wrong kind"
    }
    return ModelError("\(file): the file is damaged: \(detail). Copy the model again, or retrain.")
  }
}
