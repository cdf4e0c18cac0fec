import Foundation
import Logging
import SluiceCPU
import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceSettings
import SluiceTables
import SluiceTraining
import Testing

@testable import SluiceTasks

/// Intervals of networks that forecast residuals, calibrated by one more network.
struct CalibratedSalesTests {
  /// A level, a week, and noise of a known size: a fifth of the level.
  private func set(series: Int = 10, days: Int = 260) throws -> SeriesSet {
    var generator = PhiloxGenerator(RandomStream(seed: 11, stream: 1))
    var text = "date,item,sales\n"
    for item in 0..<series {
      for day in 0..<days {
        let week = [0.8, 0.9, 0.9, 1, 1.1, 1.4, 1.2][day % 7]
        let noise = (0..<12).reduce(-6.0) { sum, _ in sum + Double(generator.uniform()) }
        let date = CivilDate(dayNumber: CivilDate(year: 2020, month: 1, day: 1).dayNumber + day)
        let level = Double(40 * (item + 1))
        let sold = (level * week * Foundation.exp(0.2 * noise)).rounded()
        text += "\(DateFormat.iso.string(Timestamp(date))),\(item),\(sold)\n"
      }
    }
    let table = try Table(csv: text)
    return try SeriesSet(table, columns: SalesColumns.find(in: table))
  }

  private func settings(_ recipe: String) throws -> SalesSettings {
    var settings = try SalesTask.recipe(recipe)
    settings.horizon = 7
    settings.validation = 35
    settings.refit = false
    settings.batchSize = 16
    settings.model.history = 14
    settings.model.hidden = 16
    settings.training.epochs = 6
    settings.training.stepsPerEpoch = 20
    settings.training.learningRate = 1e-2
    settings.training.checkpointEvery = 15
    if recipe == "stack" {
      settings.model.stack = StackConfiguration([
        .lstm(16), .dense(units: 1, activation: .linear),
      ])
    }
    settings.model.calibrationNetwork = true
    return settings
  }

  private func folder() -> String {
    FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-calibrated-\(UUID().uuidString)").path
  }

  private func run(_ settings: SalesSettings, _ set: SeriesSet) throws -> TaskRun<SalesTask> {
    TaskRun(
      try SalesTask(set, settings), fingerprint: "test", on: try CPUBackend(threads: 2),
      logger: Logger(label: "test"))
  }

  private func train(_ settings: SalesSettings, _ set: SeriesSet) throws
    -> (report: EvaluationReport, model: SalesTask.Model)
  {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let result = try #require(
      try run(settings, set).train(in: RunDirectory(folder, resuming: false)))
    return (
      try #require(result.validation),
      try SalesTask.Model(folder: result.model, on: CPUBackend(threads: 2))
    )
  }

  /// What the network says of itself may be anything; what it is taken for may not.
  @Test(arguments: ["stack", "residual"])
  func anIntervalHoldsAsMuchAsItShould(_ recipe: String) throws {
    let set = try set()
    let (report, model) = try train(settings(recipe), set)
    let coverage = try #require(report.metrics["coverage_80"])
    #expect(coverage > 0.72 && coverage < 0.92, "\(coverage)")
    #expect(report.warnings.filter { $0.contains("interval") }.isEmpty)
    let windows = try #require(model.fitted.intervals?.windows)
    #expect(windows == 50 && model.networks.count == 1)
    #expect(
      report.notes.contains {
        $0.hasPrefix("the interval is calibrated on \(Int(windows.rounded())) windows")
      }, "\(report.notes)")

    // The one network that is kept is the one that would have been trained alone.
    var alone = try settings(recipe)
    alone.model.calibrationNetwork = false
    let (plain, uncalibrated) = try train(alone, set)
    #expect(plain.metrics["smape"] == report.metrics["smape"])
    #expect(plain.metrics["mae"] == report.metrics["mae"])
    #expect(uncalibrated.fitted.intervals == nil)
    #expect(plain.notes.contains { $0.contains("`model.calibration_network`") })
    let (own, other) = (try model.predict().forecast, try uncalibrated.predict().forecast)
    let factors = try #require(model.fitted.intervals)
    for place in stride(from: 0, to: own.values.count, by: 3) {
      #expect(own.values[place + 1] == other.values[place + 1])
      let factor = factors.factor(isBelow: false, step: place / 3 % 7, of: 7)
      #expect((own.values[place + 2] > other.values[place + 2]) == (factor > 1))
    }
  }

  @Test func tooShortATrainingIsNotCalibrated() throws {
    var short = try settings("residual")
    short.validation = 7
    let (report, model) = try train(short, try set(series: 2, days: 45))
    #expect(model.fitted.intervals == nil)
    #expect(
      report.notes.contains {
        $0.hasPrefix("the interval is not calibrated") && $0.contains("fewer than 9 windows")
      }, "\(report.notes)")
  }

  /// Stopped while it calibrates and resumed, a run comes to the same bytes.
  @Test func aRunThatIsStoppedThereGoesOnToTheBit() throws {
    let set = try set(series: 4, days: 160)
    var settings = try settings("residual")
    settings.validation = 7
    settings.training.epochs = 2
    let folders = (whole: folder(), stopped: folder())
    defer {
      try? FileManager.default.removeItem(atPath: folders.whole)
      try? FileManager.default.removeItem(atPath: folders.stopped)
    }
    let whole = try #require(
      try run(settings, set).train(in: RunDirectory(folders.whole, resuming: false)))
    let first = try run(settings, set)
    // Behind the 40 steps of the network that is scored, in the midst of as many of the other.
    var steps = 0
    first.shouldStop = {
      steps += 1
      return steps > 60
    }
    do {
      let stopped = try RunDirectory(folders.stopped, resuming: false)
      try AtomicFile.write(
        SettingsText.yaml(of: first.task.settings), to: stopped.configurationPath)
      #expect(try first.train(in: stopped) == nil)
    }
    let again = try run(settings, set)
    var phases: Set<String> = []
    again.onEvent = { event in
      if case .progress(let progress) = event { phases.insert(progress.phase) }
    }
    let resumed = try #require(
      try again.train(in: RunDirectory(folders.stopped, resuming: true)))
    #expect(phases == ["validate-calibration"])
    for file in ["model.safetensors", "preprocessing.json"] {
      #expect(
        try FileReader.bytes(of: "\(resumed.model)/\(file)")
          == FileReader.bytes(of: "\(whole.model)/\(file)"), "\(file)")
    }
  }

  /// Folders and configurations of versions that knew nothing of it.
  @Test func modelsOfEarlierVersionsAreRead() throws {
    let set = try set(series: 4, days: 160)
    var settings = try settings("residual")
    settings.validation = 7
    settings.training.epochs = 1
    let (_, model) = try train(settings, set)
    #expect(model.fitted.intervals != nil)
    let encoder = JSONEncoder()
    var object = try #require(
      try JSONSerialization.jsonObject(with: encoder.encode(model.fitted)) as? [String: Any])
    #expect(object.removeValue(forKey: "intervals") != nil)
    let old = try JSONDecoder().decode(
      SalesPreprocessing.self, from: JSONSerialization.data(withJSONObject: object))
    try old.check(settings)
    #expect(old.intervals == nil)
    var damaged = model.fitted
    damaged.intervals?.lower = []
    #expect(throws: Damage.self) { try damaged.check(settings) }
    #expect(!SalesTask.standard.model.calibrationNetwork)
  }
}
