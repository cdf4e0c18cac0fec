import Foundation
import Logging
import SluiceCPU
import SluiceCompute
import SluiceNN
import SluiceSettings
import SluiceTraining
import Testing

@testable import SluiceTasks
import SluiceTables

/// The sales task as a whole, on small sets with a known truth.
struct SalesModelTests {
  /// Series that differ in level by a factor of up to 16, with a week and some noise.
  private func levels(series: Int = 12, days: Int = 150) throws -> SeriesSet {
    let table = try levelsTable(series: series, days: days)
    return try SeriesSet(table, columns: SalesColumns.find(in: table))
  }

  private func levelsTable(series: Int = 12, days: Int = 150) throws -> Table {
    var generator = PhiloxGenerator(RandomStream(seed: 7, stream: 1))
    var text = "date,item,sales\n"
    for item in 0..<series {
      let level = 10 * Foundation.pow(16, Double(item) / Double(series - 1))
      for day in 0..<days {
        let week = [0.8, 0.9, 0.9, 1, 1.1, 1.4, 1.2][day % 7]
        let noise = 0.95 + 0.1 * Double(generator.uniform())
        let date = CivilDate(dayNumber: CivilDate(year: 2020, month: 1, day: 1).dayNumber + day)
        let stamp = DateFormat.iso.string(Timestamp(date))
        text += "\(stamp),\(item),\((level * week * noise).rounded())\n"
      }
    }
    return try Table(csv: text)
  }

