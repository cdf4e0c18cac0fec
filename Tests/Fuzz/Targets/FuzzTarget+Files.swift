import SluicePlatform
import SluiceReport
import SluiceSettings
import SluiceTasks
import SluiceTraining

extension FuzzTarget {
  static var safetensors: FuzzTarget {
    FuzzTarget("safetensors") { bytes in
      let file = try Safetensors(decoding: bytes, file: "model.safetensors")
      let again = try Safetensors(decoding: file.encoded(), file: "model.safetensors")
      // As bits: NaN is no number's equal.
      precondition(again.encoded() == file.encoded(), "what is written is read as something else")
    }
  }

  /// `config.yaml`, over the settings of each task.
  static var settings: FuzzTarget {
    FuzzTarget("settings") { bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      var refusals: [any SluiceError] = []
      for task in Tasks.all {
        do {
          try read(text, by: task)
        } catch let error as any SluiceError {
          refusals.append(error)
        }
      }
      if refusals.count == Tasks.all.count { throw refusals[0] }
    }
  }

  private static func read<Task: LearningTask>(_ text: String, by type: Task.Type) throws {
    let reader = SettingsReader<Task.Settings>(text, name: "config.yaml")
    let settings = try reader.settings(over: Task.standard)
    _ = try SettingsText.yaml(of: settings)
    // As of a model, whose settings are all there.
    do {
      _ = try reader.settings(over: Task.standard, isComplete: true)
    } catch is SettingError {
    }
  }

  /// `metrics.csv` of a run.
  static var metrics: FuzzTarget {
    FuzzTarget("metrics") { bytes in
      let run = try ScratchFolder.shared.folder("metrics")
      try ScratchFolder.write(Array("task: sales\n".utf8), to: "\(run)/config.yaml")
      try ScratchFolder.write(bytes, to: "\(run)/metrics.csv")
      _ = try StoredRun(run)
    }
  }

  /// `report.json` of a run, and the pages that are drawn from it.
  static var report: FuzzTarget {
    FuzzTarget("report") { bytes in
      let run = try ScratchFolder.shared.folder("report")
      // The settings of a run are read too, whatever they are.
      try ScratchFolder.write(bytes, to: "\(run)/config.yaml")
      try ScratchFolder.write(bytes, to: "\(run)/report.json")
      _ = try? StoredRun(run)
      let report = try RunReportFile.read(from: run)
      _ = report.page
      _ = ComparisonPage([("a", report), ("b", report)]).text
      _ = report.outcome.map { Format.duration($0.seconds) }
    }
  }
}
