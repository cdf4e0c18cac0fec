import Foundation
import SluicePlatform

/// The two files of a run's report: `report.json`, and `report.html`, drawn from it.
package enum RunReportFile {
  package static let dataName = "report.json"
  package static let pageName = "report.html"

  /// Writes both into a run's folder.
  ///
  /// - Throws: ``FileError``.
  package static func write(_ report: RunReport, to folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(encoder.encode(report)), to: "\(folder)/\(dataName)")
    try AtomicFile.write(report.page, to: "\(folder)/\(pageName)")
  }

  /// Reads what a run's page is drawn from.
  ///
  /// - Throws: ``RunReportError`` where the folder holds no run, or a run without `report.json`, or a
  ///   file that is damaged or newer; ``FileError``.
  package static func read(from folder: String) throws -> RunReport {
    let path = "\(folder)/\(dataName)"
    guard FileReader.exists(path) else { throw missing(folder) }
    let data = Data(try FileReader.bytes(of: path))
    struct Header: Decodable { var format: Int }
    if let format = try? JSONDecoder().decode(Header.self, from: data).format,
      format > RunReport.currentFormat
    {
      throw RunReportError(
        path,
        "format \(format) is newer than this sluice, which reads up to "
          + "\(RunReport.currentFormat)",
        remedy: "Use the version of sluice that trained the model, or a newer one.")
    }
    do {
      return try JSONDecoder().decode(RunReport.self, from: data)
    } catch {
      throw RunReportError(
        path, "the file is damaged",
        remedy:
          "Remove it and train again with `resume` and the same data: the model is kept, and the report "
          + "made anew.")
    }
  }

  /// Whether the folder is that of a run, whatever became of it.
  package static func isRun(_ folder: String) -> Bool {
    Folder.isFolder(folder) && FileReader.exists("\(folder)/config.yaml")
  }

  /// What to say of a folder that is no run's.
  package static func noRun(_ folder: String) -> RunReportError {
    RunReportError(
      folder, "there is no run in this folder",
      remedy: "Give the folder of a run, the one that `train` names with `output`.")
  }

  private static func missing(_ folder: String) -> RunReportError {
    guard isRun(folder) else { return noRun(folder) }
    return RunReportError(
      folder,
      "the run has no \(dataName): it has not ended, it was trained without a report, or by an earlier "
        + "version",
      remedy:
        "Train again with `resume` and the same data: what is there is kept, and the report is made at "
        + "the end.")
  }
}

/// Why there is no report of a run.
package struct RunReportError: SluiceError {
  package let place: String?
  package let what: String
  package let remedy: String

  init(_ place: String, _ what: String, remedy: String) {
    self.place = place
    self.what = what
    self.remedy = remedy
  }
}
