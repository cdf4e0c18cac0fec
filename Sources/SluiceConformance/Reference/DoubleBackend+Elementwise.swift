import SluiceCompute

extension DoubleBackend {
  package func execute(_ operation: Fill) throws(ComputeError) {
    let value = Double(operation.value)
    try set(operation.output, Array(repeating: value, count: operation.output.count))
  }

  package func execute(_ operation: Copy) throws(ComputeError) {
    let input = try values(operation.input)
    let repeated = (0..<operation.output.count).map { input[$0 % input.count] }
    try set(operation.output, repeated, accumulate: operation.accumulate)
  }

  package func execute(_ operation: LinearCombination) throws(ComputeError) {
    let (scale, outputScale) = (Double(operation.inputScale), Double(operation.outputScale))
    let input = try values(operation.input)
    let before = try values(operation.output)
    // Where the output is overwritten it may have held anything.
    let sum = zip(input, before).map { x, y in
      scale * x + (outputScale == 0 ? 0 : outputScale * y)
    }
    try set(operation.output, sum)
  }

  package func execute(_ operation: SumOverSteps) throws(ComputeError) {
    let sums = Reference.columnSum(try values(operation.input), columns: operation.output.count)
    try set(operation.output, sums, accumulate: operation.accumulate)
  }

  package func execute(_ operation: ColumnSum) throws(ComputeError) {
    let sums = Reference.columnSum(try values(operation.input), columns: operation.output.count)
    try set(operation.output, sums, accumulate: operation.accumulate)
  }

  package func execute(_ operation: SumOfSquares) throws(ComputeError) {
    try set(operation.output, [try values(operation.input).reduce(0) { $0 + $1 * $1 }])
  }

  package func execute(_ operation: MatrixProduct) throws(ComputeError) {
    let (m, n, k) = (operation.rows, operation.columns, operation.depth)
    let product = Reference.product(
      try values(operation.left), try values(operation.right), m: m, n: n, k: k,
      transposeLeft: operation.transposeLeft, transposeRight: operation.transposeRight)
    let bias = try values(operation.bias)
    let output = product.indices.map { index in
      Reference.activation(
        operation.activation, Double(operation.scale) * product[index] + (bias?[index % n] ?? 0))
    }
    try set(operation.output, output, accumulate: operation.accumulate)
  }

  package func execute(_ operation: ActivationForward) throws(ComputeError) {
    let activation = operation.activation
    let input = try values(operation.input)
    try set(operation.output, input.map { Reference.activation(activation, $0) })
  }

  package func execute(_ operation: ActivationBackward) throws(ComputeError) {
    let activation = operation.activation
    let outputs = try values(operation.output)
    let gradients = try values(operation.outputGradient)
    let products = zip(outputs, gradients).map { y, gradient in
      Reference.activationDerivative(activation, output: y) * gradient
    }
    try set(operation.inputGradient, products, accumulate: operation.accumulate)
  }

  package func execute(_ operation: Dropout) throws(ComputeError) {
    let input = try values(operation.input)
    let factors = Reference.dropoutFactors(
      rate: operation.rate, stream: operation.stream, count: input.count, period: operation.period)
    let output = zip(input, factors).map { $0 * $1 }
    try set(operation.output, output, accumulate: operation.accumulate)
  }
}
