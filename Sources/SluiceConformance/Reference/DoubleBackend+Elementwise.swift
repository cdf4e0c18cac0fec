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

extension DoubleBackend {
  package func execute(_ operation: LinearBackward) throws(ComputeError) {
    try operation.inParts(on: self)
  }

  package func execute(_ operation: Concatenate) throws(ComputeError) {
    if let dropout = operation.dropout { return try operation.inParts(dropout, on: self) }
    let rows = operation.output.rows
    let parts = try operation.parts.map { part throws(ComputeError) in try values(part.input) }
    var output: [Double] = []
    for row in 0..<rows {
      for (part, values) in zip(operation.parts, parts) {
        for step in 0..<part.steps {
          let own = (step * rows + row) % part.input.rows
          output += values[own * part.input.columns..<(own + 1) * part.input.columns]
        }
      }
    }
    try set(operation.output, output)
  }

  package func execute(_ operation: ColumnsToSteps) throws(ComputeError) {
    let shape = operation.output.shape
    let (T, R, C) = (shape[0], shape[1], shape[2])
    let input = try values(operation.input)
    var output: [Double] = []
    for t in 0..<T {
      for r in 0..<R {
        let first = (r * T + t) * C
        output += input[first..<first + C]
      }
    }
    try set(operation.output, output, accumulate: operation.accumulate)
  }
}
