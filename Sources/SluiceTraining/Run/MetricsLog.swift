import Foundation
import SluicePlatform

/// `metrics.csv`: one row for each logging interval and each validation.
///
/// A row is appended as it comes. Checkpoints hold the number of rows, and a resumed run cuts the
/// file back to it, so no step is told twice. Where a validation metric comes for the first time,
/// the file is rewritten with one column more.
public final class MetricsLog {
  /// The file.
  public let path: String
  /// The names of the columns.
  public private(set) var columns: [String]
  /// The rows, each with as many fields as there are columns.
  public private(set) var rows: [[String]]
  private var isDirty = true
  /// What else is told of each row; nil: nothing.
  var events: TensorBoardLog?

  /// Columns that every file has; those of validation metrics follow.
  public static let standardColumns = [
    "phase", "epoch", "step", "learning_rate", "loss", "gradient_norm", "sequences_per_s",
    "seconds",
  ]

  /// Opens the file; where there is none, it is written with the first row.
  ///
  /// - Throws: `FileError` where it cannot be read. What is not a table of metrics counts as empty.
  public init(path: String) throws {
    self.path = path
    columns = Self.standardColumns
    rows = []
    guard FileReader.exists(path) else { return }
    let text = String(decoding: try FileReader.bytes(of: path), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let header = lines[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard header.starts(with: Self.standardColumns) else { return }
    columns = header
    // What stands behind the last line break is a row that was not finished.
    for line in lines.dropFirst().dropLast() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == columns.count else { break }
      rows.append(fields)
    }
  }

  /// Appends a row: the standard columns and the metrics of a validation, if there was one.
  ///
  /// - Throws: `FileError`.
  func append(standard: [String], validation: [MetricValue]) throws {
    let names = validation.map { Self.field($0.name) }
    for name in names where !columns.contains(name) {
      columns.append(name)
      for index in rows.indices { rows[index].append("") }
      isDirty = true
    }
    var row = standard.map(Self.field)
    row += [String](repeating: "", count: columns.count - row.count)
    for (name, metric) in zip(names, validation) {
      if let column = columns.firstIndex(of: name) { row[column] = Self.number(metric.value) }
    }
    rows.append(row)
    if isDirty {
      try rewrite()
    } else {
      try append(line: row)
    }
    try events?.append(row, columns: columns)
  }

  /// Cuts the table back to its first `count` rows.
  ///
  /// - Returns: whether there were as many.
  /// - Throws: `FileError`.
  @discardableResult
  public func truncate(toRows count: Int) throws -> Bool {
    let complete = rows.count >= count
    if rows.count > count { events?.beginAnew() }
    if rows.count > count || isDirty {
      rows = Array(rows.prefix(count))
      try rewrite()
    }
    return complete
  }

  /// Flushes the rows to the disk.
  ///
  /// - Throws: `FileError`.
  func synchronize() throws {
    guard !rows.isEmpty else { return }
    let file = open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw FileError("write", path, code: errno) }
    defer { close(file) }
    if fsync(file) != 0, errno != EINVAL { throw FileError("write", path, code: errno) }
  }

  private func rewrite() throws {
    let lines = ([columns] + rows).map { $0.joined(separator: ",") + "\n" }
    try AtomicFile.write(lines.joined(), to: path)
    isDirty = false
  }

  private func append(line row: [String]) throws {
    let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard file >= 0 else { throw FileError("write", path, code: errno) }
    let code = AtomicFile.writeAll(Array((row.joined(separator: ",") + "\n").utf8), to: file)
    close(file)
    if code != 0 {
      // Part of the row may stand there: the next write starts anew.
      isDirty = true
      throw FileError("write", path, code: code)
    }
  }

  static func number(_ value: Double?) -> String {
    value.map { String(format: "%.7g", $0) } ?? ""
  }

  /// Names stand in the table as they are, but for what would break it.
  private static func field(_ text: String) -> String {
    String(text.map { $0 == "," || $0 == "\"" || $0.isNewline ? "_" : $0 })
  }
}
