import SluicePlatform

/// Multinomial logistic regression: the linear baseline that a network has to beat.
///
/// Minimises Σ −log(probability of the true class) + λ/2 · ‖W‖²; biases are not penalised. With two
/// classes there is one row of weights, that of class 1. Computed in double precision on one
/// thread: the same rows give the same bits.
package struct LogisticRegression: Sendable, Codable {
  package let classCount: Int
  package let columnCount: Int
  /// `[F, O]`, row-major, with O = 1 for two classes and K for more.
  package private(set) var weights: [Double]
  /// `[O]`
  package private(set) var biases: [Double]

  /// O
  private var outputCount: Int { biases.count }

  /// Fits by L-BFGS.
  ///
  /// - Parameters:
  ///   - rows: `[N, F]`; bring the columns to one scale first.
  ///   - labels: `[N]`, in `0 ..< classCount`.
  ///   - penalty: λ; the inverse of what scikit-learn calls C.
  ///   - start: Where to begin, such as a fit to the same rows by another penalty; nil: at 0.
  ///   - iterations: At most; it ends earlier once no slope of the mean loss exceeds `tolerance`.
  /// - Complexity: O(iterations · (non-zeros · O + F · O)).
  package init(
    fittedTo rows: SparseRows, labels: [Int], classCount: Int, penalty: Double = 1,
    start: LogisticRegression? = nil, iterations: Int = 200, tolerance: Double = 1e-5
  ) {
    precondition(rows.count == labels.count && classCount > 1, "a label for each row")
    precondition(
      start.map { $0.classCount == classCount && $0.columnCount == rows.columnCount } ?? true,
      "a start of other columns or classes")
    self.classCount = classCount
    columnCount = rows.columnCount
    let outputs = classCount == 2 ? 1 : classCount
    let objective = LogisticObjective(
      rows: rows, labels: labels, outputCount: outputs, penalty: penalty)
    var minimiser = LimitedMemoryBFGS(
      start: start.map { $0.weights + $0.biases }
        ?? [Double](repeating: 0, count: (rows.columnCount + 1) * outputs))
    minimiser.minimise(
      iterations: iterations, tolerance: tolerance * Double(max(1, rows.count)),
      objective.valueAndGradient)
    weights = Array(minimiser.point.dropLast(outputs))
    biases = Array(minimiser.point.suffix(outputs))
  }

  /// The probability of every class for every row: `[N, K]`, row-major.
  package func probabilities(_ rows: SparseRows) -> [Double] {
    precondition(rows.columnCount == columnCount, "\(rows.columnCount) columns")
    var result: [Double] = []
    result.reserveCapacity(rows.count * classCount)
    var scores = biases
    for row in 0..<rows.count {
      for output in scores.indices { scores[output] = biases[output] }
      for place in rows.starts[row]..<rows.starts[row + 1] {
        let base = Int(rows.columns[place]) * scores.count
        let value = Double(rows.values[place])
        for output in scores.indices { scores[output] += value * weights[base + output] }
      }
      if scores.count == 1 {
        let positive = Logit.probability(scores[0])
        result += [1 - positive, positive]
      } else {
        result += TemperatureScaling().probabilities(logits: scores)
      }
    }
    return result
  }

  /// The same for rows whose columns have not been multiplied by factors.
  ///
  /// - Parameter factors: `[F]`: what those of the rows it was fitted to had been multiplied by.
  package func takingUnscaled(_ factors: [Float]) -> LogisticRegression {
    precondition(factors.count == columnCount, "\(factors.count) factors")
    var unscaled = self
    for place in weights.indices { unscaled.weights[place] *= Double(factors[place / outputCount]) }
    return unscaled
  }

  /// Whether the parts fit each other, as those of a file may not.
  package var isPlausible: Bool {
    classCount > 1 && columnCount >= 0 && biases.count == (classCount == 2 ? 1 : classCount)
      && weights.count == columnCount * biases.count
      && (weights + biases).allSatisfy(\.isFinite)
  }
}

/// The loss of ``LogisticRegression`` and its gradient.
private struct LogisticObjective {
  package let rows: SparseRows
  package let labels: [Int]
  /// O
  package let outputCount: Int
  package let penalty: Double

  /// - Parameters:
  ///   - point: `[F + 1, O]`: the weights, then the biases.
  ///   - gradient: As long, overwritten.
  package func valueAndGradient(_ point: [Double], _ gradient: inout [Double]) -> Double {
    let outputs = outputCount
    let weightCount = rows.columnCount * outputs
    var loss = 0.0
    for index in 0..<weightCount {
      loss += 0.5 * penalty * point[index] * point[index]
      gradient[index] = penalty * point[index]
    }
    for index in weightCount..<(weightCount + outputs) { gradient[index] = 0 }
    var scores = [Double](repeating: 0, count: outputs)
    point.withUnsafeBufferPointer { point in
      gradient.withUnsafeMutableBufferPointer { gradient in
        scores.withUnsafeMutableBufferPointer { scores in
          rows.columns.withUnsafeBufferPointer { columns in
            rows.values.withUnsafeBufferPointer { values in
              for row in labels.indices {
                let range = rows.starts[row]..<rows.starts[row + 1]
                for output in 0..<outputs { scores[output] = point[weightCount + output] }
                for place in range {
                  let base = Int(columns[place]) * outputs
                  let value = Double(values[place])
                  for output in 0..<outputs { scores[output] += value * point[base + output] }
                }
                loss += Self.replaceByGradient(scores, label: labels[row])
                for output in 0..<outputs { gradient[weightCount + output] += scores[output] }
                for place in range {
                  let base = Int(columns[place]) * outputs
                  let value = Double(values[place])
                  for output in 0..<outputs { gradient[base + output] += value * scores[output] }
                }
              }
            }
          }
        }
      }
    }
    return loss
  }

  /// Turns the scores of one row into the slope of its loss.
  ///
  /// - Returns: The loss.
  private static func replaceByGradient(
    _ scores: UnsafeMutableBufferPointer<Double>, label: Int
  ) -> Double {
    if scores.count == 1 {
      let score = scores[0]
      // log(1 + exp(s)) without overflow.
      let soft = max(score, 0) + log1p(exp(-abs(score)))
      scores[0] = Logit.probability(score) - Double(label)
      return soft - Double(label) * score
    }
    var highest = scores[0]
    for score in scores { highest = max(highest, score) }
    let own = scores[label]
    var total = 0.0
    for output in scores.indices {
      scores[output] = exp(scores[output] - highest)
      total += scores[output]
    }
    for output in scores.indices { scores[output] /= total }
    scores[label] -= 1
    return log(total) + highest - own
  }
}
