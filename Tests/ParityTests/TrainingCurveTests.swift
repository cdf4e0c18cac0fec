import SluiceCPU
import SluiceCompute
import SluiceConformance
import Testing

/// Twenty training steps: every back end goes down the CPU's curve and that in Double, and down its
/// own to the bit.
@Suite struct TrainingCurveTests {
  @Test(arguments: Backends.all()) func curveOfTheCPU(tested: TestedBackend) throws {
    let reference = try TrainingCheck.losses(on: CPUBackend(threads: 1))
    let losses = try TrainingCheck.losses(on: tested.make())
    let exact = try TrainingCheck.losses(on: DoubleBackend())
    #expect(TrainingCheck.difference(losses, exact) <= TrainingCheck.tolerance)
    #expect(losses.count == 20)
    #expect(TrainingCheck.difference(losses, reference) <= TrainingCheck.tolerance)
    // A curve that goes nowhere would agree with anything.
    #expect(losses[19] < losses[0] / 2)
    let again = try TrainingCheck.losses(on: tested.make())
    #expect(losses.map(\.bitPattern) == again.map(\.bitPattern))
  }

  @Test func otherLossesAreTold() {
    let curve: [Float] = [1, 0.5, 0.25]
    #expect(TrainingCheck.difference(curve, curve) == 0)
    #expect(TrainingCheck.difference(curve, [1, 0.5, 0.2501]) > TrainingCheck.tolerance)
    #expect(TrainingCheck.difference(curve, [1, .nan, 0.25]) == .infinity)
  }
}
