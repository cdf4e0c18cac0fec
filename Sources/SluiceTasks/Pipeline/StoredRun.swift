import Foundation
import SluicePlatform
import SluiceReport
import SluiceSettings
import SluiceTraining

/// What the folder of a run tells of it, whether it has ended or not, whatever version began it.
package struct StoredRun {
  package let path: String
  /// `sales`; empty where the settings do not say.
  package let task: String
  package let state: State
  /// Its settings and, where they are known, its scores. Of a run that has not ended: what there is.
  package let report: RunReport
  /// The device's id; nil where nothing names it.
  package let device: String?
  /// Optimizer steps of all networks so far.
  package let steps: Int
  /// Spent so far in training.
  package let seconds: Double
  /// Nil where nothing was measured.
  package let sequencesPerSecond: Double?
  /// What the reader must know; nil: nothing.
  package let remark: String?

  /// How far a run is.
  package enum State: String {
    /// Ended, and its report is there.
    case finished
    /// Its model is there, a report is not.
    case unreported
    /// A training is at work in the folder.
    case training
    /// Neither a model nor a training: it was stopped or killed, and can be resumed.
    case unfinished
  }

  /// Reads what there is.
  ///
  /// - Throws: `RunReportError` where the folder is not that of a run; `FileError`.
  package init(_ folder: String) throws {
    guard RunReportFile.isRun(folder) else { throw RunReportFile.noRun(folder) }
    path = folder
    var found: RunReport?
    var complaint: String?
    if FileReader.exists("\(folder)/\(RunReportFile.dataName)") {
      do { found = try RunReportFile.read(from: folder) } catch { complaint = "\(error)" }
    }
    let course = try Course(MetricsLog(path: "\(folder)/metrics.csv"))
    state = Self.state(of: folder, isReported: found != nil)
    report = try found ?? Self.unreported(folder)
    if let outcome = report.outcome {
      (task, device, steps) = (outcome.task, outcome.device, outcome.steps)
      (seconds, sequencesPerSecond) = (outcome.seconds, outcome.sequencesPerSecond)
    } else {
      task = report.settings.first { $0.name == "task" }?.value ?? ""
      device = Self.device(inLog: "\(folder)/log.txt")
      (steps, seconds, sequencesPerSecond) = (course.steps, course.seconds, course.pace)
    }
    remark = complaint ?? Self.remark(state, report, course)
  }

  /// What there is to report of a run that has not done so: its settings, as they stand in its folder.
  private static func unreported(_ folder: String) throws -> RunReport {
    let text = try FileReader.text(of: "\(folder)/config.yaml")
    let settings = (try? SettingsText.values(ofText: text)) ?? []
    return RunReport(
      title: folder, facts: [], scores: [], sections: [],
      settings: settings.map { .init($0.path, $0.text) })
  }

  private static func state(of folder: String, isReported: Bool) -> State {
    if isReported { return .finished }
    if RunDirectory.isAtWork(folder) { return .training }
    let model = ModelFolder("\(folder)/model")
    return FileReader.exists(model.preprocessingPath) ? .unreported : .unfinished
  }

  private static func remark(_ state: State, _ report: RunReport, _ course: Course) -> String? {
    let sofar =
      course.steps == 0
      ? "nothing is logged yet"
      : "\(course.steps.grouped) steps so far, the last in phase \(course.phase)"
    return switch state {
    case .finished:
      report.outcome == nil
        ? "was trained by an earlier version, which kept less of it" : nil
    case .unreported:
      "has a model, but no \(RunReportFile.dataName), so its scores are not known; training it again "
        + "with `resume` and the same data writes one"
    case .training: "is being trained: \(sofar)"
    case .unfinished: "has not ended: \(sofar); `resume` goes on with it"
    }
  }

  /// The device that the log names.
  private static func device(inLog path: String) -> String? {
    guard let text = try? FileReader.text(of: path) else { return nil }
    let mark = " device: "
    guard let line = text.split(separator: "\n").last(where: { $0.contains(mark) }),
      let place = line.firstRange(of: mark)
    else { return nil }
    return String(line[place.upperBound...].prefix { $0 != "," })
  }

  /// How far `metrics.csv` says that the training is.
  private struct Course {
    private(set) var steps = 0
    private(set) var seconds = 0.0
    /// Sequences per second, the mean of what was logged.
    private(set) var pace: Double?
    /// The last one begun.
    private(set) var phase = ""

    init(_ metrics: MetricsLog) {
      let places = ["phase", "step", "seconds", "sequences_per_s"].compactMap {
        metrics.columns.firstIndex(of: $0)
      }
      guard places.count == 4 else { return }
      var ends: [String: (steps: Int, seconds: Double)] = [:]
      var paces: [Double] = []
      for row in metrics.rows {
        phase = row[places[0]]
        // A file that others have written to may hold anything.
        let steps = Int(row[places[1]]).flatMap { (0...1 << 40).contains($0) ? $0 : nil }
        let seconds = Double(row[places[2]]).flatMap { (0...1e12).contains($0) ? $0 : nil }
        ends[phase] = (steps ?? 0, seconds ?? 0)
        if let pace = Double(row[places[3]]), pace > 0, pace < 1e12 { paces.append(pace) }
      }
      steps = ends.values.reduce(0) { $0 + $1.steps }
      seconds = ends.values.reduce(0) { $0 + $1.seconds }
      if !paces.isEmpty { pace = paces.reduce(0, +) / Double(paces.count) }
    }
  }
}
