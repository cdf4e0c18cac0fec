/// Linear regression with a ridge penalty: the linear baseline of targets that are numbers.
///
/// Minimises Σ (bias + w · x − y)² + λ · ‖w‖²; the bias is not penalised. Computed in double precision on
/// one thread: the same rows give the same bits.
package struct LinearRegression: Sendable, Codable {
  /// `[F]`
  package let weights: [Double]
  package let bias: Double

  /// Fits by conjugate gradients, each column brought to one curvature.
  ///
  /// - Parameters:
  ///   - rows: `[N, F]`; bring the columns to one scale first.
  ///   - targets: `[N]`
  ///   - penalty: λ
  ///   - start: Where to begin, such as a fit to the same rows by another penalty; nil: at the mean.
  ///   - iterations: At most; it ends earlier once the slopes are `tolerance` of those at 0.
  /// - Complexity: O(iterations · (non-zeros + F)).
  package init(
    fittedTo rows: SparseRows, targets: [Double], penalty: Double, start: LinearRegression? = nil,
    iterations: Int = 200, tolerance: Double = 1e-4
  ) {
    precondition(rows.count == targets.count, "a target for each row")
    let count = rows.columnCount
    let mean = targets.reduce(0, +) / Double(max(1, targets.count))
    // The last place is the bias.
    var point = (start?.weights ?? [Double](repeating: 0, count: count)) + [start?.bias ?? mean]
    precondition(point.count == count + 1, "a start of other columns")
    var curvatures = [Double](repeating: penalty, count: count) + [Double(max(1, rows.count))]
    for place in rows.columns.indices {
      let value = Double(rows.values[place])
      curvatures[Int(rows.columns[place])] += value * value
    }
    /// Minus the slopes, of what the rows lack to the targets.
    func slopes(_ errors: [Double], at point: [Double]) -> [Double] {
      var slopes = rows.sums(of: errors)
      for column in 0..<count { slopes[column] -= penalty * point[column] }
      return slopes
    }
    func product(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    func scaled(_ slopes: [Double]) -> [Double] {
      zip(slopes, curvatures).map { $0 / max($1, 1e-12) }
    }
    var left = slopes(zip(targets, rows.products(with: point)).map { $0 - $1 }, at: point)
    let origin = slopes(targets.map { $0 - mean }, at: [Double](repeating: 0, count: count + 1))
    let enough = tolerance * tolerance * product(origin, scaled(origin))
    var direction = scaled(left)
    var length = product(left, direction)
    for _ in 0..<iterations where length > enough {
      let change = slopes(rows.products(with: direction).map { -$0 }, at: direction)
      let step = -length / product(direction, change)
      for index in point.indices {
        point[index] += step * direction[index]
        left[index] += step * change[index]
      }
      let next = scaled(left)
      let nextLength = product(left, next)
      for index in direction.indices {
        direction[index] = next[index] + nextLength / length * direction[index]
      }
      length = nextLength
    }
    bias = point.removeLast()
    weights = point
  }

  /// `[N]`: what it makes of every row.
  package func predictions(_ rows: SparseRows) -> [Double] {
    precondition(rows.columnCount == weights.count, "\(rows.columnCount) columns")
    return rows.products(with: weights + [bias])
  }

  /// Whether the numbers are finite, as those of a file may not be.
  package var isPlausible: Bool { weights.allSatisfy(\.isFinite) && bias.isFinite }
}

extension SparseRows {
  /// `[N]`: each row, and a 1 behind it, times a vector of F + 1.
  fileprivate func products(with vector: [Double]) -> [Double] {
    vector.withUnsafeBufferPointer { vector in
      columns.withUnsafeBufferPointer { columns in
        values.withUnsafeBufferPointer { values in
          (0..<count).map { row in
            var sum = vector[columnCount]
            for place in starts[row]..<starts[row + 1] {
              sum += Double(values[place]) * vector[Int(columns[place])]
            }
            return sum
          }
        }
      }
    }
  }

  /// `[F + 1]`: the sum over all rows, a 1 behind each, times the row's factor.
  fileprivate func sums(of factors: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: columnCount + 1)
    sums.withUnsafeMutableBufferPointer { sums in
      columns.withUnsafeBufferPointer { columns in
        values.withUnsafeBufferPointer { values in
          for (row, factor) in factors.enumerated() {
            for place in starts[row]..<starts[row + 1] {
              sums[Int(columns[place])] += Double(values[place]) * factor
            }
            sums[columnCount] += factor
          }
        }
      }
    }
    return sums
  }
}
