import Foundation
import SluiceCompute
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

extension Collective {
  /// A checkpoint of rank 0, on all ranks.
  ///
  /// - Parameter checkpoint: Asked for on rank 0 alone; nil where there is none.
  /// - Throws: What `checkpoint` throws; `ComputeError` where another rank is gone.
  func shared(_ checkpoint: () throws -> Checkpoint?) throws -> Checkpoint? {
    guard size > 1 else { return try checkpoint() }
    let own = isRoot ? try checkpoint() : nil
    let state = try shared {
      try own.map { try CheckpointManifest(files: [:], state: $0.state).encoded() } ?? []
    }
    guard !state.isEmpty else { return nil }
    func tensors(_ name: String, _ part: (Checkpoint) -> Safetensors) throws -> Safetensors {
      let bytes = try shared { own.map { part($0).encoded() } ?? [] }
      return try Safetensors(decoding: bytes, file: name)
    }
    return Checkpoint(
      state: try CheckpointManifest(decoding: state, path: "state.json").state,
      model: try tensors("model.safetensors", \.model),
      optimizer: try tensors("optimizer.safetensors", \.optimizer))
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
  var checksum = Checksum.noChecksum
  var files: [String: File]
  var format = CheckpointManifest.currentFormat
  var state: TrainingState

  private static let checksumField = "\"checksum\" : \""

  /// The bytes of the file, with its checksum.
  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let bytes = Array(try encoder.encode(self))
    guard let signed = Checksum.signed(bytes, behind: Self.checksumField) else {
      throw CheckpointError("state.json", "has no checksum", remedy: "")
    }
    return signed + [UInt8(ascii: "\n")]
  }

  /// - Throws: ``CheckpointError``, or ``NewerFormat`` where a later version wrote the file.
  init(decoding bytes: [UInt8], path: String) throws {
    struct Format: Decodable { var format: Int }
    let data = Data(bytes)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")

    // The checksum is that of the text before its last line break.
    let text = Array(bytes.dropLast())
    let signed = Checksum.signed(text, behind: Self.checksumField)
    if let signed {
      guard bytes.last == UInt8(ascii: "\n"), signed == text else {
        throw CheckpointError(path, "its checksum is wrong", remedy: "The file is damaged")
      }
    }
    if let format = try? decoder.decode(Format.self, from: data).format,
      format > Self.currentFormat
    {
      throw NewerFormat(path: path, format: format)
    }
    guard signed != nil, let manifest = try? decoder.decode(Self.self, from: data),
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
}
