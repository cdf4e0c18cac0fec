import SluicePlatform

/// Ratings of many values: means, points out of 100.
extension RatingScale {
  /// Bins at most, and the rows that each has at least, but for equal ratings.
  private static let mostBins = 14
  private static let fewestRows = 25

  /// Puts ratings into bins of about as many rows each; equal ones share a bin. A bound lies midway
  /// between two neighbours.
  ///
  /// - Parameter ratings: At least two that differ.
  /// - Complexity: O(n log n + n · bins).
  init(binning ratings: [Double]) {
    let sorted = ratings.sorted()
    let wanted = min(Self.mostBins, max(3, sorted.count / Self.fewestRows))
    // The places where a bin may begin: not amid equal ratings.
    let places = sorted.indices.dropFirst().filter { sorted[$0 - 1] < sorted[$0] }
    var starts = [0]
    for bin in 1..<wanted {
      let ideal = bin * sorted.count / wanted
      guard let start = places.min(by: { abs($0 - ideal) < abs($1 - ideal) }),
        start > starts[starts.count - 1]
      else { continue }
      starts.append(start)
    }
    var values: [Double] = []
    var bounds = [sorted[0]]
    for (bin, start) in starts.enumerated() {
      let end = bin + 1 < starts.count ? starts[bin + 1] : sorted.count
      values.append(sorted[start..<end].reduce(0, +) / Double(end - start))
      bounds.append(end < sorted.count ? (sorted[end - 1] + sorted[end]) / 2 : sorted[end - 1])
    }
    self.init(values: values, bounds: bounds)
  }

  /// The bin of a rating; one beyond the bounds lies in the outermost.
  static func bin(of rating: Double, _ bounds: [Double]) -> Int {
    bounds.dropFirst().dropLast().count { $0 <= rating }
  }

  /// The rating below which a share of the probability lies, spread evenly within each bin.
  ///
  /// - Parameter probabilities: `[K]`
  func quantile(_ share: Double, of probabilities: ArraySlice<Float>) -> Double {
    guard let bounds else { return .nan }
    var left = share
    for (bin, probability) in probabilities.enumerated() {
      let own = Double(probability)
      if left < own { return bounds[bin] + (bounds[bin + 1] - bounds[bin]) * left / own }
      left -= own
    }
    return bounds[count]
  }

  /// Whether the bins are such as ratings are put into, as those of a file may not be.
  var hasSoundBounds: Bool {
    guard let bounds else { return true }
    return bounds.count == count + 1 && bounds.allSatisfy(\.isFinite)
      && values.indices.allSatisfy { bounds[$0] <= values[$0] && values[$0] <= bounds[$0 + 1] }
  }

  /// Whether so many different numbers in so many rows are names: whole numbers of which hardly one
  /// comes twice.
  static func areNames(_ seen: Set<Double>, of rows: Int) -> Bool {
    seen.count * 20 > rows * 19 && seen.allSatisfy { $0 == $0.rounded() }
  }
}
