import SluiceCompute

/// The reference's own gradients against central differences: the proof of the oracle.
public struct GradientCheck: Sendable, CustomStringConvertible {
  /// The operation's own name.
  public let operation: String
  /// What is differentiated by what.
  public let name: String
  /// The largest norm-wise relative difference allowed.
  public let tolerance: Double
  let body: @Sendable (inout GradientComparison) -> Void

  init(
    _ operation: String, _ name: String, tolerance: Double = 1e-7,
    _ body: @escaping @Sendable (inout GradientComparison) -> Void
  ) {
    self.operation = operation
    self.name = name
    self.tolerance = tolerance
    self.body = body
  }

  public var description: String { "\(operation): \(name)" }

  /// Takes all differences and returns the worst relative error of any gradient.
  public func run() -> Double {
    var comparison = GradientComparison()
    body(&comparison)
    return comparison.worstError
  }
}

/// Draws inputs and compares gradients with central differences.
struct GradientComparison {
  private var generator = PhiloxGenerator(RandomStream(seed: 2, stream: 1))
  private(set) var worstError = 0.0

  /// Uniform numbers in `[−scale, scale)`.
  mutating func draw(_ count: Int, scale: Double = 1) -> [Double] {
    (0..<count).map { _ in (Double(generator.uniform()) * 2 - 1) * scale }
  }

  /// Compares `gradient` with (f(x + ε) − f(x − ε)) / 2ε for each element of x.
  mutating func compare(_ gradient: [Double], at x: [Double], _ f: ([Double]) -> Double) {
    let epsilon = 1e-5
    var differences = x
    var moved = x
    for index in x.indices {
      moved[index] = x[index] + epsilon
      let above = f(moved)
      moved[index] = x[index] - epsilon
      let below = f(moved)
      moved[index] = x[index]
      differences[index] = (above - below) / (2 * epsilon)
    }
    worstError = max(worstError, Difference.normwise(gradient, differences))
  }
}

extension Conformance {
  /// Finite-difference checks of every gradient in the reference. Needs no device.
  public static let gradientChecks: [GradientCheck] =
    elementwiseChecks + recurrentChecks + poolingChecks + lossChecks

  private static let elementwiseChecks: [GradientCheck] =
    [Activation.identity, .sigmoid, .tanh, .relu].map { activation in
      GradientCheck(ActivationBackward.name, "\(activation)") { comparison in
        let x = comparison.draw(23, scale: 3)
        let weights = comparison.draw(23)
        let gradient = zip(x, weights).map { x, weight in
          weight
            * Reference.activationDerivative(
              activation, output: Reference.activation(activation, x))
        }
        comparison.compare(gradient, at: x) { x in
          dot(x.map { Reference.activation(activation, $0) }, weights)
        }
      }
    } + [
      GradientCheck(MatrixProduct.name, "both operands and the bias") { comparison in
        let (m, n, k) = (3, 4, 5)
        let (left, right) = (comparison.draw(m * k), comparison.draw(k * n))
        let (bias, weights) = (comparison.draw(n), comparison.draw(m * n))
        func f(_ left: [Double], _ right: [Double], _ bias: [Double]) -> Double {
          let product = Reference.product(left, right, m: m, n: n, k: k)
          return dot(product.indices.map { product[$0] + bias[$0 % n] }, weights)
        }
        comparison.compare(
          Reference.product(weights, right, m: m, n: k, k: n, transposeRight: true), at: left
        ) { f($0, right, bias) }
        comparison.compare(
          Reference.product(left, weights, m: k, n: n, k: m, transposeLeft: true), at: right
        ) { f(left, $0, bias) }
        comparison.compare(Reference.columnSum(weights, columns: n), at: bias) {
          f(left, right, $0)
        }
      },
      GradientCheck(EmbeddingBackward.name, "table") { comparison in
        let indices = [3, 0, 3, 1, 3]
        let (table, weights) = (comparison.draw(4 * 3), comparison.draw(5 * 3))
        var gradient = Array(repeating: 0.0, count: 12)
        Reference.scatterRows(weights, indices: indices, columns: 3, into: &gradient)
        comparison.compare(gradient, at: table) { table in
          dot(indices.flatMap { table[$0 * 3..<$0 * 3 + 3] }, weights)
        }
      },
      GradientCheck(ColumnTokensBackward.name, "weights and biases") { comparison in
        let (codes, slopes) = (comparison.draw(6 * 4), comparison.draw(6 * 3))
        let (weights, biases) = (comparison.draw(3 * 4), comparison.draw(3))
        var gradient = (weights: [Double](repeating: 0, count: 12), biases: [0.0, 0, 0])
        Reference.scaleTokensGradient(
          slopes, codes: codes, weights: &gradient.weights, biases: &gradient.biases)
        comparison.compare(gradient.weights, at: weights) {
          dot(Reference.scaleTokens(codes, weights: $0, biases: biases), slopes)
        }
        comparison.compare(gradient.biases, at: biases) {
          dot(Reference.scaleTokens(codes, weights: weights, biases: $0), slopes)
        }
      },
      GradientCheck(EmbeddingBagBackward.name, "table") { comparison in
        let features = Reference.Features(
          offsets: [0, 3, 3, 5], indices: [0, 2, 2, 1, 2], values: comparison.draw(5))
        let documents = [2, 0, 1, 2]
        let (table, weights) = (comparison.draw(4 * 3), comparison.draw(4 * 3))
        var gradient = Array(repeating: 0.0, count: 12)
        Reference.bagGradient(
          features, documents: documents, outputGradient: weights, columns: 3, scale: 0.7,
          into: &gradient)
        comparison.compare(gradient, at: table) { table in
          dot(
            Reference.bag(features, documents: documents, table: table, columns: 3, scale: 0.7),
            weights)
        }
      },
    ]

