import Foundation
import SluicePlatform

/// A training at one step, ready to go on from.
public struct Checkpoint: Sendable {
  /// Where the training stood.
  public var state: TrainingState
  /// The weights by parameter name.
  public var model: Safetensors
  /// The optimizer's moments, averaged and best weights.
  public var optimizer: Safetensors

  /// Each argument is the property of its name.
  public init(state: TrainingState, model: Safetensors, optimizer: Safetensors) {
    self.state = state
    self.model = model
    self.optimizer = optimizer
  }
}

/// Why a checkpoint cannot be used.
public struct CheckpointError: SluiceError {
  /// Where it lies.
  public let path: String
  /// What went wrong.
  public let what: String
  /// What to do about it.
  public let remedy: String

  /// Each argument is the property of its name.
  public init(_ path: String, _ what: String, remedy: String) {
    self.path = path
    self.what = what
    self.remedy = remedy
  }

  public var place: String? { path }
}

/// `state.json`: the state, and what tells a whole checkpoint from a damaged one.
struct CheckpointManifest: Codable {
  struct File: Codable, Hashable {
    var bytes: Int
    /// FNV-1a, 64 bits, hexadecimal.
    var checksum: String
  }

  static let currentFormat = 1

  /// Of the manifest itself, taken with this field's digits as zeros.
  var checksum = CheckpointManifest.noChecksum
  var files: [String: File]
  var format = CheckpointManifest.currentFormat
  var state: TrainingState

  private static let noChecksum = String(repeating: "0", count: 16)
  private static let checksumField = Array("\"checksum\" : \"".utf8)

  /// The bytes of the file, with its checksum.
  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    var bytes = Array(try encoder.encode(self))
    guard let place = Self.checksumPlace(in: bytes) else {
      throw CheckpointError("state.json", "has no checksum", remedy: "")
    }
    bytes.replaceSubrange(place, with: Array(Checksum.hexadecimal(of: bytes).utf8))
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  /// - Throws: ``CheckpointError``, or ``NewerFormat`` where a later version wrote the file.
  init(decoding bytes: [UInt8], path: String) throws {
    struct Format: Decodable { var format: Int }
    let data = Data(bytes)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")

    // The checksum is that of the text before its last line break.
    var blank = Array(bytes.dropLast())
    let endsInLineBreak = bytes.last == UInt8(ascii: "\n")
    let place = Self.checksumPlace(in: blank)
    if let place {
      let written = String(decoding: blank[place], as: UTF8.self)
      blank.replaceSubrange(place, with: Array(Self.noChecksum.utf8))
      guard endsInLineBreak, written == Checksum.hexadecimal(of: blank) else {
        throw CheckpointError(path, "its checksum is wrong", remedy: "The file is damaged")
      }
    }
    if let format = try? decoder.decode(Format.self, from: data).format,
      format > Self.currentFormat
    {
      throw NewerFormat(path: path, format: format)
    }
    guard place != nil, let manifest = try? decoder.decode(Self.self, from: data),
      manifest.state.isSound
    else {
      throw CheckpointError(path, "is not a checkpoint's state", remedy: "The file is damaged")
    }
    self = manifest
  }

  init(files: [String: File], state: TrainingState) {
    self.files = files
    self.state = state
  }

  /// A later version of Sluice wrote the checkpoint.
  struct NewerFormat: Error {
    var path: String
    var format: Int
  }

  /// Where the digits of the manifest's own checksum are: the first there are, since keys are sorted.
  private static func checksumPlace(in bytes: [UInt8]) -> Range<Int>? {
    guard bytes.count > checksumField.count + 16 else { return nil }
    for start in 0...(bytes.count - checksumField.count - 16)
    where bytes[start...].starts(with: checksumField) {
      let digits = start + checksumField.count
      return digits..<(digits + 16)
    }
    return nil
  }
}
