import SluiceCPUInterface
import SluiceCompute
import SluicePlatform
import Testing

@testable import SluiceCPU

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

  @Test(arguments: InstructionSet.available)
  func logarithmIsWithinTwoUnits(_ set: InstructionSet) throws {
    check(.logarithm, set, Self.inputs + Self.nearOne) { log($0) }
  }

  @Test(arguments: InstructionSet.available)
  func logarithmOfOnePlusIsWithinTwoUnits(_ set: InstructionSet) throws {
    check(.logarithmOfOnePlus, set, Self.inputs + Self.nearOne + Self.nearOne.map { -$0 }) {
      log1p($0)
    }
  }

  /// The special values, where a tolerance would hide a wrong one.
  @Test(arguments: InstructionSet.available)
  func logarithmsHaveTheirPolesAndEdges(_ set: InstructionSet) throws {
    let logs = evaluate(.logarithm, set, [0, -0.0, 1, .infinity, -.infinity, -1, .nan])
    #expect(logs[..<4] == [-.infinity, -.infinity, 0, .infinity])
    #expect(logs[4...].map(\.isNaN) == [true, true, true])
    let shifted = evaluate(.logarithmOfOnePlus, set, [-1, 0, .infinity, -.infinity, -1.5, .nan])
    #expect(shifted[..<3] == [-.infinity, 0, .infinity])
    #expect(shifted[3...].map(\.isNaN) == [true, true, true])
    // Subnormal results of subnormal inputs are not flushed here.
    #expect(evaluate(.logarithmOfOnePlus, set, [1e-40]) == [1e-40])
    #expect(abs(evaluate(.logarithm, set, [.leastNonzeroMagnitude])[0] + 103.278_93) < 2e-5)
  }

  /// Every 1,009th float between ½ and 2, where the logarithm passes through zero.
  static let nearOne: [Float] =
    stride(from: UInt32(0x3F00_0000), through: 0x4000_0000, by: 1009)
    .map { Float(bitPattern: $0) } + [Float(1).nextUp, Float(1).nextDown]

  private func check(
    _ function: VectorFunction, _ set: InstructionSet, _ inputs: [Float] = Self.inputs,
    _ exact: (Double) -> Double
  ) {
    let outputs = evaluate(function, set, inputs)
    var worst = (error: 0.0, input: Float(0), value: Float(0))
    for (x, y) in zip(inputs, outputs) {
      let distance = error(y, exact(Double(x)))
      if distance > worst.error { worst = (distance, x, y) }
    }
    #expect(worst.error <= 2, "\(function)(\(worst.input)) = \(worst.value)")
  }

  private func evaluate(_ function: VectorFunction, _ set: InstructionSet, _ inputs: [Float])
    -> [Float]
  {
    // Kernels may read past the end of what they are given.
    var padded = inputs + [Float](repeating: 1, count: CPUKernels.readAhead)
    var outputs = padded
    padded.withUnsafeMutableBufferPointer { from in
      outputs.withUnsafeMutableBufferPointer { to in
        guard let from = from.baseAddress, let to = to.baseAddress else { return }
        set.kernels.evaluate(function, from, to, inputs.count)
      }
    }
    return Array(outputs[..<inputs.count])
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
