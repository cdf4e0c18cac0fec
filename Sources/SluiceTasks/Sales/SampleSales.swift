import SluiceCompute
import SluiceTables

/// Daily sales made up from a seed, in the columns `date,store,item,sales`.
///
/// Each store × item sells around a level of its own, times factors for weekday, month and year
/// and a level of its store that wanders slowly; counts scatter around that like Poisson numbers.
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

  private static let weekdays: [Double] = [0.82, 0.92, 0.93, 0.99, 1.06, 1.11, 1.17]
  private static let months: [Double] = [
    0.70, 0.75, 0.92, 1.08, 1.16, 1.22, 1.32, 1.15, 1.04, 1.00, 1.04, 0.78,
  ]
  private static let yearlyGrowth = 0.07

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
    let storeLevels = (0..<stores).map { _ in between(0.7, 1.4) }
    let itemLevels = (0..<items).map { _ in between(15, 60) }
    // The sum of twelve uniform numbers is nearly normal, with variance 1.
    func normal() -> Double {
      (0..<12).reduce(-6.0) { sum, _ in sum + Double(random.uniform()) }
    }
    var wander: [[Double]] = []
    for _ in 0..<stores {
      var level = 0.0
      wander.append(
        (0..<days).map { _ in
          level = 0.99 * level + 0.007 * normal()
          return 1 + level
        })
    }
    let dates = (0..<days).map { CivilDate(dayNumber: start.dayNumber + $0) }
    let names = dates.map { DateFormat.iso.string(Timestamp($0)) }
    let calendar = dates.map { date in
      Self.weekdays[date.weekday] * Self.months[date.month - 1]
        * (1 + Self.yearlyGrowth * Double(date.year - start.year))
    }
    for item in 0..<items {
      for store in 0..<stores {
        for day in 0..<days {
          let level = itemLevels[item] * storeLevels[store] * wander[store][day]
          let mean = max(0, level * calendar[day])
          let sold = max(0, (mean + mean.squareRoot() * normal()).rounded())
          text += "\(names[day]),\(store + 1),\(item + 1),\(Int(sold))\n"
        }
      }
    }
    return text
  }
}
