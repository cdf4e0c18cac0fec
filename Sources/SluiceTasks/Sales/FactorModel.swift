import SluiceTables

/// Sales as a product: series × calendar terms × year.
///
/// For daily data the calendar terms are month and weekday. Every factor is the quotient of what
/// was sold on its level and what the other factors expect there, in turn until they settle; for
/// counts whose variance grows with their mean that is the fit of highest likelihood. Growth goes
/// on beyond the last year seen by the mean yearly increase of the year factor.
///
/// - SeeAlso: Bailey & Simon 1960 (fitting by marginal totals).
package struct FactorModel: Sendable {
  /// The grid whose steps it was fitted on.
  package let grid: TimeGrid
  /// The calendar terms and the factor of each of their levels.
  package private(set) var terms: [Decomposition.Term] = []
  /// The calendar years seen and their factors.
  package private(set) var years: [Int: Double] = [:]
  /// `[S]`: what each series sells at factors of 1.
  package private(set) var scales: [Double]

  /// How often each factor is set anew.
  static let sweeps = 30

  /// Fits on the first `cut` steps; steps before a series begins are left out.
  ///
  /// - Complexity: O(S · cut + sweeps · cut).
  package init(_ set: SeriesSet, upTo cut: Int) {
    let cut = max(1, min(cut, set.stepCount))
    let grid = set.grid
    self.grid = grid
    let kinds = SeasonalTerm.terms(of: grid, count: cut)
    let yearOf = (0..<cut).map { grid.year(of: $0) }
    let firstYear = yearOf.min() ?? 0
    let yearCount = (yearOf.max() ?? 0) - firstYear + 1
    let levels =
      kinds.map { kind in (0..<cut).map { kind.level(of: $0, on: grid) } }
      + [yearOf.map { $0 - firstYear }]
    var factors =
      kinds.map { [Double](repeating: 1, count: $0.levelCount(on: grid)) }
      + [[Double](repeating: 1, count: yearCount)]
    let present = (0..<set.seriesCount).filter { set.firstStep[$0] < cut }
    let isComplete = present.allSatisfy { set.firstStep[$0] == 0 }

    // What all series sold at each step.
    var totals = [Double](repeating: 0, count: cut)
    for s in present {
      for t in set.firstStep[s]..<cut { totals[t] += Double(set[s, t]) }
    }
    scales = [Double](repeating: 0, count: set.seriesCount)
    var product = [Double](repeating: 1, count: cut)
    Self.fitScales(&scales, set, present, product)
    for _ in 0..<(isComplete ? 1 : 3) {
      // What the series that have begun would sell at factors of 1.
      var level = [Double](repeating: 0, count: cut)
      for s in present {
        for t in set.firstStep[s]..<cut { level[t] += scales[s] }
      }
      Self.backfit(&factors, levels, totals, level)
      for t in 0..<cut {
        product[t] = 1
        for k in 0..<levels.count { product[t] *= factors[k][levels[k][t]] }
      }
      Self.fitScales(&scales, set, present, product)
    }
    terms = zip(kinds, factors).map { Decomposition.Term(term: $0, values: $1) }
    for (index, factor) in factors[kinds.count].enumerated() { years[firstYear + index] = factor }
  }

  private static func fitScales(
    _ scales: inout [Double], _ set: SeriesSet, _ present: [Int], _ product: [Double]
  ) {
    for s in present {
      var sold = 0.0
      var expected = 0.0
      for t in set.firstStep[s]..<product.count {
        sold += Double(set[s, t])
        expected += product[t]
      }
      scales[s] = expected > 0 ? sold / expected : 0
    }
  }

  private static func backfit(
    _ factors: inout [[Double]], _ levels: [[Int]], _ totals: [Double], _ level: [Double]
  ) {
    for _ in 0..<sweeps {
      for k in 0..<levels.count {
        var sold = [Double](repeating: 0, count: factors[k].count)
        var expected = sold
        for t in 0..<totals.count {
          var others = level[t]
          for j in 0..<levels.count where j != k { others *= factors[j][levels[j][t]] }
          sold[levels[k][t]] += totals[t]
          expected[levels[k][t]] += others
        }
        // Levels that were never seen keep 1; the mean over the others is 1, save for the years.
        let seen = expected.indices.filter { expected[$0] > 0 }
        for l in seen { factors[k][l] = sold[l] / expected[l] }
        guard k + 1 < levels.count, !seen.isEmpty else { continue }
        let mean = seen.reduce(0) { $0 + factors[k][$1] } / Double(seen.count)
        if mean > 0 { for l in seen { factors[k][l] /= mean } }
      }
    }
  }

  /// The factor of a year: beyond the last one seen it grows by the mean yearly increase.
  package func yearFactor(_ year: Int) -> Double {
    if let known = years[year] { return known }
    let seen = years.keys.sorted()
    guard let first = seen.first, let last = seen.last, let start = years[first],
      let end = years[last]
    else { return 1 }
    if year < first { return start }
    guard last > first else { return end }
    return max(0, end + (end - start) / Double(last - first) * Double(year - last))
  }

  /// The forecast for a series at a step, which may lie in the future.
  package func forecast(series: Int, step: Int) -> Float {
    Float(scales[series] * factor(step))
  }

  private func factor(_ step: Int) -> Double {
    terms.reduce(yearFactor(grid.year(of: step))) {
      $0 * $1.values[$1.term.level(of: step, on: grid)]
    }
  }
}
