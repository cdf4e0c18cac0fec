import SluiceCPU
import SluiceCompute
import TestSupport
import Testing

/// A generator of test data.
func randomValues(_ count: Int, stream: UInt32, scale: Float = 1) -> [Float] {
  var generator = PhiloxGenerator(RandomStream(seed: 7, stream: stream))
  return (0..<count).map { _ in (generator.uniform() * 2 - 1) * scale }
}

@Suite struct ProductTests {
  @Test(arguments: InstructionSet.available, [false, true])
  func equalsDouble(_ set: InstructionSet, _ transposed: Bool) throws {
    let backend = try CPUBackend(threads: 2, instructionSet: set)
    for (m, n, k) in [
      (1, 1, 1), (3, 7, 5), (8, 32, 16), (13, 50, 33), (65, 200, 300), (20, 30, 3000),
    ] {
      let a = randomValues(m * k, stream: 1)
      let b = randomValues(k * n, stream: 2)
      let bias = randomValues(n, stream: 3)
      for (transposeLeft, transposeRight) in [(transposed, false), (transposed, true)] {
        let left = try backend.makeTensor(transposeLeft ? [k, m] : [m, k], a)
        let right = try backend.makeTensor(transposeRight ? [n, k] : [k, n], b)
        let output = try backend.makeTensor([m, n])
        try backend.enqueue(
          MatrixProduct(
            left, right, bias: try backend.makeTensor([n], bias), into: output,
            transposeLeft: transposeLeft, transposeRight: transposeRight, scale: 0.5))
        try backend.enqueue(
          MatrixProduct(
            left, right, into: output, transposeLeft: transposeLeft,
            transposeRight: transposeRight, accumulate: true))
        var expected = [Double](repeating: 0, count: m * n)
        for i in 0..<m {
          for j in 0..<n {
            var total = 0.0
            for l in 0..<k {
              total +=
                Double(transposeLeft ? a[l * m + i] : a[i * k + l])
                * Double(transposeRight ? b[j * k + l] : b[l * n + j])
            }
            expected[i * n + j] = total * 1.5 + Double(bias[j])
          }
        }
        #expect(relativeError(try backend.read(output), expected) < 1e-6)
      }
    }
  }
}
