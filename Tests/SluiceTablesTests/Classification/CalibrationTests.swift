import Foundation
import SluiceCompute
import Testing

@testable import SluiceTables

struct CalibrationTests {
  /// Rows whose true log-odds are known, and logits that are `factor` times too sure.
  private static func rows(factor: Double) -> (logits: [Double], isPositive: [Bool]) {
    var random = PhiloxGenerator(RandomStream(seed: 3, stream: 2))
    let truth = (0..<6000).map { _ in 6 * Double(random.uniform()) - 3 }
    return (
      truth.map { $0 * factor },
      truth.map { Double(random.uniform()) < 1 / (1 + exp(-$0)) }
    )
  }

  @Test(arguments: [0.4, 1, 2.5])
  func findsTheTrueTemperature(factor: Double) {
    let (logits, isPositive) = Self.rows(factor: factor)
    let scaling = TemperatureScaling(fittedTo: logits, isPositive: isPositive)
    #expect(abs(scaling.temperature / factor - 1) < 0.1)
    let after = logits.map { scaling.probability(logit: $0) }
    let error = ProbabilityMetrics.calibrationError(probabilities: after, outcomes: isPositive)
    #expect(error < 0.03)
    // No temperature does better.
    func loss(_ temperature: Double) -> Double {
      ProbabilityMetrics.logLoss(
        probabilities: logits.map {
          TemperatureScaling(temperature: temperature).probability(logit: $0)
        },
        isPositive: isPositive)
    }
    let own = loss(scaling.temperature)
    #expect(own <= loss(scaling.temperature * 1.01) && own <= loss(scaling.temperature * 0.99))
  }

  @Test func manyClasses() {
    var random = PhiloxGenerator(RandomStream(seed: 4, stream: 2))
    var logits: [Double] = []
    var labels: [Int] = []
    for _ in 0..<9000 {
      let truth = (0..<3).map { _ in 3 * Double(random.uniform()) }
      let weights = truth.map { exp($0) }
      var rest = Double(random.uniform()) * weights.reduce(0, +)
      var label = 0
      while label < 2, rest >= weights[label] {
        rest -= weights[label]
        label += 1
      }
      logits += truth.map { $0 * 3 }
      labels.append(label)
    }
    let scaling = TemperatureScaling(fittedTo: logits, classCount: 3, labels: labels)
    #expect(abs(scaling.temperature - 3) < 0.25)
    let row = scaling.probabilities(logits: logits[0..<3])
    #expect(abs(row.reduce(0, +) - 1) < 1e-12)
  }

  @Test func staysWithinBounds() {
    #expect(TemperatureScaling(fittedTo: [], isPositive: []).temperature == 1)
    // Always right and always wrong: there is no best temperature but the border.
    let right = TemperatureScaling(fittedTo: [1, -1], isPositive: [true, false])
    let wrong = TemperatureScaling(fittedTo: [1, -1], isPositive: [false, true])
    #expect(abs(right.temperature - 0.05) < 1e-6 && abs(wrong.temperature - 20) < 1e-3)
    #expect(Logit.of(0).isFinite && Logit.of(1).isFinite)
    #expect(abs(Logit.probability(Logit.of(0.3)) - 0.3) < 1e-12)
  }
}
