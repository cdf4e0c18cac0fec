import Foundation
import SluiceCompute
import Testing

import SluiceTables

/// Ridge regression against its own normal equations.
struct LinearRegressionTests {
  /// Rows of which most numbers are 0, and targets that follow from them but for some noise.
  private static func problem(rows: Int = 200, columns: Int = 30) -> (
    rows: SparseRows, targets: [Double]
  ) {
    var random = PhiloxGenerator(RandomStream(seed: 7, stream: 1))
    var features = SparseRows(columnCount: columns)
    var targets: [Double] = []
    for _ in 0..<rows {
      let row = (0..<columns).map { _ in
        random.uniform() < 0.2 ? 4 * random.uniform() - 2 : Float(0)
      }
      features.append(row)
      let signal = row.enumerated().reduce(0) {
        $0 + Double($1.offset % 5 - 2) * Double($1.element)
      }
      targets.append(50 + signal + 2 * Double(random.uniform()))
    }
    return (features, targets)
  }

  @Test(arguments: [0.1, 10]) func slopesVanishAtTheSolution(penalty: Double) {
    let (rows, targets) = Self.problem()
    let fit = LinearRegression(
      fittedTo: rows, targets: targets, penalty: penalty, tolerance: 1e-9)
    let errors = zip(targets, fit.predictions(rows)).map { $0 - $1 }
    #expect(abs(errors.reduce(0, +)) < 1e-5)
    for column in 0..<rows.columnCount {
      var slope = -penalty * fit.weights[column]
      for row in 0..<rows.count {
        for place in rows.starts[row]..<rows.starts[row + 1]
        where rows.columns[place] == Int32(column) {
          slope += Double(rows.values[place]) * errors[row]
        }
      }
      #expect(abs(slope) < 1e-5, "column \(column)")
    }
  }

  @Test func aStartEndsWhereNoneDoes() {
    let (rows, targets) = Self.problem()
    let first = LinearRegression(fittedTo: rows, targets: targets, penalty: 10)
    let own = LinearRegression(fittedTo: rows, targets: targets, penalty: 1)
    let later = LinearRegression(fittedTo: rows, targets: targets, penalty: 1, start: first)
    for (a, b) in zip(own.predictions(rows), later.predictions(rows)) { #expect(abs(a - b) < 1e-2) }
  }

  @Test func whatKnowsNothingSaysTheMean() {
    var empty = SparseRows(columnCount: 3)
    for _ in 0..<4 { empty.append(columns: [], values: []) }
    let fit = LinearRegression(fittedTo: empty, targets: [1, 2, 3, 6], penalty: 1)
    #expect(fit.predictions(empty) == [3, 3, 3, 3] && fit.isPlausible)
    let none = LinearRegression(fittedTo: SparseRows(columnCount: 0), targets: [], penalty: 1)
    #expect(none.predictions(SparseRows(columnCount: 0)).isEmpty && none.isPlausible)
  }
}
