import Sluice

/// The rows that a sales run learns from: a file, or a sample generated from the seed.
struct SalesSource {
  let set: SeriesSet
  /// Tells these rows from others.
  let fingerprint: String
  /// Where they come from, in words.
  let origin: String
  /// The generated sample; nil for a file.
  let sample: String?

  init(_ configuration: SalesConfiguration) throws {
    let bytes: [UInt8]
    let name: String
    if let path = configuration.data.path {
      bytes = try FileReader.bytes(of: path)
      name = path
      sample = nil
    } else {
      let text = SampleSales(seed: configuration.training.seed).csv()
      bytes = Array(text.utf8)
      name = "generated sample"
      sample = text
    }
    fingerprint = Checksum.hexadecimal(of: bytes)
    let table = try Table(bytes: bytes, file: name)
    let columns = try SalesColumns.find(
      in: table, date: configuration.data.date, series: configuration.data.series,
      target: configuration.data.target, covariates: configuration.data.covariates)
    set = try SeriesSet(table, columns: columns, gaps: configuration.data.gaps)
    let rows = Format.count(table.rowCount)
    let roles =
      "date \(columns.date), series \(columns.series.isEmpty ? "(one)" : columns.series.joined(separator: " × ")), "
      + "target \(columns.target)"
      + (columns.covariates.isEmpty
        ? "" : ", known ahead \(columns.covariates.joined(separator: ", "))")
    let unused = columns.unused(in: table)
    origin =
      (sample == nil
        ? "data: \(name), \(rows) rows"
        : "data: no --data given, so this is a sample generated from the seed, not real sales; "
          + "\(rows) rows")
      + " (\(roles)\(unused.isEmpty ? "" : "; not used: \(unused.joined(separator: ", "))"))"
  }
}
