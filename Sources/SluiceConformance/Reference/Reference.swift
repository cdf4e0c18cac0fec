import SluiceCompute

// The exponential, logarithm and hyperbolic tangent in double precision.
import SluicePlatform

/// The formulas of every operation: scalar, in double precision, written to be obviously right.
/// ``DoubleBackend`` applies them to tensors.
///
/// Their own gradients are proven by finite differences, see ``Conformance/gradientChecks``.
enum Reference {
  static func exponential(_ x: Double) -> Double { exp(x) }
  static func logarithm(_ x: Double) -> Double { log(x) }
  /// log(1 + x), exact for small x.
  static func logarithmOfOnePlus(_ x: Double) -> Double { log1p(x) }
  static func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }
  static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
  static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  static func activation(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .identity: x
    case .sigmoid: sigmoid(x)
    case .tanh: hyperbolicTangent(x)
    case .relu: x < 0 ? 0 : x  // NaN stays NaN.
    }
  }

  /// The derivative, taken from the activation's output.
  static func activationDerivative(_ activation: Activation, output y: Double) -> Double {
    switch activation {
    case .identity: 1
    case .sigmoid: y * (1 - y)
    case .tanh: 1 - y * y
    case .relu: y > 0 ? 1 : 0
    }
  }

  /// The factors that dropout multiplies with: 0, or 1 / (1 − rate).
  static func dropoutFactors(rate: Float, stream: RandomStream, count: Int, period: Int? = nil)
    -> [Double]
  {
    let threshold = UInt32(Double(rate) * 4_294_967_296)
    return (0..<count).map { index in
      let word = stream.word(UInt64(period.map { index % $0 } ?? index))
      return word >= threshold ? 1 / (1 - Double(rate)) : 0
    }
  }

  /// op(left) · op(right) for `[m, k]` by `[k, n]`.
  static func product(
    _ left: [Double], _ right: [Double], m: Int, n: Int, k: Int, transposeLeft: Bool = false,
    transposeRight: Bool = false
  ) -> [Double] {
    var output = Array(repeating: 0.0, count: m * n)
    for i in 0..<m {
      for j in 0..<n {
        var sum = 0.0
        for l in 0..<k {
          let a = transposeLeft ? left[l * m + i] : left[i * k + l]
          let b = transposeRight ? right[j * k + l] : right[l * n + j]
          sum += a * b
        }
        output[i * n + j] = sum
      }
    }
    return output
  }

  /// Sums of each of `columns` columns over all rows.
  static func columnSum(_ input: [Double], columns: Int) -> [Double] {
    var output = Array(repeating: 0.0, count: columns)
    for (index, value) in input.enumerated() { output[index % columns] += value }
    return output
  }

  /// Adds rows of `gradient` to the rows of a table that they came from; those of the ignored index
  /// to none.
  static func scatterRows(
    _ gradient: [Double], indices: [Int], ignoring: Int? = nil, columns: Int,
    into table: inout [Double]
  ) {
    for (row, index) in indices.enumerated() where index != ignoring {
      for column in 0..<columns {
        table[index * columns + column] += gradient[row * columns + column]
      }
    }
  }
}

extension Array where Element == Float {
  /// The same numbers in double precision.
  var doubled: [Double] { map(Double.init) }
}
