import SluicePlatform

/// Makes probabilities honest: divides logits by one number, fitted on rows that the model has not
/// learnt from. The order of the rows does not change.
///
/// - SeeAlso: Guo et al., "On calibration of modern neural networks", 2017.
package struct TemperatureScaling: Hashable, Sendable, Codable {
  /// Above 1: the model was too sure of itself.
  package var temperature: Double

  package init(temperature: Double = 1) {
    self.temperature = temperature
  }

  /// Fits the temperature of the least log loss.
  ///
  /// - Parameters:
  ///   - logits: `[N, K]`, row-major; logarithms of probabilities do as well.
  ///   - labels: `[N]`, in `0 ..< K`.
  /// - Returns: A temperature between 0.05 and 20; 1 without rows.
  /// - Complexity: 60 passes over the logits.
  package init(fittedTo logits: [Double], classCount: Int, labels: [Int]) {
    precondition(logits.count == labels.count * classCount && classCount > 1, "[N, K]")
    guard !labels.isEmpty else {
      self.init()
      return
    }
    // The loss is convex in the inverse temperature β: its slope
    // Σ over rows (Σ over classes p · z − z of the true class) changes sign once.
    func slope(_ inverse: Double) -> Double {
      var sum = 0.0
      for (row, label) in labels.enumerated() {
        let scores = logits[(row * classCount)..<((row + 1) * classCount)]
        let highest = scores.max() ?? 0
        var total = 0.0
        var mean = 0.0
        for score in scores {
          let weight = exp((score - highest) * inverse)
          total += weight
          mean += weight * score
        }
        sum += mean / total - logits[row * classCount + label]
      }
      return sum
    }
    var low = 0.05
    var high = 20.0
    for _ in 0..<60 {
      let middle = (low * high).squareRoot()
      if slope(middle) < 0 { low = middle } else { high = middle }
    }
    self.init(temperature: 1 / (low * high).squareRoot())
  }

  /// Fits the temperature for two classes from the logit of the positive one.
  package init(fittedTo logits: [Double], isPositive: [Bool]) {
    self.init(
      fittedTo: logits.flatMap { [0, $0] }, classCount: 2, labels: isPositive.map { $0 ? 1 : 0 })
  }

  /// The calibrated probability of the positive class.
  package func probability(logit: Double) -> Double {
    1 / (1 + exp(-logit / temperature))
  }

  /// The calibrated probabilities of one row's classes.
  package func probabilities(logits: some Collection<Double>) -> [Double] {
    let highest = logits.max() ?? 0
    let weights = logits.map { exp(($0 - highest) / temperature) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }
}

/// Between a probability and its log-odds.
package enum Logit {
  /// log(p / (1 − p)), with p kept 1e-9 away from 0 and 1.
  package static func of(_ probability: Double) -> Double {
    let kept = min(max(probability, 1e-9), 1 - 1e-9)
    return log(kept / (1 - kept))
  }

  /// 1 / (1 + exp(−z)).
  package static func probability(_ logit: Double) -> Double {
    1 / (1 + exp(-logit))
  }
}
