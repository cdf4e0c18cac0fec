import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: MatrixProduct) throws(ComputeError) {
    try product(operation)
  }

  /// A product with what only a recurrent layer asks of it.
  ///
  /// - Parameters:
  ///   - secondBias: `[N]`, added like the product's own.
  ///   - packing: the weights that it lays out on its way.
  ///   - least: the K from which on a cut is worth its second launch.
  func product(
    _ p: MatrixProduct, secondBias: Tensor? = nil, packing: RecurrentPacking? = nil,
    cutFrom least: Int = 2048
  ) throws(ComputeError) {
    guard p.rows > 0, p.columns > 0 else { return }
    _ = try int(p.rows * p.columns)
    let plan = plan(p.rows, p.columns, depth: p.depth) {
      ProductPlan(p.rows, p.columns, depth: p.depth, cutFrom: least)
    }
    let partials = plan.parts > 1 ? try makeTensor([plan.parts, p.rows, p.columns]) : nil
    try launch(
      ProductLaunch(
        rows: p.rows, columns: p.columns, depth: p.depth, left: p.left,
        transposeLeft: p.transposeLeft, right: p.right, transposeRight: p.transposeRight,
        scale: p.scale, accumulate: p.accumulate, activation: p.activation, output: p.output,
        bias: p.bias, secondBias: secondBias, packing: packing),
      plan, partials: partials)
    guard let partials else { return }
    try launch(
      "matrix_product_join", count: p.rows * p.columns,
      [
        "partials": .tensor(partials), "parts": .int(plan.parts), "output": .tensor(p.output),
        "bias": .tensor(p.bias), "bias2": .tensor(secondBias), "M": .int(p.rows),
        "N": .int(p.columns), "scale": .float(p.scale), "accumulate": .bool(p.accumulate),
        "activation": .int(p.activation.code),
      ])
  }

  /// All weight gradients of a layer as one product over its rows: the gradient of what the weights
  /// made, times what they were multiplied with. What the biases get is the sum of that gradient, which
  /// the product adds up on its way. Its parts may wait for those of other layers: see ``GradientJoins``.
  ///
  /// - Parameters:
  ///   - gradient: `[…, M]`
  ///   - input: `[…, C]`; nil: its weights' gradient is not wanted.
  ///   - state: what stands beside the input in a recurrent layer.
  ///   - targets: of `[M, C]`, `[M, H]`, `[M]` and `[M]`, contiguous; added to.
  func weightGradients(
    _ gradient: Tensor, input: Tensor?, state: PrecedingState? = nil,
    into targets: (input: Tensor, hidden: Tensor?, bias: Tensor, secondBias: Tensor?)
  ) throws(ComputeError) {
    let (rows, depth) = (gradient.columns, gradient.rows)
    let inputSize = input?.columns ?? 0
    let hiddenSize = state?.output.columns ?? 0
    let columns = inputSize + hiddenSize
    let plan = plan(rows, columns, depth: depth) {
      ProductPlan(joined: rows, columns, depth: depth)
    }
    let partials = try makeTensor([plan.parts, rows, columns + 1])
    try launch(
      ProductLaunch(
        rows: rows, columns: columns, depth: depth, left: gradient, transposeLeft: true,
        right: input, sumsLeft: true, state: state),
      plan, partials: partials)
    try enqueue(
      GradientJoin(
        partials: partials, parts: plan.parts, rows: rows, inputSize: inputSize,
        hiddenSize: hiddenSize,
        targets: [
          input == nil ? nil : targets.input, targets.hidden, targets.bias, targets.secondBias,
        ]))
  }

  /// How a product is made: of what a test wants to see, else of what suits its extents.
  private func plan(_ rows: Int, _ columns: Int, depth: Int, _ suited: () -> ProductPlan)
    -> ProductPlan
  {
    if let tile { return ProductPlan(trying: tile, depth: depth) }
    return isProcessor ? ProductPlan(onProcessor: rows, columns, depth: depth) : suited()
  }
}
