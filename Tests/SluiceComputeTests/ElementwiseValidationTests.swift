import SluiceCompute
import Testing

@Suite("Checks of elementwise operations, reductions and products")
struct ElementwiseValidationTests {
  @Test("views must lie within their buffers")
  func bounds() {
    let buffer = HostBuffer(10)
    #expect(failure(Fill(Tensor(buffer: buffer, shape: [10]), with: 0)) == nil)
    #expect(failure(Fill(Tensor(buffer: buffer, shape: [11]), with: 0)) == .shapeMismatch)
    #expect(
      failure(Fill(Tensor(buffer: buffer, offset: 1, shape: [10]), with: 0)) == .shapeMismatch)
    #expect(
      failure(Fill(Tensor(buffer: buffer, offset: -1, shape: [2]), with: 0)) == .shapeMismatch)
    // The last row need not be followed by its padding.
    let rows = Tensor(buffer: buffer, shape: [2, 4], rowStride: 6)
    #expect(failure(Fill(rows, with: 0)) == nil)
    let overlapping = Tensor(buffer: buffer, shape: [2, 4], rowStride: 3)
    #expect(failure(Fill(overlapping, with: 0)) == .shapeMismatch)
    #expect(failure(Fill(Tensor(buffer: buffer, shape: [-1, -4]), with: 0)) == .shapeMismatch)
  }

  @Test("fill takes integers, contiguous ones")
  func fill() {
    #expect(failure(Fill(integers([3, 4]), with: 1)) == nil)
    let view = Tensor(buffer: HostBuffer(20, .int32), shape: [2, 4], rowStride: 6)
    #expect(failure(Fill(view, with: 1)) == .shapeMismatch)
  }

  @Test("copy")
  func copy() {
    #expect(failure(Copy(strided([3, 4]), to: strided([2, 3, 4]))) == nil)
    #expect(failure(Copy(floats([3, 4]), to: floats([4, 4]))) == .shapeMismatch)
    #expect(failure(Copy(floats([3, 4]), to: floats([3, 5]))) == .shapeMismatch)
    #expect(failure(Copy(floats([0, 4]), to: floats([3, 4]))) == .shapeMismatch)
    #expect(failure(Copy(integers([3, 4]), to: floats([3, 4]))) == .shapeMismatch)
    #expect(failure(Copy(floats([3, 4]), to: short([3, 4]))) == .shapeMismatch)
  }

  @Test("linear combination")
  func linearCombination() {
    func check(_ input: Tensor, _ output: Tensor) -> ComputeError.Code? {
      failure(LinearCombination(input, scale: 1, to: output, outputScale: 1))
    }
    #expect(check(floats([12]), floats([3, 4])) == nil)
    #expect(check(floats([12]), floats([13])) == .shapeMismatch)
    #expect(check(strided([3, 4]), floats([3, 4])) == .shapeMismatch)
    #expect(check(floats([3, 4]), strided([3, 4])) == .shapeMismatch)
    #expect(check(floats([3]), integers([3])) == .shapeMismatch)
  }

  @Test("activations")
  func activations() {
    #expect(failure(ActivationForward(.tanh, strided([3, 4]), into: floats([3, 4]))) == nil)
    #expect(
      failure(ActivationForward(.tanh, floats([3, 4]), into: floats([4, 3]))) == .shapeMismatch)
    #expect(failure(ActivationForward(.tanh, short([3]), into: floats([3]))) == .shapeMismatch)
    func backward(_ a: Tensor, _ b: Tensor, _ c: Tensor) -> ComputeError.Code? {
      failure(ActivationBackward(.relu, output: a, outputGradient: b, inputGradient: c))
    }
    #expect(backward(floats([3, 4]), strided([3, 4]), floats([3, 4])) == nil)
    #expect(backward(floats([3, 4]), floats([12]), floats([3, 4])) == .shapeMismatch)
    #expect(backward(floats([3, 4]), floats([3, 4]), floats([3, 3])) == .shapeMismatch)
    #expect(backward(floats([3]), integers([3]), floats([3])) == .shapeMismatch)
  }

  @Test("dropout")
  func dropout() {
    func check(_ rate: Float, period: Int? = nil, output: Shape = [6, 4]) -> ComputeError.Code? {
      failure(
        Dropout(
          rate: rate, stream: RandomStream(seed: 0, stream: 0), period: period, floats([6, 4]),
          into: floats(output)))
    }
    #expect(check(0) == nil)
    #expect(check(0.9, period: 8) == nil)
    #expect(check(1) == .invalidArgument)
    #expect(check(-0.1) == .invalidArgument)
    #expect(check(.nan) == .invalidArgument)
    #expect(check(0.5, period: 6) == .invalidArgument)
    #expect(check(0.5, period: 0) == .invalidArgument)
    #expect(check(0.5, output: [4, 6]) == .shapeMismatch)
  }

  @Test("reductions")
  func reductions() {
    #expect(failure(ColumnSum(strided([2, 3, 4]), into: floats([4]))) == nil)
    #expect(failure(ColumnSum(floats([3, 4]), into: floats([3]))) == .shapeMismatch)
    #expect(failure(ColumnSum(floats([3, 1]), into: short([1]))) == .shapeMismatch)

    #expect(failure(SumOverSteps(strided([5, 3, 4]), into: strided([3, 4]))) == nil)
    #expect(failure(SumOverSteps(floats([5, 3, 4]), into: floats([4, 3]))) == .shapeMismatch)
    #expect(failure(SumOverSteps(floats([5, 4]), into: floats([4]))) == .shapeMismatch)

    #expect(failure(SumOfSquares(floats([7]), into: floats([1]))) == nil)
    #expect(failure(SumOfSquares(strided([2, 7]), into: floats([1]))) == .shapeMismatch)
    #expect(failure(SumOfSquares(floats([7]), into: floats([2]))) == .shapeMismatch)
    #expect(failure(SumOfSquares(integers([7]), into: floats([1]))) == .shapeMismatch)
  }

  @Test("matrix product")
  func matrixProduct() {
    let (a, b, c) = (floats([3, 4]), floats([4, 5]), floats([3, 5]))
    #expect(failure(MatrixProduct(a, b, into: c)) == nil)
    #expect(failure(MatrixProduct(a, b, into: floats([5, 3]))) == .shapeMismatch)
    #expect(failure(MatrixProduct(a, floats([5, 4]), into: c)) == .shapeMismatch)
    #expect(failure(MatrixProduct(a, floats([5, 4]), into: c, transposeRight: true)) == nil)
    #expect(failure(MatrixProduct(floats([4, 3]), b, into: c, transposeLeft: true)) == nil)
    #expect(failure(MatrixProduct(floats([4, 3]), b, into: c)) == .shapeMismatch)
    #expect(failure(MatrixProduct(a, integers([4, 5]), into: c)) == .shapeMismatch)
    #expect(failure(MatrixProduct(a, short([4, 5]), into: c)) == .shapeMismatch)
    #expect(failure(MatrixProduct(strided([2, 3, 4]), b, into: strided([2, 3, 5]))) == nil)

    let bias = floats([5])
    #expect(failure(MatrixProduct(a, b, bias: bias, into: c, activation: .tanh)) == nil)
    #expect(failure(MatrixProduct(a, b, bias: floats([3]), into: c)) == .shapeMismatch)
    #expect(failure(MatrixProduct(a, b, bias: bias, into: c, accumulate: true)) == .invalidArgument)
    #expect(
      failure(MatrixProduct(a, b, into: c, accumulate: true, activation: .relu))
        == .invalidArgument)

    let product = MatrixProduct(floats([4, 3]), b, into: c, transposeLeft: true)
    #expect((product.rows, product.columns, product.depth) == (3, 5, 4))
  }
}
