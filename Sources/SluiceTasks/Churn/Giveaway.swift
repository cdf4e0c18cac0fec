/// A column that tells the target almost perfectly by itself: most likely it was written down after
/// the customer had left, and will not be known for those who have not.
struct Giveaway: CustomStringConvertible {
  var column: String
  /// The area under the ROC curve that the column reaches alone.
  var area: Double

  var description: String {
    "column \"\(column)\" alone tells who is gone (AUC \(DecimalText.of(area, places: 3))). If it is "
      + "written only once a customer has left, leave it out with --ignore \"\(column)\""
  }

  /// - Parameters:
  ///   - customers: Those whose end is known.
  ///   - isGone: `[customers]`
  /// - Complexity: O(inputs · rows · log rows).
  static func find(in table: CustomerTable, of customers: [Int], isGone: [Bool]) -> [Giveaway] {
    let rows = customers.map { Int(table.rows[$0].last ?? 0) }
    return table.columns.inputs.compactMap { input in
      guard let column = table.table.columnIfPresent(input.name) else { return nil }
      let categories = column.categories()
      let codes = rows.map { Int(categories.codes[$0]) }
      let scores: [Double]
      if input.kind == .number {
        let numbers = categories.levels.map { NumberText.value(of: $0, point: column.decimalPoint) }
        scores = codes.map { numbers[$0] ?? -.infinity }
      } else {
        // The share of each value that is gone, with one customer of each kind more, so that rare
        // values prove little.
        var all = [Double](repeating: 2, count: categories.levels.count)
        var gone = [Double](repeating: 1, count: categories.levels.count)
        for (code, own) in zip(codes, isGone) {
          all[code] += 1
          gone[code] += own ? 1 : 0
        }
        scores = codes.map { gone[$0] / all[$0] }
      }
      let area = RankingMetrics.areaUnderROC(scores: scores, isPositive: isGone)
      let best = max(area, 1 - area)
      return best > 0.99 ? Giveaway(column: input.name, area: best) : nil
    }
  }
}
