import SluicePlatform

/// How far probabilities can be taken at their word.
package enum ProbabilityMetrics {
  /// The mean of −log(probability of the true class). Probabilities are kept 1e-15 away from 0, so
  /// that one certain mistake does not make it infinite.
  ///
  /// - Parameters:
  ///   - probabilities: `[N, K]`, row-major.
  ///   - actual: `[N]`, in `0 ..< K`.
  /// - Returns: NaN without rows.
  /// - Complexity: O(N).
  package static func logLoss(probabilities: [Double], classCount: Int, actual: [Int]) -> Double {
    precondition(probabilities.count == actual.count * classCount, "[N, K]")
    let sum = actual.enumerated().reduce(0.0) { sum, row in
      sum - log(max(probabilities[row.offset * classCount + row.element], 1e-15))
    }
    return sum / Double(actual.count)
  }

  /// ``logLoss(probabilities:classCount:actual:)`` of two classes, from the probability of the
  /// positive one.
  package static func logLoss(probabilities: [Double], isPositive: [Bool]) -> Double {
    precondition(probabilities.count == isPositive.count, "a probability for each row")
    let sum = zip(probabilities, isPositive).reduce(0.0) { sum, row in
      sum - log(max(row.1 ? row.0 : 1 - row.0, 1e-15))
    }
    return sum / Double(isPositive.count)
  }

  /// The mean square of probability − truth (1 for positive rows, else 0).
  ///
  /// - Returns: NaN without rows.
  /// - SeeAlso: Brier 1950.
  package static func brierScore(probabilities: [Double], isPositive: [Bool]) -> Double {
    precondition(probabilities.count == isPositive.count, "a probability for each row")
    let sum = zip(probabilities, isPositive).reduce(0.0) { sum, row in
      let error = row.0 - (row.1 ? 1 : 0)
      return sum + error * error
    }
    return sum / Double(isPositive.count)
  }

  /// The expected calibration error: the distance between the mean probability and the share of
  /// outcomes that came true, over bins of equal width, weighted by their rows.
  ///
  /// For many classes give each row's highest probability, and whether that class was the true one.
  ///
  /// - Returns: NaN without rows.
  /// - SeeAlso: Guo et al., "On calibration of modern neural networks", 2017.
  package static func calibrationError(
    probabilities: [Double], outcomes: [Bool], bins: Int = 10
  ) -> Double {
    precondition(probabilities.count == outcomes.count && bins > 0, "an outcome for each row")
    var distances = [Double](repeating: 0, count: bins)
    for (probability, outcome) in zip(probabilities, outcomes) {
      let bin = max(0, min(bins - 1, Int(probability * Double(bins))))
      distances[bin] += probability - (outcome ? 1 : 0)
    }
    return distances.reduce(0) { $0 + abs($1) } / Double(outcomes.count)
  }
}
