import Foundation
import SluicePlatform

/// The checkpoints of a run: a folder with one folder `step-N` each, of which the newest few are kept.
///
/// A checkpoint is written under another name, flushed to the disk and renamed, so one that has its
/// name is whole. Older ones are removed only after that.
public final class CheckpointStore {
  /// Where the checkpoints lie.
  public let folder: String
  /// How many are kept, at least 1.
  public let keep: Int

  private static let modelName = "model.safetensors"
  private static let optimizerName = "optimizer.safetensors"
  private static let stateName = "state.json"

  /// Opens the folder, makes it where it is missing, and removes half-written checkpoints.
  ///
  /// - Throws: `FileError`.
  public init(folder: String, keep: Int = 2) throws {
    self.folder = folder
    self.keep = max(1, keep)
    try Folder.create(folder)
    try Folder.removePartial(in: folder, prefix: ".step-")
  }

  /// Opens a folder to read from it: nothing in it is changed.
  init(reading folder: String) {
    self.folder = folder
    keep = 1
  }

  /// The steps of the checkpoints there are, in ascending order; some may be damaged.
  ///
  /// - Throws: `FileError`.
  public func steps() throws -> [Int] {
    try Folder.entries(of: folder).compactMap { name in
      guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), step >= 0,
        name == "step-\(step)"
      else { return nil }
      return step
    }.sorted()
  }

  /// Where the checkpoint of a step lies.
  public func path(ofStep step: Int) -> String { "\(folder)/step-\(step)" }

  /// Writes a checkpoint under its global step, then removes those beyond ``keep``.
  ///
  /// - Throws: `FileError`; the earlier checkpoints are intact then.
  public func write(_ checkpoint: Checkpoint) throws {
    let model = checkpoint.model.encoded()
    let optimizer = checkpoint.optimizer.encoded()
    let manifest = CheckpointManifest(
      files: [
        Self.modelName: .init(bytes: model.count, checksum: Checksum.hexadecimal(of: model)),
        Self.optimizerName: .init(
          bytes: optimizer.count, checksum: Checksum.hexadecimal(of: optimizer)),
      ], state: checkpoint.state)
    let step = checkpoint.state.globalStep
    try Folder.replace(
      path(ofStep: step),
      with: [
        (Self.modelName, model), (Self.optimizerName, optimizer),
        (Self.stateName, try manifest.encoded()),
      ])
    for old in try steps().dropLast(keep) where old != step {
      // Renamed first, so that none is ever seen half removed.
      let doomed = "\(folder)/.step-\(old)\(AtomicFile.temporarySuffix)"
      try Folder.remove(doomed)
      try Folder.rename(path(ofStep: old), to: doomed)
      try Folder.remove(doomed)
    }
  }

  /// Reads the newest checkpoint that is whole; nil where there is none at all.
  ///
  /// - Parameter report: told of every damaged one that was passed over.
  /// - Throws: ``CheckpointError`` where a later version of Sluice wrote it, or where there are
  ///   checkpoints, but no whole one; `FileError`.
  public func newest(report: (String) -> Void = { _ in }) throws -> Checkpoint? {
    let steps = try steps()
    for step in steps.reversed() {
      do {
        return try read(step: step)
      } catch let error as CheckpointManifest.NewerFormat {
        throw CheckpointError(
          error.path,
          "is of format \(error.format); this version of Sluice knows formats up to "
            + "\(CheckpointManifest.currentFormat)",
          remedy: "Use the version that wrote it, or a newer one")
      } catch {
        report("skipped a damaged checkpoint: \(error)")
      }
    }
    if steps.isEmpty { return nil }
    throw CheckpointError(
      folder, "none of its \(steps.count) checkpoints is whole",
      remedy: "Restore one from a copy, or train anew in another folder")
  }

  /// Puts aside checkpoints beyond `step`, which are damaged or not wanted, under the name
  /// `step-N.damaged`, so that they do not count as the newest ones.
  ///
  /// - Throws: `FileError`.
  func setAside(beyond step: Int) throws {
    for later in try steps() where later > step {
      let name = path(ofStep: later) + ".damaged"
      try Folder.remove(name)
      try Folder.rename(path(ofStep: later), to: name)
    }
  }

  /// Reads the checkpoint of one step.
  ///
  /// - Throws: ``CheckpointError``, ``SafetensorsError`` or `FileError` where it is damaged.
  public func read(step: Int) throws -> Checkpoint {
    let folder = path(ofStep: step)
    let manifest = try CheckpointManifest(
      decoding: FileReader.bytes(of: "\(folder)/\(Self.stateName)"),
      path: "\(folder)/\(Self.stateName)")
    guard manifest.state.globalStep == step else {
      throw CheckpointError(
        folder, "holds the state of step \(manifest.state.globalStep)",
        remedy: "The folder was renamed")
    }
    func tensors(_ name: String) throws -> Safetensors {
      let path = "\(folder)/\(name)"
      let bytes = try FileReader.bytes(of: path)
      let found = CheckpointManifest.File(
        bytes: bytes.count, checksum: Checksum.hexadecimal(of: bytes))
      guard manifest.files[name] == found else {
        throw CheckpointError(
          path, "its size or checksum is wrong", remedy: "The file is damaged")
      }
      return try Safetensors(decoding: bytes, file: path)
    }
    return Checkpoint(
      state: manifest.state, model: try tensors(Self.modelName),
      optimizer: try tensors(Self.optimizerName))
  }
}