  private func train(_ configuration: SalesSettings, _ set: SeriesSet) throws
    -> (report: EvaluationReport, model: SalesTask.Model)
  {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-sales-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let backend = try CPUBackend(threads: 2)
    let training = TaskRun(
      try SalesTask(set, configuration), fingerprint: "test", on: backend,
      logger: Logger(label: "test"))
    let result = try #require(try training.train(in: RunDirectory(folder, resuming: false)))
    let model = try SalesTask.Model(folder: result.model, on: backend)
    return (try #require(result.validation), model)
  }

  @Test func aPlainStackForecastsStepByStep() throws {
    var configuration = try SalesTask.recipe("stack")
    configuration.horizon = 7
    configuration.refit = false
    configuration.batchSize = 32
    configuration.model.history = 14
    configuration.training.epochs = 3
    configuration.training.learningRate = 1e-2
    let (report, model) = try train(configuration, try levels())
    let smape = try #require(report.metrics["smape"])
    // The week and the levels are in the decomposition; the stack must not spoil them on its way.
    #expect(smape < 8, "\(smape)")
    let coverage = try #require(report.metrics["coverage_80"])
    #expect(coverage > 0.6 && coverage < 0.98, "\(coverage)")
    let prediction = try model.predict()
    let forecast = prediction.forecast
    #expect(forecast.horizon == 7 && forecast.quantiles.count == 3)
    for step in 0..<7 {
      let values = (0..<3).map { forecast.value(series: 0, step: step, quantile: $0) }
      #expect(values[0] < values[1] && values[1] < values[2], "\(values)")
    }
  }

  @Test func stacksThatCannotForecastAreRefused() throws {
    let set = try levels(series: 2)
    for layers: [StackLayer] in [
      [.lstm(4), .dense(units: 2, activation: .linear)],
      [.lstm(4), .dense(units: 1, activation: .sigmoid)],
      [.embedding(size: 4), .lstm(4), .dense(units: 1, activation: .linear)],
    ] {
      var configuration = try SalesTask.recipe("stack")
      configuration.model.stack = StackConfiguration(layers)
      let error = #expect(throws: SettingError.self) { try SalesTask(set, configuration) }
      #expect(error?.setting == "model.stack")
    }
  }

  @Test func historyFindsTheLevelOfEachSeriesInItsPast() throws {
    var configuration = try SalesTask.recipe("history")
    configuration.horizon = 7
    configuration.refit = false
    configuration.batchSize = 32
    configuration.model.history = 14
    configuration.model.hidden = 24
    configuration.training.epochs = 5
    configuration.training.learningRate = 1e-2
    let table = try levelsTable()
    let (report, model) = try train(configuration, levels())
    let smape = try #require(report.metrics["smape"])
    #expect(smape < 12, "\(smape)")
    // Without the past it cannot know which series it looks at.
    var hidden = SalesTask.EvaluationOptions()
    hidden.zeroHistory = true
    let blind = try SalesTask.evaluate(model, on: table, hidden)
    let blindSMAPE = try #require(blind.metrics["smape"])
    #expect(blindSMAPE > 4 * smape && blindSMAPE > 25, "\(blindSMAPE) beside \(smape)")
    // The evaluation of the same rows is the report of the training.
    let again = try SalesTask.evaluate(model, on: table, SalesTask.EvaluationOptions())
    #expect(abs((again.metrics["smape"] ?? 0) - smape) < 1e-3)
  }

  /// A year is read where the past holds one: at the edge, what is left out decides for all networks.
  @Test(arguments: [28, 32, 36])
  func seriesBarelyLongerThanTheirSeasonAreLearnedFrom(_ months: Int) throws {
    var configuration = SalesTask.standard
    configuration.horizon = 6
    configuration.refit = false
    configuration.model.hidden = 8
    configuration.training.epochs = 1
    let set = Planted.set(.months(1), steps: months, series: 3) { series, time in
      Double(10 * series + time.date.month)
    }
    let (report, _) = try train(configuration, set)
    #expect(report.rows == 18)
  }

  @Test func theDefaultBeatsTheWeekBefore() throws {
    var configuration = SalesTask.standard
    configuration.horizon = 14
    configuration.refit = false
    configuration.batchSize = 32
    configuration.model.hidden = 16
    let (report, _) = try train(configuration, levels())
    let smape = try #require(report.metrics["smape"])
    let naive = try #require(report.baselines.first { $0.name == "naive_week" }?.metrics["smape"])
    #expect(smape < naive, "\(smape) beside \(naive)")
    let coverage = try #require(report.metrics["coverage_80"])
    #expect(coverage > 0.5 && coverage <= 1)
  }

  /// Amounts around 0, and days on which nothing is ever sold.
  @Test func amountsBelowZeroAreForecastAndClosedDaysAreZero() throws {
    var generator = PhiloxGenerator(RandomStream(seed: 9, stream: 1))
    var text = "date,item,value\n"
    for item in 0..<6 {
      for day in 0..<150 {
        let week = [-8.0, -4, 0, 4, 8, 0, 0][day % 7]
        let noise = Double(generator.uniform()) - 0.5
        let value = item == 0 ? (day % 7 == 5 ? 0 : 20) : week * Double(item) + noise
        let date = CivilDate(dayNumber: CivilDate(year: 2020, month: 1, day: 1).dayNumber + day)
        text += "\(DateFormat.iso.string(Timestamp(date))),\(item),\(value)\n"
      }
    }
    let table = try Table(csv: text)
    let set = try SeriesSet(table, columns: SalesColumns.find(in: table))
    var configuration = SalesTask.standard
    configuration.horizon = 14
    configuration.model.hidden = 8
    configuration.model.head = 16
    configuration.refit = false
    let (report, model) = try train(configuration, set)
    #expect(model.networks.count == 2 && model.fitted.mixture?.transform == .linear)
    let mae = try #require(report.metrics["mae"])
    let naive = try #require(
      report.baselines.first { $0.name == "last_value" }?.metrics["mae"])
    #expect(mae < 0.3 * naive, "\(mae) beside \(naive)")
    let forecast = try model.predict().forecast
    // The forecast begins at day 136, a phase of 3.
    let deepest = (0..<14).map { forecast.value(series: 5, step: $0, quantile: 1) }.min() ?? 0
    #expect(deepest < -30)
    for step in 0..<14 {
      let isClosed = (136 + step) % 7 == 5
      #expect((forecast.value(series: 0, step: step, quantile: 1) == 0) == isClosed)
    }
    // The evaluation of the same rows is the report of the training.
    let again = try SalesTask.evaluate(model, on: table, SalesTask.EvaluationOptions())
    #expect(abs((again.metrics["mae"] ?? 0) - mae) < 1e-3)
    #expect(throws: TableError.self) { try SalesTask(set, SalesTask.recipe("residual")) }
  }

