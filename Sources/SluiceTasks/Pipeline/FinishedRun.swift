import Foundation
import Logging
import SluiceCompute
import SluicePlatform
import SluiceSettings
import SluiceTraining

/// The run that a model came from, where the model's folder still lies in the run's: it knows the rows
/// that it held out, and has kept the networks that did not learn from them.
package struct FinishedRun<Task: LearningTask> {
  private let path: String
  private let settings: Task.Settings

  /// Finds the run of a model.
  ///
  /// - Parameter model: The model's folder.
  /// - Throws: ``ModelError`` where there is no run around it, or another one.
  package init(ofModel model: String) throws {
    path =
      URL(fileURLWithPath: model).resolvingSymlinksInPath().deletingLastPathComponent().path
    let configuration = "\(path)/config.yaml"
    let folder = ModelFolder(model)
    let wanted = try folder.configurationChecksum()
    guard FileReader.isRegularFile(configuration) else {
      throw Self.unscored(model, "does not lie in the folder of its run")
    }
    let text = try FileReader.text(of: configuration)
    if Checksum.hexadecimal(of: Array(text.utf8)) == wanted {
      settings = try Task.earlierSettings(text, name: configuration)
      return
    }
    // One that another version has gone on with wrote its model in its own words.
    let own = try Task.earlierSettings(
      FileReader.text(of: folder.configurationPath), name: folder.configurationPath)
    guard (try? Task.earlierSettings(text, name: configuration)) == own else {
      throw Self.unscored(model, "is not of the run in \(path)")
    }
    settings = own
  }

  /// The report on the rows that the run held out, or those that single networks did not learn from, by
  /// the networks as they were then: what `train` reported.
  ///
  /// - Throws: ``ModelError`` where the data are gone or have changed, or where all networks learned
  ///   from all rows.
  package func evaluate(on backend: any Backend) throws -> EvaluationReport {
    let phases = try FinishedPhases(ofRun: path)
    let source = try source(phases.dataFingerprint)
    let task = try Task(source.table, settings) { _ in settings }
    let logger = Logger(label: "sluice") { _ in SwiftLogNoOpLogHandler() }
    let run = TaskRun(task, fingerprint: source.fingerprint, on: backend, logger: logger)
    guard var report = try run.report(of: phases) else {
      throw Self.unscored(path, "is a run that held no rows out")
    }
    report.notes.insert(try note(source, task), at: 0)
    return report
  }

  /// The rows that the run learned from.
  private func source(_ fingerprint: String) throws -> TableSource {
    guard let file = settings.dataPath else {
      // The file that the run has kept, since another version may make another sample.
      let sample = "\(path)/sample.csv"
      let text =
        FileReader.exists(sample)
        ? try FileReader.text(of: sample) : Task.sample(seed: settings.training.seed)
      guard Checksum.hexadecimal(of: Array(text.utf8)) == fingerprint else {
        throw Self.unscored(sample, "is not the sample that the run learned from any more")
      }
      return try TableSource(nil) { text }
    }
    guard FileReader.exists(file) else {
      throw Self.unscored(file, "is gone, which the run in \(path) learned from")
    }
    guard FileReader.isRegularFile(file) else {
      throw Self.unscored(file, "cannot be read again")
    }
    // Before it is read as a table, which it may not be any more.
    guard Checksum.hexadecimal(of: try FileReader.bytes(of: file)) == fingerprint else {
      throw Self.unscored(file, "has changed since the run in \(path) learned from it")
    }
    return try TableSource(file) { "" }
  }

  /// Which rows were scored by whom.
  private func note(_ source: TableSource, _ task: Task) throws -> String {
    let rows = source.sample == nil ? source.table.file : "the run's generated sample"
    guard try task.heldOut() != nil else {
      return "of \(rows), each row by the networks that had not learned from it"
    }
    return "of \(rows), what the run held out"
      + (settings.refit
        ? ", by its networks before they learned from all rows, as this model has" : "")
  }

  private static func unscored(_ place: String, _ what: String) -> ModelError {
    ModelError(place, what, remedy: "Give the rows to score with `data.path`.")
  }
}
