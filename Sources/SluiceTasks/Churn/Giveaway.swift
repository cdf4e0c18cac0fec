import SluicePlatform
import SluiceTables

/// A column that tells the target almost perfectly by itself: most likely it was written down after
/// the customer had left, and will not be known for those who have not.
struct Giveaway: CustomStringConvertible {
  var column: String
  /// The area under the ROC curve that the column reaches alone.
  var area: Double

  var description: String {
    "column \"\(column)\" alone tells who is gone (AUC \(DecimalText.of(area, places: 3))). If it is "
      + "written only once a customer has left, leave it out: `data.ignore: \(column)`"
  }

  /// - Parameters:
  ///   - customers: Those whose end is known.
  ///   - isGone: `[customers]`
  /// - Complexity: O(inputs · rows · log rows).
  static func find(in table: CustomerTable, of customers: [Int], isGone: [Bool]) -> [Giveaway] {
    let rows = customers.map { Int(table.rows[$0].last ?? 0) }
    let halves = halves(of: rows, in: table.table, isGone: isGone)
    return table.columns.inputs.compactMap { input in
      guard let column = table.table.columnIfPresent(input.name) else { return nil }
      let scores: [Double]
      if input.kind.isContinuous {
        let values = ColumnEncoder(input, fittedTo: column, rows: rows, bins: 1, rarest: 1)
          .values(column)
        scores = rows.map { values[$0].isNaN ? -.infinity : values[$0] }
      } else {
        let codes = column.categories().codes
        scores = shares(rows.map { Int(codes[$0]) }, halves: halves, isGone: isGone)
      }
      let area = RankingMetrics.areaUnderROC(scores: scores, isPositive: isGone)
      let best = max(area, 1 - area)
      return best > 0.99 ? Giveaway(column: input.name, area: best) : nil
    }
  }

  /// The share of each customer's value that is gone, counted in the half of the customers that it is
  /// not in: a value would otherwise prove itself, however rare. With one customer of each kind more,
  /// so that rare values prove little.
  private static func shares(_ codes: [Int], halves: [Int], isGone: [Bool]) -> [Double] {
    let count = (codes.max() ?? 0) + 1
    var all = [Double](repeating: 2, count: 2 * count)
    var gone = [Double](repeating: 1, count: 2 * count)
    for (index, code) in codes.enumerated() {
      let place = halves[index] * count + code
      all[place] += 1
      gone[place] += isGone[index] ? 1 : 0
    }
    return codes.indices.map { index in
      let place = (1 - halves[index]) * count + codes[index]
      return gone[place] / all[place]
    }
  }

  /// `[rows]`: the half of each row, by what is written in it: whatever the order of the rows, and
  /// whatever repeats itself in it. The halves have as many of each kind, or their shares could not be
  /// compared.
  private static func halves(of rows: [Int], in table: Table, isGone: [Bool]) -> [Int] {
    let keys = rows.map { row in
      let hash = Checksum.hash(Array(table.bytes[table.rowRange(row)]))
      return (hash ^ hash >> 32) &* 0x9E37_79B9_7F4A_7C15
    }
    var halves = [Int](repeating: 0, count: rows.count)
    for kind in [false, true] {
      let own = rows.indices.filter { isGone[$0] == kind }.sorted { keys[$0] < keys[$1] }
      for (place, index) in own.enumerated() { halves[index] = place % 2 }
    }
    return halves
  }
}
