import SluiceNN
import SluicePlatform

/// What a network says about each sequence: probabilities where it ends in softmax or sigmoid, values
/// where it is linear.
public struct Predictions: Hashable, Sendable {
  /// `[N, K]`, row-major.
  public let values: [Float]
  /// K
  public let width: Int
  private let output: LayerStack.Output

  /// - Parameter logits: `[N, K]`
  init(logits: [Float], width: Int, output: LayerStack.Output) {
    self.width = width
    self.output = output
    switch output {
    case .linear: values = logits
    case .sigmoid: values = logits.map(Self.sigmoid)
    case .softmax:
      var values: [Float] = []
      values.reserveCapacity(logits.count)
      for start in stride(from: 0, to: logits.count, by: max(1, width)) {
        values += Self.softmax(logits[start..<(start + width)])
      }
      self.values = values
    }
  }

  /// N
  public var count: Int { width == 0 ? 0 : values.count / width }

  /// The K numbers of a row.
  ///
  /// - Precondition: `row` lies in `0 ..< count`.
  public subscript(row: Int) -> [Float] { Array(values[(row * width)..<((row + 1) * width)]) }

  /// The class of each row: the likeliest for softmax, the first of several alike; for one sigmoid, 1 from
  /// a probability of a half on; for several outputs that are not probabilities of classes, the largest.
  public var classes: [Int] {
    if width == 1 { return values.map { output == .linear ? 0 : $0 >= 0.5 ? 1 : 0 } }
    return (0..<count).map { row in
      let start = row * width
      var best = 0
      for column in 1..<width where values[start + column] > values[start + best] { best = column }
      return best
    }
  }

  private static func sigmoid(_ logit: Float) -> Float {
    // The exponent is never positive, so nothing overflows.
    let small = exponential(-logit.magnitude)
    return logit >= 0 ? 1 / (1 + small) : small / (1 + small)
  }

  private static func softmax(_ logits: ArraySlice<Float>) -> [Float] {
    let largest = logits.max() ?? 0
    let powers = logits.map { exponential($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}

/// How good a network is on data that have targets.
public struct Evaluation: Hashable, Sendable, CustomStringConvertible {
  /// `loss` first, the mean over true elements; then `accuracy` for classes, yes and no, or `mae` and
  /// `rmse` for values.
  public let metrics: [MetricValue]

  /// The metric of this name; nil where there is none.
  public subscript(name: String) -> Double? { metrics.first { $0.name == name }?.value }

  /// `loss 0.3127  accuracy 0.9`
  public var description: String { metrics.summary }
}

extension [MetricValue] {
  /// `loss 0.3127  accuracy 0.9`: four significant digits or so.
  var summary: String { map { "\($0.name) \(Self.short($0.value))" }.joined(separator: "  ") }

  /// Four digits behind the point, more for what is small.
  static func short(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e12 else { return String(value) }
    if value != 0, value.magnitude < 1e-3 { return String(Float(value)) }
    return String((value * 1e4).rounded() / 1e4)
  }
}