  /// A promotion that is known ahead doubles what is sold, whenever it comes.
  @Test func whatIsKnownAheadIsUsed() throws {
    var generator = PhiloxGenerator(RandomStream(seed: 4, stream: 1))
    var text = "date,item,sales,promo\n"
    for item in 0..<8 {
      for day in 0..<160 {
        let promo = generator.uniform() < 0.3
        let sold =
          Double(20 + 10 * item) * (promo ? 2 : 1) * (0.97 + 0.06 * Double(generator.uniform()))
        let date = CivilDate(dayNumber: CivilDate(year: 2020, month: 1, day: 1).dayNumber + day)
        text += "\(DateFormat.iso.string(Timestamp(date))),\(item),\(sold),\(promo ? 1 : 0)\n"
      }
    }
    let table = try Table(csv: text)
    let set = try SeriesSet(
      table, columns: SalesColumns.find(in: table, SalesData(covariates: ["promo"])))
    var configuration = SalesTask.standard
    configuration.horizon = 10
    configuration.model.hidden = 16
    configuration.model.members = 1
    configuration.refit = false
    let (report, model) = try train(configuration, set)
    let smape = try #require(report.metrics["smape"])
    #expect(smape < 12, "\(smape)")
    // The same table evaluated anew reads the promotions of the horizon from it.
    let again = try SalesTask.evaluate(model, on: table, SalesTask.EvaluationOptions())
    #expect(abs((again.metrics["smape"] ?? 0) - smape) < 1e-3)
  }

  @Test func settingsThatAMixtureCannotTakeAreRefused() throws {
    let set = try levels(series: 2)
    var stacked = SalesTask.standard
    stacked.model.stack = StackConfiguration([.lstm(4), .dense(units: 1, activation: .linear)])
    #expect(throws: SettingError.self) { try SalesTask(set, stacked) }
    var lopsided = SalesTask.standard
    lopsided.model.quantiles = [0.5, 0.9]
    #expect(throws: SettingError.self) { try SalesTask(set, lopsided) }
  }

  /// What is fitted at a cut must not change with what comes behind it.
  @Test func nothingBehindTheCutIsFitted() throws {
    let set = try levels()
    var other = set
    for series in 0..<set.seriesCount {
      for step in 120..<set.stepCount { other.values[series * set.stepCount + step] = 9999 }
    }
    let model = SalesTask.standard.model
    func fitted(_ set: SeriesSet) throws -> Data {
      let preprocessing = SalesPreprocessing(set, cut: 120, model: model, history: 28, horizon: 14)
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return try encoder.encode(preprocessing)
    }
    #expect(try fitted(set) == fitted(other))
  }

  /// Every window lies within its series and before the cut.
  @Test func windowsKeepToTheirRange() {
    let starts = [30...106, 60...106, 106...106]
    let sampler = SalesSampler(
      seed: 3, batchSize: 64, starts: starts, keyIndices: [[1, 2, 3]], unknownRate: 0.2)
    var seen: Set<Int32> = []
    var hidden = 0
    for step in 0..<50 {
      let windows = sampler.windows(step: step, microBatch: 0)
      #expect(windows.count == 64)
      for row in 0..<windows.count {
        let series = Int(windows.series[row])
        #expect(starts[series].contains(Int(windows.starts[row])))
        let key = windows.keys[0][row]
        #expect(key == 0 || key == Int32(series + 1))
        #expect([Int32(series), 3].contains(windows.history[row]))
        if key == 0 { hidden += 1 }
        seen.insert(windows.starts[row])
      }
      #expect(sampler.windows(step: step, microBatch: 0).starts == windows.starts)
      #expect(sampler.windows(step: step, microBatch: 1).starts != windows.starts)
    }
    #expect(seen.count > 70)
    #expect((0.15...0.25).contains(Double(hidden) / 3200))
  }

  /// A series that shares its store with known ones starts from their mean, not from that of all.
  @Test func newSeriesStartFromTheirPeers() throws {
    let text =
      "date,store,item,sales\n"
      + (0..<60).flatMap { day in
        ["a", "b"].flatMap { store in
          ["x", "y"].map { item in
            "\(DateFormat.iso.string(Timestamp(CivilDate(dayNumber: 18_262 + day)))),"
              + "\(store),\(item),\(store == "a" ? 10 : 1000)\n"
          }
        }
      }.joined()
    let table = try Table(csv: text)
    let set = try SeriesSet(table, columns: SalesColumns.find(in: table))
    let preprocessing = SalesPreprocessing(
      set, cut: 60, model: SalesTask.standard.model, history: 14, horizon: 7)
    let peer = preprocessing.coldStart.facts(of: ["b", "z"])
    #expect(abs(peer.offset - Float(Foundation.log1p(1000.0))) < 0.05)
    let stranger = preprocessing.coldStart.facts(of: ["c", "z"])
    #expect(abs(stranger.sharedOffset - preprocessing.offsetCentre) < 1e-5)
  }
}