  private static let recurrentChecks: [GradientCheck] = RecurrentCell.allCases.flatMap { cell in
    [(false, false), (true, false), (false, true), (true, true)].map { isReverse, hasMask in
      GradientCheck(
        RecurrentBackward.name,
        "\(cell.title), lengths, states\(isReverse ? ", reverse" : "")\(hasMask ? ", dropout" : "")"
      ) { comparison in
        checkRecurrent(&comparison, cell, isReverse: isReverse, hasMask: hasMask)
      }
    }
  }

  private static func checkRecurrent(
    _ comparison: inout GradientComparison, _ cell: RecurrentCell, isReverse: Bool, hasMask: Bool
  ) {
    let (T, N, C, H) = (5, 4, 3, 3)
    let width = cell.gateCount * H
    let problem = RecurrentProblem(
      cell: cell, steps: T, batch: N, inputSize: C, hiddenSize: H, isReverse: isReverse,
      lengths: [3, 0, 5, 1],
      input: comparison.draw(T * N * C), inputWeight: comparison.draw(width * C),
      hiddenWeight: comparison.draw(width * H), inputBias: comparison.draw(width),
      hiddenBias: comparison.draw(width), initialHidden: comparison.draw(N * H),
      initialCell: comparison.draw(N * H),
      mask: hasMask
        ? Reference.dropoutFactors(
          rate: 0.5, stream: RandomStream(seed: 5, stream: 6), count: N * H)
        : Array(repeating: 1, count: N * H))
    let outputWeights = comparison.draw(T * N * H)
    let hiddenWeights = comparison.draw(N * H)
    let cellWeights =
      cell.hasCellState ? comparison.draw(N * H) : Array(repeating: 0, count: N * H)
    let gradients = Reference.recurrentBackward(
      problem, Reference.recurrentForward(problem), outputGradient: outputWeights,
      finalHiddenGradient: hiddenWeights, finalCellGradient: cellWeights)

    func check(_ path: WritableKeyPath<RecurrentProblem, [Double]>, _ gradient: [Double]) {
      comparison.compare(gradient, at: problem[keyPath: path]) { x in
        var moved = problem
        moved[keyPath: path] = x
        let result = Reference.recurrentForward(moved)
        return dot(result.output, outputWeights) + dot(result.finalHidden, hiddenWeights)
          + dot(result.finalCell, cellWeights)
      }
    }
    check(\.input, gradients.input)
    check(\.inputWeight, gradients.inputWeight)
    check(\.hiddenWeight, gradients.hiddenWeight)
    check(\.inputBias, gradients.inputBias)
    check(\.hiddenBias, gradients.hiddenBias)
    check(\.initialHidden, gradients.initialHidden)
    if cell.hasCellState { check(\.initialCell, gradients.initialCell) }
  }

  private static let poolingChecks: [GradientCheck] = Pooling.allCases.map { pooling in
    GradientCheck(PoolBackward.name, "\(pooling), lengths") { comparison in
      let (T, N, C) = (4, 3, 2)
      let lengths = [2, 0, 4]
      let (x, weights) = (comparison.draw(T * N * C), comparison.draw(N * C))
      func f(_ x: [Double]) -> (output: [Double], winners: [Int]) {
        Reference.pool(pooling, x, steps: T, batch: N, columns: C, lengths: lengths)
      }
      let gradient = Reference.poolGradient(
        pooling, weights, steps: T, batch: N, columns: C, lengths: lengths, winners: f(x).winners)
      comparison.compare(gradient, at: x) { dot(f($0).output, weights) }
    }
  }

  private static let lossChecks: [GradientCheck] =
    [
      LossFunction.meanSquaredError, .meanAbsoluteError, .huber(delta: 0.7),
      .quantile([0.1, 0.5, 0.9]), .binaryCrossEntropy(positiveWeight: 2.5), .softmaxCrossEntropy,
      .rankedProbability(share: 0.3), .rankedProbability(share: 1),
      .mixedQuantiles([0.1, 0.5, 0.9]), .mixedQuantiles([0.05, 0.25, 0.5, 0.75, 0.95]),
    ].map { function in
      GradientCheck(Loss.name, "\(function), weighted") { comparison in
        var (R, K) = (6, 3)
        if case .mixedQuantiles(let levels) = function { K = 4 + levels.count }
        let x = comparison.draw(R * K, scale: 2)
        var target = comparison.draw(R * K, scale: 2)
        var classWeights: [Double]?
        if function.takesClasses {
          target = [2, 0, 1, 1, 2, 0]
          classWeights = [0.5, 1, 2]
        } else if case .binaryCrossEntropy = function {
          target = target.map { $0 > 0 ? 1 : 0 }
        } else if case .mixedQuantiles = function {
          // The third of four numbers is missing in some rows.
          for row in [0, 3] { target[row * 5 + 3] = 1e30 }
        }
        let rowWeights = [1, 0.5, 0, 2, 1, 3]
        func f(_ x: [Double]) -> Reference.LossResult {
          Reference.loss(
            function, prediction: x, target: target, rows: R, columns: K, rowWeights: rowWeights,
            classWeights: classWeights)
        }
        comparison.compare(f(x).gradient, at: x) { f($0).weightedSum / f($0).weightSum }
      }
    }

  private static func dot(_ left: [Double], _ right: [Double]) -> Double {
    zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
