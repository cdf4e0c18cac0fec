import SluicePlatform
import SluiceTables

/// How much wider or narrower the interval of a forecast is made than networks say, by windows that they
/// have not learned from: what the distances of quantiles from the median are multiplied by. The networks
/// say how these distances differ from series to series and from step to step; so the factors are the
/// same for all series.
struct IntervalCalibration: Codable, Hashable, Sendable {
  /// By equal parts of the horizon, for the quantiles below the median and for those above it.
  var lower: [Float] = [1]
  var upper: [Float] = [1]
  /// The windows of all series that lie side by side in what was held out; nil: the model is of a version
  /// that did not say.
  var windows: Double?

  /// How far truths lie from the median, in units of how far the outer quantiles do: of each step
  /// ahead, over held-out windows.
  struct Distances {
    /// `[horizon]`
    fileprivate var below: [[Float]]
    fileprivate var above: [[Float]]

    init(horizon: Int) {
      below = [[Float]](repeating: [], count: horizon)
      above = below
    }

    mutating func add(step: Int, truth: Float, low: Float, median: Float, high: Float) {
      below[step].append((median - truth) / max(1e-6, median - low))
      above[step].append((truth - median) / max(1e-6, high - median))
    }
  }

  /// Parts of the horizon, where windows are few.
  private static let fewestParts = 3
  /// Windows for each part, where they are many.
  private static let windowsPerPart = 20.0
  /// Distances that a quantile can be guessed from, where windows are too few to know it.
  private static let fewestGuessed = 11

  init() {}

  /// Takes from held-out windows how far the ends of the interval must be from the median, so that the
  /// next truth lies beyond them no more often than it should. Where the windows are too few for
  /// that, the networks are believed, but for a share.
  ///
  /// - Parameters:
  ///   - levels: The outer quantiles.
  ///   - windows: Those that lie side by side.
  ///   - trust: How far, of 0 ... 1, the windows suffice to make intervals narrower.
  /// - SeeAlso: Papadopoulos et al., "Inductive confidence machines for regression", 2002.
  init(
    _ distances: Distances, levels: (low: Double, high: Double), windows: Double, trust: Float
  ) {
    self.windows = windows
    guard levels.low < levels.high else { return }
    let horizon = distances.below.count
    let parts = min(
      horizon, max(Self.fewestParts, Int(windows / Self.windowsPerPart)))
    let certainty = Float(windows / (windows + 5))
    func factors(_ distances: [[Float]], _ level: Double) -> [Float] {
      var found = [[Float]](repeating: [], count: parts)
      for (step, own) in distances.enumerated() { found[step * parts / horizon] += own }
      return found.map { own in
        if let known = ConformalQuantile.of(own, level: level, windows: windows) {
          return known > 1 ? min(1e5, known) : Self.shrunk(known, by: certainty * trust)
        }
        guard own.count >= Self.fewestGuessed else { return 1 }
        let guess = own.sorted()[Int((level * Double(own.count - 1)).rounded())]
        return Self.shrunk(guess, by: certainty * (guess > 1 ? 1 : trust))
      }
    }
    lower = factors(distances.below, 1 - levels.low)
    upper = factors(distances.above, levels.high)
  }

  /// A factor brought nearer to 1.
  private static func shrunk(_ factor: Float, by exponent: Float) -> Float {
    Float(power(Double(min(1e5, max(0.2, factor))), Double(exponent)))
  }

  /// What the distance of a quantile from the median is multiplied by.
  func factor(isBelow: Bool, step: Int, of horizon: Int) -> Float {
    let factors = isBelow ? lower : upper
    return factors[min(factors.count - 1, step * factors.count / horizon)]
  }

  /// Moves the quantiles of one step; the median stays.
  ///
  /// - Parameters:
  ///   - quantiles: Those from `start` on, as many as `count`, ascending.
  ///   - median: The place of the median among them.
  func widen(
    _ quantiles: inout [Float], from start: Int, count: Int, median: Int, step: Int, of horizon: Int
  ) {
    let centre = quantiles[start + median]
    for q in 0..<count where q != median {
      let factor = factor(isBelow: q < median, step: step, of: horizon)
      quantiles[start + q] = centre + (quantiles[start + q] - centre) * factor
    }
  }

  /// `[horizon, Q]`: the factor of each quantile.
  func factors(horizon: Int, count: Int, median: Int) -> [Float] {
    (0..<horizon).flatMap { step in
      (0..<count).map { $0 == median ? 1 : factor(isBelow: $0 < median, step: step, of: horizon) }
    }
  }

  /// Whether the windows were enough for the interval to hold what it should.
  func isCertain(_ levels: [Double]) -> Bool {
    guard let windows, let fewest = Self.fewestWindows(levels) else { return false }
    return windows >= fewest
  }

  /// The windows that it takes to calibrate by; nil where there is no interval.
  static func fewestWindows(_ levels: [Double]) -> Double? {
    guard let low = levels.first, let high = levels.last, low < high else { return nil }
    return ConformalQuantile.fewest(level: max(1 - low, high))
  }

  /// Whether the numbers are those of a calibration, as those of a file may not be.
  var isSound: Bool {
    lower.count == upper.count && (1...10_000).contains(lower.count)
      && (lower + upper).allSatisfy { $0 > 0 && $0 < 1e6 }
      && (windows.map { (0...1e12).contains($0) } ?? true)
  }
}
