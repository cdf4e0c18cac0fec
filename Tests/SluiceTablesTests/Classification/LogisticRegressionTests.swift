import Foundation
import SluiceCompute
import Testing

@testable import SluiceTables

struct LogisticRegressionTests {
  private static func rows(_ count: Int, _ columns: Int, classes: Int)
    -> (dense: [[Double]], sparse: SparseRows, labels: [Int])
  {
    var random = PhiloxGenerator(RandomStream(seed: 11, stream: UInt32(columns)))
    let directions = (0..<(columns * classes)).map { _ in 4 * Double(random.uniform()) - 2 }
    var dense: [[Double]] = []
    var sparse = SparseRows(columnCount: columns)
    var labels: [Int] = []
    for _ in 0..<count {
      // A third of the values are 0.
      let row = (0..<columns).map { _ in
        random.index(below: 3) == 0 ? 0 : Float(random.index(below: 9)) / 4 - 1
      }
      dense.append(row.map(Double.init))
      sparse.append(row)
      let scores = (0..<classes).map { label in
        (0..<columns).reduce(2 * Double(random.uniform())) {
          $0 + Double(row[$1]) * directions[$1 * classes + label]
        }
      }
      labels.append(scores.indices.max { scores[$0] < scores[$1] } ?? 0)
    }
    return (dense, sparse, labels)
  }

  /// The slope of the penalised loss is 0 at the minimum, and nowhere else: it is convex.
  @Test(arguments: [2, 3, 5], [0.1, 10])
  func isAtTheMinimum(classes: Int, penalty: Double) {
    let (dense, sparse, labels) = Self.rows(300, 6, classes: classes)
    let model = LogisticRegression(
      fittedTo: sparse, labels: labels, classCount: classes, penalty: penalty, tolerance: 1e-10)
    let outputs = classes == 2 ? 1 : classes
    var slopes = model.weights.map { penalty * $0 }
    var biasSlopes = [Double](repeating: 0, count: outputs)
    let probabilities = model.probabilities(sparse)
    for (row, label) in labels.enumerated() {
      for output in 0..<outputs {
        let index = classes == 2 ? 1 : output
        let error = probabilities[row * classes + index] - (label == index ? 1 : 0)
        biasSlopes[output] += error
        for column in 0..<6 { slopes[column * outputs + output] += error * dense[row][column] }
      }
    }
    #expect((slopes + biasSlopes).allSatisfy { abs($0) < 1e-6 })
    #expect(model.isPlausible)
  }

  @Test func agreesWithNewtonInOneVariable() {
    var rows = SparseRows(columnCount: 1)
    let values: [Float] = [-2, -1, -0.5, 0, 0.5, 1, 3, 2]
    let labels = [0, 0, 1, 0, 1, 0, 1, 1]
    for value in values { rows.append([value]) }
    let model = LogisticRegression(
      fittedTo: rows, labels: labels, classCount: 2, penalty: 0.5, tolerance: 1e-12)
    // Newton's method on (weight, bias), written out.
    var w = 0.0
    var b = 0.0
    for _ in 0..<50 {
      var g = (0.5 * w, 0.0)
      var h = (0.5, 0.0, 0.0)
      for (x, y) in zip(values.map(Double.init), labels) {
        let p = 1 / (1 + exp(-(w * x + b)))
        g = (g.0 + (p - Double(y)) * x, g.1 + p - Double(y))
        h = (h.0 + p * (1 - p) * x * x, h.1 + p * (1 - p) * x, h.2 + p * (1 - p))
      }
      let determinant = h.0 * h.2 - h.1 * h.1
      w -= (h.2 * g.0 - h.1 * g.1) / determinant
      b -= (h.0 * g.1 - h.1 * g.0) / determinant
    }
    #expect(abs(model.weights[0] - w) < 1e-8 && abs(model.biases[0] - b) < 1e-8)
  }

  @Test func learnsWhatIsLinear() {
    let (_, sparse, labels) = Self.rows(600, 8, classes: 4)
    let model = LogisticRegression(
      fittedTo: sparse.rows(Array(0..<400)), labels: Array(labels[0..<400]), classCount: 4)
    let probabilities = model.probabilities(sparse.rows(Array(400..<600)))
    let predicted: [Int] = (0..<200).map { row in
      let own = Array(probabilities[row * 4..<row * 4 + 4])
      return own.firstIndex(of: own.max() ?? 0) ?? 0
    }
    let matrix = ConfusionMatrix(
      classCount: 4, actual: Array(labels[400..<600]), predicted: predicted)
    #expect(matrix.accuracy > 0.8)
  }

  @Test func nothingToLearnFromIsNoError() {
    let empty = LogisticRegression(
      fittedTo: SparseRows(columnCount: 0), labels: [], classCount: 2)
    #expect(empty.isPlausible)
    var constant = SparseRows(columnCount: 2)
    constant.append([1, 1])
    let one = LogisticRegression(fittedTo: constant, labels: [1], classCount: 2)
    #expect(one.probabilities(constant)[1] > 0.9)
  }

  @Test func survivesItsFile() throws {
    let (_, sparse, labels) = Self.rows(50, 4, classes: 3)
    let model = LogisticRegression(fittedTo: sparse, labels: labels, classCount: 3)
    let read = try JSONDecoder().decode(
      LogisticRegression.self, from: JSONEncoder().encode(model))
    #expect(read.probabilities(sparse) == model.probabilities(sparse))
  }
}
