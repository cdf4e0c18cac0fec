import SluiceTables

/// Rows with what was made of them by those who had not learned from them. R rows, K ratings.
struct OutOfFoldRatings {
  /// The rows that one network left out.
  struct Part {
    /// `[R]`
    var classes: [Int]
    /// `[R, K]`
    var network: [Float]
    /// `[R, K]`
    var baseline: [Float]
  }

  let parts: [Part]
  /// K
  let classCount: Int
  /// Whether the baseline has no part in the answers.
  let isAlone: Bool

  /// - Parameter parts: One that is alone is halved, so that what is fitted to one half can be judged
  ///   by the other.
  init(parts: [Part], classCount: Int, isAlone: Bool = false) {
    self.classCount = classCount
    self.isAlone = isAlone
    guard parts.count == 1, let only = parts.first, only.classes.count > 1 else {
      self.parts = parts
      return
    }
    let half = only.classes.count / 2
    self.parts = [0..<half, half..<only.classes.count].map { rows in
      let values = (rows.lowerBound * classCount)..<(rows.upperBound * classCount)
      return Part(
        classes: Array(only.classes[rows]), network: Array(only.network[values]),
        baseline: Array(only.baseline[values]))
    }
  }

  /// `[R]`
  var classes: [Int] { parts.flatMap(\.classes) }
  /// `[R, K]`
  var network: [Float] { parts.flatMap(\.network) }
  /// `[R, K]`
  var baseline: [Float] { parts.flatMap(\.baseline) }

  /// The blend that suits all rows best.
  func blend() -> RatingBlend { blend(parts) }

  /// `[R, K]`: the rows of each part by the blend that suits the other parts best, for a report that
  /// does not flatter.
  func blended() -> [Float] {
    parts.indices.flatMap { own in
      let others = parts.indices.filter { $0 != own || parts.count == 1 }.map { parts[$0] }
      return blend(others)(
        network: parts[own].network, simpler: simpler([parts[own]]), classCount: classCount)
    }
  }

  /// What stands beside the network; without a part in the answers it is not asked.
  private func simpler(_ parts: [Part]) -> [Float] {
    parts.flatMap { isAlone ? $0.network : $0.baseline }
  }

  private func blend(_ parts: [Part]) -> RatingBlend {
    RatingBlend(
      network: parts.flatMap(\.network), simpler: simpler(parts),
      classes: parts.flatMap(\.classes), classCount: classCount, isAlone: isAlone)
  }
}
