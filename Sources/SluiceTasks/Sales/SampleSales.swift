import SluiceCompute
import SluiceTables

/// Daily sales made up from a seed, in the columns `date,store,item,sales`.
///
/// Each store × item goes its own way, as in a shop: its trend turns once, and seven of ten have one
/// day from which on they sell more or less, for good. Items have a season of their own, between that
/// of ice cream and that of soup. Stores have a week of their own, between that of an office quarter
/// and that of a suburb, which shifts over the years. What a store sells at all wanders slowly;
/// towards Christmas all sell more. Counts scatter around that like Poisson numbers.
///
/// So no product of factors of series, month, weekday and year is the truth of it, and neither is last
/// year: what lies ahead must be read from each series' own past.
///
/// Only arithmetic that every machine rounds alike is used: the same seed gives the same text
/// everywhere.
package struct SampleSales: Hashable, Sendable {
  package var stores = 3
  package var items = 8
  /// The first day.
  package var start = CivilDate(year: 2021, month: 1, day: 1)
  /// The number of days: three years.
  package var days = 1095
  package var seed: UInt64

  package init(seed: UInt64) {
    self.seed = seed
  }

  /// From Monday on.
  private static let officeWeek = [1.05, 1.08, 1.10, 1.12, 1.18, 0.87, 0.60]
  private static let suburbanWeek = [0.80, 0.84, 0.88, 0.95, 1.12, 1.28, 1.13]
  /// At the first of each month; between them lie straight lines.
  private static let summerYear = [
    0.62, 0.68, 0.82, 0.98, 1.16, 1.34, 1.42, 1.36, 1.12, 0.94, 0.80, 0.76,
  ]
  private static let winterYear = [
    1.22, 1.16, 1.06, 0.96, 0.88, 0.80, 0.76, 0.80, 0.92, 1.06, 1.16, 1.22,
  ]

  /// One store: its size and its week.
  private struct Store {
    var level: Double
    /// How much of its week is that of offices, on the first day and on the last.
    var office: (first: Double, last: Double)
    /// `[days]`: around 1.
    var wander: [Double]
  }

  /// One item: its size and its season.
  private struct Item {
    var level: Double
    /// How much of its year is that of a summer's item.
    var summer: Double
  }

  /// What a store × item alone does.
  private struct Course {
    /// The growth in a year before the turn and after it.
    var growth: (before: Double, after: Double)
    var turn: Int
    /// What the level is multiplied by from a day on.
    var shift: (day: Int, factor: Double)
  }

  /// The text of the CSV file.
  ///
  /// - Complexity: O(stores · items · days).
  package func csv() -> String {
    var text = "date,store,item,sales\n"
    // "SALE" in ASCII tells this stream from those of a model under the same seed.
    var random = PhiloxGenerator(RandomStream(seed: seed, stream: 0x5341_4C45))
    func between(_ low: Double, _ high: Double) -> Double {
      low + (high - low) * Double(random.uniform())
    }
    // The sum of twelve uniform numbers is nearly normal, with variance 1.
    func normal() -> Double {
      (0..<12).reduce(-6.0) { sum, _ in sum + Double(random.uniform()) }
    }
    let shops = (0..<stores).map { _ in
      var level = 0.0
      return Store(
        level: between(0.7, 1.4), office: (between(0, 1), between(0, 1)),
        wander: (0..<days).map { _ in
          level = 0.99 * level + 0.007 * normal()
          return 1 + level
        })
    }
    let goods = (0..<items).map { _ in Item(level: between(25, 90), summer: between(0, 1)) }
    let dates = (0..<days).map { CivilDate(dayNumber: start.dayNumber + $0) }
    let names = dates.map { DateFormat.iso.string(Timestamp($0)) }
    for (itemIndex, item) in goods.enumerated() {
      for (storeIndex, store) in shops.enumerated() {
        let course = Course(
          growth: (between(-0.3, 0.3), between(-0.3, 0.3)), turn: day(between(0.25, 0.75)),
          shift: (day(between(0.2, 0.85)), between(0, 1) < 0.7 ? between(0.6, 1.5) : 1))
        var level = item.level * store.level
        for day in 0..<days {
          level *= 1 + (day < course.turn ? course.growth.before : course.growth.after) / 365
          let mean =
            level * (day < course.shift.day ? 1 : course.shift.factor) * store.wander[day]
            * Self.year(dates[day], of: item) * week(day, dates[day], of: store)
            * Self.christmas(dates[day])
          let sold = max(0, (mean + mean.squareRoot() * normal()).rounded())
          text += "\(names[day]),\(storeIndex + 1),\(itemIndex + 1),\(Int(sold))\n"
        }
      }
    }
    return text
  }

  /// The day after a share of all.
  private func day(_ share: Double) -> Int { Int(share * Double(days)) }

  private static func year(_ date: CivilDate, of item: Item) -> Double {
    let passed = Double(date.day - 1) / 30
    func factor(_ months: [Double]) -> Double {
      months[date.month - 1] * (1 - passed) + months[date.month % 12] * passed
    }
    return item.summer * factor(summerYear) + (1 - item.summer) * factor(winterYear)
  }

  private func week(_ day: Int, _ date: CivilDate, of store: Store) -> Double {
    let (first, last) = store.office
    let office = first + (last - first) * Double(day) / Double(days)
    return office * Self.officeWeek[date.weekday] + (1 - office) * Self.suburbanWeek[date.weekday]
  }

  /// From 8 to 24 December 2 % more each day.
  private static func christmas(_ date: CivilDate) -> Double {
    date.month == 12 && (8...24).contains(date.day) ? 1 + 0.02 * Double(date.day - 7) : 1
  }
}
