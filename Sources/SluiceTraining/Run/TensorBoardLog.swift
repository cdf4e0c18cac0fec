import Foundation
import SluiceExport
import SluicePlatform

/// The rows of `metrics.csv` as event files, which TensorBoard shows while a training goes on: a folder for
/// each phase, in it a file for each session that it took, a scalar for each column.
final class TensorBoardLog {
  private let folder: String
  /// The file of each phase in this session.
  private var files: [String: String] = [:]

  private static let prefix = "events.out.tfevents."

  /// Columns that say where a row stands, not how the training does.
  private static let places: Set<String> = ["phase", "step"]

  init(folder: String) {
    self.folder = folder
  }

  /// Steps that have been told are to come again: files of their own begin.
  func beginAnew() { files = [:] }

  /// Appends a row of metrics.
  ///
  /// - Throws: `FileError`.
  func append(_ row: [String], columns: [String]) throws {
    let fields = Dictionary(zip(columns, row), uniquingKeysWith: { first, _ in first })
    let phase = fields["phase"] ?? ""
    let step = fields["step"].flatMap { Int($0) } ?? 0
    let scalars = zip(columns, row).compactMap { name, field in
      Self.places.contains(name) ? nil : Float(field).map { (name: name, value: $0) }
    }
    let path = try files[phase] ?? begin(phase, step: step)
    try write(
      TensorBoardEvent(seconds: Date().timeIntervalSince1970, step: step, .scalars(scalars)),
      to: path)
  }

  /// Begins the file of a phase. Readers take files in the order of their names.
  private func begin(_ phase: String, step: Int) throws -> String {
    let own = "\(folder)/\(phase)"
    try Folder.create(own)
    let last = try Folder.entries(of: own).compactMap { name in
      name.hasPrefix(Self.prefix) ? Int(name.dropFirst(Self.prefix.count).prefix(10)) : nil
    }.max()
    let now = Date().timeIntervalSince1970
    let path =
      "\(own)/\(Self.prefix)" + String(format: "%010d", max(Int(now), (last ?? 0) + 1)) + ".sluice"
    try write(TensorBoardEvent(seconds: now, step: 0, .version), to: path)
    if last != nil { try write(TensorBoardEvent(seconds: now, step: step, .start), to: path) }
    files[phase] = path
    return path
  }

  private func write(_ event: TensorBoardEvent, to path: String) throws {
    let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw FileError("write", path, code: errno) }
    let code = AtomicFile.writeAll(event.record, to: file)
    close(file)
    if code != 0 { throw FileError("write", path, code: code) }
  }
}
