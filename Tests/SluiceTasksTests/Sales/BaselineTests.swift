import Foundation
import Testing

@testable import SluiceTasks
import SluiceTables

@Suite struct BaselineTests {
  @Test func sameWeekdayLastYear() {
    let set = Planted.set(steps: 800, series: 2, firstStep: [0, 600]) {
      Double($0 * 10_000 + $1.dayNumber)
    }
    let naive = SeasonalNaive(set, upTo: 700)
    #expect(naive.name == "same weekday last year")
    let forecast = naive.forecast(horizon: 400)
    #expect(forecast.count == 800)
    for ahead in 0..<364 { #expect(forecast[ahead] == set[0, 700 + ahead - 364]) }
    // Beyond a year the last one repeats.
    #expect(forecast[364] == set[0, 700 - 364])
    // A series of a hundred days falls back to the last week.
    #expect(forecast[400] == set[1, 693])
    #expect(forecast[400 + 7] == set[1, 693])
    let short = SeasonalNaive(
      Planted.set(steps: 100) { Double($0) + $1.date.day.asDouble }, upTo: 90)
    #expect(short.name == "same weekday last week")
    let tiny = Planted.set(steps: 9) { _, t in t.date.day.asDouble }
    #expect(SeasonalNaive(tiny, upTo: 5).name == "last value")
    #expect(SeasonalNaive(tiny, upTo: 5).forecast(horizon: 2) == [5, 5, 5, 5, 5, 5])
  }

  @Test func otherStepsHaveOtherYears() {
    func name(_ step: TimeStep, _ steps: Int) -> String {
      SeasonalNaive(Planted.set(step, steps: steps) { _, _ in 1 }, upTo: steps).name
    }
    #expect(name(.seconds(604_800), 60) == "same week last year")
    #expect(name(.seconds(604_800), 20) == "last value")
    #expect(name(.months(1), 30) == "same month last year")
    #expect(name(.months(3), 30) == "same month last year")
    #expect(name(.months(5), 30) == "10 months before")
    #expect(name(.months(12), 30) == "last value")
    #expect(name(.seconds(3 * 86_400), 300) == "363 days before")
    #expect(name(.seconds(3600), 24 * 400) == "same weekday last year")
    #expect(name(.seconds(3600), 24 * 30) == "same weekday last week")
  }

  static let growth = [2013: 1.0, 2014: 1.1, 2015: 1.2, 2016: 1.3, 2017: 1.4, 2018: 1.5]

  static func sold(_ series: Int, _ t: Timestamp) -> Double {
    let date = t.date
    let shape = (1 + Planted.weekdays[date.weekday]) * (1 + Planted.months[date.month - 1])
    return Double(10 * (series + 1)) * shape * (growth[date.year] ?? 0)
  }

  @Test func plantedFactorsAreFoundAndGrowthGoesOn() {
    let set = Planted.set(steps: 6 * 365, value: Self.sold)
    // The cut lies at the end of 2016: the next year was never seen.
    let model = FactorModel(set, upTo: Planted.days)
    for (series, step) in [(0, 10), (1, 1400), (2, Planted.days + 5), (0, Planted.days + 500)] {
      let expected = Self.sold(series, set.grid.timestamp(at: step))
      let found = Double(model.forecast(series: series, step: step))
      #expect(abs(found - expected) < 1e-3 * expected)
    }
    #expect(abs(model.yearFactor(2018) / model.yearFactor(2013) - 1.5) < 1e-4)
  }

  @Test func aSeriesThatBeginsLateGetsItsOwnScale() {
    let set = Planted.set(steps: Planted.days, firstStep: [0, 0, 1300], value: Self.sold)
    let model = FactorModel(set, upTo: Planted.days)
    let step = Planted.days + 40
    let expected = Self.sold(2, set.grid.timestamp(at: step))
    #expect(abs(Double(model.forecast(series: 2, step: step)) - expected) < 0.01 * expected)
  }

  @Test func seriesOfZerosAreForecastAsZero() {
    let set = Planted.set(steps: 500) { s, t in s == 1 ? 0 : Self.sold(s, t) }
    #expect(FactorModel(set, upTo: 450).forecast(series: 1, step: 450) == 0)
    let nothing = Planted.set(steps: 500) { _, _ in 0 }
    #expect(FactorModel(nothing, upTo: 450).forecast(series: 0, step: 499) == 0)
  }

  @Test func metricsByHand() {
    let metrics = ForecastMetrics(actual: [0, 10, 4], forecast: [0, 30, 2] as [Float])
    // |10 − 30| / 20 = 1; |4 − 2| / 3 = 2/3; 0/0 counts as 0.
    #expect(abs(metrics.smape - 100 * (1 + 2.0 / 3) / 3) < 1e-12)
    #expect(abs(metrics.mae - 22.0 / 3) < 1e-12)
    #expect(abs(metrics.rmse - (404.0 / 3).squareRoot()) < 1e-12)
    #expect(ForecastMetrics(actual: [1], forecast: [0] as [Float]).smape == 200)
    #expect(ForecastMetrics(actual: [Float](), forecast: [Float]()).smape == 0)
    let coverage = ForecastMetrics.coverage(
      actual: [1, 2, 3, 4], lower: [1, 0, 4, 0], upper: [2, 1, 5, 4])
    #expect(coverage == 0.5)
  }

  /// Series go their own way: what they did of late says more than factors that all share, or than last
  /// year.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func theSampleIsNoProductOfFactors(_ seed: UInt64) throws {
    let table = try Table(csv: SampleSales(seed: seed).csv())
    let set = try SeriesSet(table, columns: SalesColumns.find(in: table))
    let cut = set.stepCount - 90
    let actual = (0..<24).flatMap { s in (cut..<set.stepCount).map { set[s, $0] } }
    let errors = Dictionary(
      uniqueKeysWithValues: SalesBaselines(set, upTo: cut, horizon: 90).all.map {
        ($0.name, ForecastMetrics(actual: actual, forecast: $0.values).smape)
      })
    let week = try #require(errors["naive_week"])
    let others = [try #require(errors["naive_year"]), try #require(errors["factor_model"])]
    #expect(week < 0.9 * (others.min() ?? 0), "\(errors)")
    // Nor is it so wild that nothing can be learned.
    #expect(week < 25, "\(errors)")
  }

  @Test func theSampleIsTheSameForTheSameSeed() throws {
    var sample = SampleSales(seed: 7)
    let text = sample.csv()
    #expect(text == SampleSales(seed: 7).csv())
    #expect(text != SampleSales(seed: 8).csv())
    #expect(text.hasPrefix("date,store,item,sales\n2021-01-01,1,1,"))
    let table = try Table(csv: text)
    let set = try SeriesSet(table, columns: SalesColumns.find(in: table))
    #expect(set.seriesCount == 24)
    #expect(set.stepCount == 1095)
    sample.days = 10
    sample.stores = 1
    sample.items = 2
    #expect(sample.csv().split(separator: "\n").count == 21)
  }
}

extension Int {
  fileprivate var asDouble: Double { Double(self) }
}
