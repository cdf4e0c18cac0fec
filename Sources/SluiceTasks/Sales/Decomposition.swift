import Foundation
import SluiceTables

/// What is regular in the logarithm of sales: log(1 + sales) = series mean + calendar terms + year
/// + rest.
///
/// The calendar terms are shared by all series and fitted by backfitting: each in turn is set to
/// the mean of what the others leave, until they settle. The year stands in the fit so that growth
/// does not leak into the months; it is no part of ``base(_:)``, since nobody knows the next one.
///
/// - SeeAlso: Hastie & Tibshirani 1986 (backfitting).
package struct Decomposition: Sendable, Codable, Equatable {
  /// The values of one calendar term: for each level how far it lies from the mean.
  package struct Term: Sendable, Codable, Equatable {
    package var term: SeasonalTerm
    package var values: [Double]
  }

  /// The grid whose steps it was fitted on.
  package var grid: TimeGrid
  package var terms: [Term]
  /// The calendar years of the training range and the effect of each, growth included.
  package var years: [Int: Double]
  /// `[S]`: the mean log(1 + sales) of each series.
  package var seriesMeans: [Double]
  /// The mean over all series: stands in for a series that was never seen.
  package var meanOfSeries: Double

  /// How often each term is set anew.
  static let sweeps = 30

  /// Fits on the first `cut` steps.
  ///
  /// Steps before a series begins are left out of all means. Series that begin after the cut get
  /// the mean over series.
  ///
  /// - Complexity: O(S · cut + sweeps · cut).
  package init(_ set: SeriesSet, upTo cut: Int) {
    let cut = max(1, min(cut, set.stepCount))
    grid = set.grid
    let kinds = SeasonalTerm.terms(of: grid, count: cut)
    let present = (0..<set.seriesCount).filter { set.firstStep[$0] < cut }
    let isComplete = present.allSatisfy { set.firstStep[$0] == 0 }

    let grid = set.grid
    let levels = kinds.map { kind in (0..<cut).map { kind.level(of: $0, on: grid) } }
    let yearOf = (0..<cut).map { grid.year(of: $0) }
    var values = kinds.map { [Double](repeating: 0, count: $0.levelCount(on: grid)) }
    var years: [Int: Double] = [:]
    var means = [Double](repeating: 0, count: set.seriesCount)
    var base = [Double](repeating: 0, count: cut)
    // A series that begins late has seen another part of the calendar: its mean is freed of the
    // terms, which then are fitted again.
    for _ in 0..<(isComplete ? 1 : 3) {
      let meanBase = base.reduce(0, +) / Double(cut)
      for s in present {
        var sum = 0.0
        for t in set.firstStep[s]..<cut { sum += log1p(Double(set[s, t])) - base[t] }
        means[s] = sum / Double(cut - set.firstStep[s]) + meanBase
      }
      let shape = Self.meanOverSeries(set, present, means, cut)
      (values, years) = Self.backfit(shape, levels, values.map(\.count), yearOf)
      for t in 0..<cut {
        base[t] = 0
        for (k, level) in levels.enumerated() { base[t] += values[k][level[t]] }
      }
    }
    let mean =
      present.isEmpty
      ? 0 : present.reduce(0.0) { $0 + means[$1] } / Double(present.count)
    let known = Set(present)
    seriesMeans = means.indices.map { known.contains($0) ? means[$0] : mean }
    meanOfSeries = mean
    terms = zip(kinds, values).map { Term(term: $0, values: $1) }
    self.years = years
  }

  /// `[cut]`: the mean over the series that have begun of what their own means leave.
  private static func meanOverSeries(
    _ set: SeriesSet, _ present: [Int], _ means: [Double], _ cut: Int
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: cut)
    var counts = [Double](repeating: 0, count: cut)
    for s in present {
      for t in set.firstStep[s]..<cut {
        sums[t] += log1p(Double(set[s, t])) - means[s]
        counts[t] += 1
      }
    }
    return zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
  }

  private static func backfit(
    _ shape: [Double], _ levels: [[Int]], _ counts: [Int], _ yearOf: [Int]
  ) -> (values: [[Double]], years: [Int: Double]) {
    let cut = shape.count
    let firstYear = yearOf.min() ?? 0
    let yearCount = (yearOf.max() ?? 0) - firstYear + 1
    // The years are the last term; unlike the others they are not centred.
    let all = levels + [yearOf.map { $0 - firstYear }]
    var values = (counts + [yearCount]).map { [Double](repeating: 0, count: $0) }
    let mean = shape.reduce(0, +) / Double(cut)
    for _ in 0..<sweeps {
      for k in 0..<all.count {
        var sums = [Double](repeating: 0, count: values[k].count)
        var seen = sums
        for t in 0..<cut {
          var rest = shape[t] - mean
          for j in 0..<all.count where j != k { rest -= values[j][all[j][t]] }
          sums[all[k][t]] += rest
          seen[all[k][t]] += 1
        }
        // Levels that were never seen stay 0.
        var centre = 0.0
        var known = 0.0
        for l in 0..<sums.count where seen[l] > 0 {
          sums[l] /= seen[l]
          centre += sums[l]
          known += 1
        }
        if k < levels.count {
          for l in 0..<sums.count where seen[l] > 0 { sums[l] -= centre / known }
        }
        values[k] = sums
      }
    }
    var years: [Int: Double] = [:]
    for (index, value) in values[levels.count].enumerated() { years[firstYear + index] = value }
    return (Array(values.dropLast()), years)
  }

  /// The sum of the calendar terms at a step, which may lie in the future.
  package func base(_ step: Int) -> Double {
    terms.reduce(0) { $0 + $1.values[$1.term.level(of: step, on: grid)] }
  }

  /// `[steps]`: the calendar terms of a range of steps.
  package func base(_ steps: Range<Int>) -> [Float] {
    steps.map { Float(base($0)) }
  }

  /// `[S, D]`: what series means and calendar leave of log(1 + sales): level, trend and noise.
  /// 0 before a series begins.
  package func residuals(of set: SeriesSet) -> [Float] {
    let base = (0..<set.stepCount).map { self.base($0) }
    var result = [Float](repeating: 0, count: set.values.count)
    for s in 0..<set.seriesCount {
      for t in set.firstStep[s]..<set.stepCount {
        let rest = log1p(Double(set[s, t])) - seriesMeans[s] - base[t]
        result[s * set.stepCount + t] = Float(rest)
      }
    }
    return result
  }
}
