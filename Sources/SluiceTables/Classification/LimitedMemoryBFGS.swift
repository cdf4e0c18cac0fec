/// Finds the minimum of a smooth convex function.
///
/// - SeeAlso: Nocedal, "Updating quasi-Newton matrices with limited storage", 1980; the line search
///   halves the step until Armijo's condition holds.
package struct LimitedMemoryBFGS {
  /// The best point so far.
  package private(set) var point: [Double]
  /// Steps taken.
  package private(set) var iterations = 0
  /// Pairs of steps and changes of the gradient that are remembered.
  private let memory = 10
  private var pairs: [(step: [Double], change: [Double], scale: Double)] = []

  package init(start: [Double]) {
    point = start
  }

  /// - Parameters:
  ///   - limit: Steps at most.
  ///   - tolerance: Ends once no slope is larger.
  ///   - function: Gives the value at a point and overwrites the gradient.
  package mutating func minimise(
    iterations limit: Int, tolerance: Double,
    _ function: (_ point: [Double], _ gradient: inout [Double]) -> Double
  ) {
    var gradient = [Double](repeating: 0, count: point.count)
    var value = function(point, &gradient)
    var candidate = point
    var slope = gradient
    while iterations < limit {
      let largest = gradient.reduce(0) { max($0, abs($1)) }
      guard largest > tolerance, value.isFinite else { return }
      let direction = descent(gradient)
      let descentSlope = Self.dot(direction, gradient)
      // The first step has no scale yet: its longest part is 1 at most.
      var length = pairs.isEmpty ? min(1, 1 / largest) : 1
      var next = Double.infinity
      for _ in 0..<40 {
        for index in point.indices { candidate[index] = point[index] + length * direction[index] }
        next = function(candidate, &slope)
        if next <= value + 1e-4 * length * descentSlope { break }
        length /= 2
        next = .infinity
      }
      // No step brings it lower: the precision of numbers is reached.
      guard next.isFinite else { return }
      remember(from: point, to: candidate, gradient, slope)
      swap(&point, &candidate)
      swap(&gradient, &slope)
      value = next
      iterations += 1
    }
  }

  /// −H · gradient, with the inverse of the curvature H as the remembered pairs show it.
  private func descent(_ gradient: [Double]) -> [Double] {
    var direction = gradient.map { -$0 }
    var factors: [Double] = []
    for pair in pairs.reversed() {
      let factor = Self.dot(pair.step, direction) / pair.scale
      Self.add(-factor, pair.change, to: &direction)
      factors.append(factor)
    }
    if let last = pairs.last {
      let scale = last.scale / Self.dot(last.change, last.change)
      for index in direction.indices { direction[index] *= scale }
    }
    for (pair, factor) in zip(pairs, factors.reversed()) {
      let back = Self.dot(pair.change, direction) / pair.scale
      Self.add(factor - back, pair.step, to: &direction)
    }
    return direction
  }

  private mutating func remember(
    from start: [Double], to end: [Double], _ before: [Double], _ after: [Double]
  ) {
    let step = zip(end, start).map { $0 - $1 }
    let change = zip(after, before).map { $0 - $1 }
    let scale = Self.dot(step, change)
    // Convex functions have none that is not positive, but rounding may.
    guard scale > 1e-12 * Self.dot(change, change) else { return }
    if pairs.count == memory { pairs.removeFirst() }
    pairs.append((step, change, scale))
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
  }

  private static func add(_ factor: Double, _ a: [Double], to b: inout [Double]) {
    for index in a.indices { b[index] += factor * a[index] }
  }
}
