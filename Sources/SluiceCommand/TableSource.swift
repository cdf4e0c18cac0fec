import Sluice
import SluicePlatform
import SluiceTables

/// The rows that a run learns from: a file, or a sample generated from the seed.
struct TableSource {
  let table: Table
  /// Tells these rows from others.
  let fingerprint: String
  /// The text of the generated sample; nil for a file.
  let sample: String?

  /// - Parameters:
  ///   - path: The file; nil for a sample.
  ///   - makeSample: Writes the sample, a CSV.
  init(_ path: String?, makeSample: () -> String) throws {
    let bytes: [UInt8]
    if let path {
      bytes = try FileReader.bytes(of: path)
      sample = nil
    } else {
      let text = makeSample()
      bytes = Array(text.utf8)
      sample = text
    }
    fingerprint = Checksum.hexadecimal(of: bytes)
    table = try Table(bytes: bytes, file: path ?? "generated sample")
  }

  /// Where the rows come from and what the columns were taken for, in a line.
  ///
  /// - Parameters:
  ///   - roles: Such as `target Churn (Yes), identifier customerID`.
  ///   - subject: What the sample has none of that is real: `sales`.
  ///   - unused: Columns without a role.
  func origin(roles: String, subject: String, unused: [String]) -> String {
    let rows = Format.count(table.rowCount)
    let source =
      sample == nil
      ? "data: \(table.file), \(rows) rows"
      : "data: no --data given, so this is a sample generated from the seed, not real \(subject); "
        + "\(rows) rows"
    let rest = unused.isEmpty ? "" : "; not used: \(unused.joined(separator: ", "))"
    return "\(source) (\(roles)\(rest))"
  }
}
