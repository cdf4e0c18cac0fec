import SluiceCPUInterface
import SluiceCompute
import Testing

@testable import SluiceCPU

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Distance from the exact result in units in the last place of it.
private func error(_ value: Float, _ exact: Double) -> Double {
  if exact.isNaN { return value.isNaN ? 0 : .infinity }
  let nearest = Float(exact)
  if value == nearest { return 0 }
  // What would be subnormal may be flushed.
  if abs(exact) < Double(Float.leastNormalMagnitude) && abs(value) <= .leastNormalMagnitude {
    return 0
  }
  if !value.isFinite || !nearest.isFinite { return .infinity }
  return abs(Double(value) - exact) / Double(nearest.ulp)
}

@Suite struct VectorFunctionTests {
  /// Every 4,099th float of all, and the special ones.
  static let inputs: [Float] = {
    var values: [Float] = [
      0, -0.0, .infinity, -.infinity, .nan, 88.722_83, 88.722_84, 88.73, -87.33, -87.34, -88.1,
      -104, 1e30, -1e30, .leastNonzeroMagnitude, 9.01, 9.02, 10, -10, 0.346, 0.173, 0.174,
    ]
    var bits: UInt32 = 0
    while bits < 0x7F80_0000 {
      values.append(Float(bitPattern: bits))
      values.append(-Float(bitPattern: bits))
      bits += 4099
    }
    return values
  }()

  @Test(arguments: InstructionSet.available)
  func sigmoidIsWithinTwoUnits(_ set: InstructionSet) throws {
    try check(.sigmoid, set) { $0 >= 0 ? 1 / (1 + exp(-$0)) : exp($0) / (1 + exp($0)) }
  }

  @Test(arguments: InstructionSet.available)
  func tanhIsWithinTwoUnits(_ set: InstructionSet) throws {
    try check(.tanh, set) { tanh($0) }
  }

  @Test(arguments: InstructionSet.available)
  func reluIsExact(_ set: InstructionSet) throws {
    try check(.relu, set) { $0.isNaN ? $0 : max($0, 0) }
  }

  @Test(arguments: InstructionSet.available)
  func exponentialIsWithinTwoUnits(_ set: InstructionSet) throws {
    check(.exponential, set) { exp($0) }
  }

  @Test(arguments: InstructionSet.available)
  func squareRootIsWithinTwoUnits(_ set: InstructionSet) throws {
    // Defined for what is not negative; a negative zero may lose its sign.
    check(.squareRoot, set, Self.inputs.filter { $0.isNaN || $0.sign == .plus }) { $0.squareRoot() }
  }

  private func check(
    _ function: VectorFunction, _ set: InstructionSet, _ inputs: [Float] = Self.inputs,
    _ exact: (Double) -> Double
  ) {
    // Kernels may read past the end of what they are given.
    let count = inputs.count
    var inputs = inputs + [Float](repeating: 1, count: CPUKernels.readAhead)
    var outputs = inputs
    inputs.withUnsafeMutableBufferPointer { from in
      outputs.withUnsafeMutableBufferPointer { to in
        guard let from = from.baseAddress, let to = to.baseAddress else { return }
        set.kernels.evaluate(function, from, to, count)
      }
    }
    var worst = (error: 0.0, input: Float(0), value: Float(0))
    for (x, y) in zip(inputs[..<count], outputs) {
      let distance = error(y, exact(Double(x)))
      if distance > worst.error { worst = (distance, x, y) }
    }
    #expect(worst.error <= 2, "\(function)(\(worst.input)) = \(worst.value)")
  }

  private func check(
    _ activation: Activation, _ set: InstructionSet, _ exact: (Double) -> Double
  ) throws {
    let backend = try CPUBackend(threads: 1, instructionSet: set)
    let input = try backend.makeTensor([Self.inputs.count], Self.inputs)
    let output = try backend.makeTensor([Self.inputs.count])
    try backend.enqueue(ActivationForward(activation, input, into: output))
    var worst = (error: 0.0, input: Float(0), value: Float(0))
    for (x, y) in zip(Self.inputs, try backend.read(output)) {
      let distance = error(y, exact(Double(x)))
      if distance > worst.error { worst = (distance, x, y) }
    }
    #expect(worst.error <= 2, "\(activation)(\(worst.input)) = \(worst.value)")
  }
}
