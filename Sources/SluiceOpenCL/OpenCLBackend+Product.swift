import SluiceCompute

extension OpenCLBackend {
  public func execute(_ operation: MatrixProduct) throws(ComputeError) {
    try product(ProductLaunch(operation))
  }

  /// A product with what only a recurrent layer asks of it.
  ///
  /// - Parameters:
  ///   - other: a second one of the same extents; in the same launch where the two are alike.
  ///   - least: the K from which on a cut is worth its second launch.
  func product(
    _ product: ProductLaunch, beside other: ProductLaunch? = nil, cutFrom least: Int = 2048
  ) throws(ComputeError) {
    let (rows, columns, depth) = (product.rows, product.columns, product.depth)
    guard rows > 0, columns > 0 else { return }
    _ = try int(rows * columns)
    let plan = plan(rows, columns, depth: depth) {
      ProductPlan(rows, columns, depth: depth, cutFrom: least)
    }
    guard plan.parts > 1 else {
      return try launch(product, plan, partials: nil, beside: other.map { ($0, nil) })
    }
    for product in [product] + (other.map { [$0] } ?? []) {
      let partials = try makeTensor([plan.parts, rows, columns])
      try launch(product, plan, partials: partials)
      try launch(
        "matrix_product_join", count: rows * columns,
        [
          "partials": .tensor(partials), "parts": .int(plan.parts),
          "output": .tensor(product.output), "bias": .tensor(product.bias),
          "bias2": .tensor(product.secondBias),
          "bias2_count": .int(product.secondBias?.count ?? 0), "M": .int(rows), "N": .int(columns),
          "scale": .float(product.scale), "accumulate": .bool(product.accumulate),
          "activation": .int(product.activation.code),
        ])
    }
  }

  /// All weight gradients of a layer as one product over its rows: the gradient of what the weights
  /// made, times what they were multiplied with. What the biases get is the sum of that gradient, which
  /// the product adds up on its way. Its parts may wait for those of other layers: see ``GradientJoins``.
  ///
  /// - Parameter other: a layer of the same extents; its product is made in the same launch where the two
  ///   are alike.
  func weightGradients(
    _ layer: WeightGradients, beside other: WeightGradients? = nil
  ) throws(ComputeError) {
    let (rows, columns, depth) = (layer.rows, layer.columns, layer.depth)
    let plan = plan(rows, columns, depth: depth) {
      ProductPlan(joined: rows, columns, depth: depth)
    }
    let partials = try makeTensor([plan.parts, rows, columns + 1])
    var others: (product: ProductLaunch, partials: Tensor?)?
    if let other { others = (other.product, try makeTensor([plan.parts, rows, columns + 1])) }
    try launch(layer.product, plan, partials: partials, beside: others)
    try enqueue(layer.join(partials, plan.parts))
    if let other, let partials = others?.partials {
      try enqueue(other.join(partials, plan.parts))
    }
  }

  /// How a product is made: of what a test wants to see, else of what suits its extents.
  private func plan(_ rows: Int, _ columns: Int, depth: Int, _ suited: () -> ProductPlan)
    -> ProductPlan
  {
    if let tile { return ProductPlan(trying: tile, depth: depth) }
    return isProcessor ? ProductPlan(onProcessor: rows, columns, depth: depth) : suited()
  }
}

/// The gradients of a layer's weights, and what they come from.
struct WeightGradients {
  /// `[…, M]`: of what the weights made.
  var gradient: Tensor
  /// `[…, C]`; nil: its weights' gradient is not wanted.
  var input: Tensor?
  /// What stands beside the input in a recurrent layer.
  var state: PrecedingState?
  /// `[M − S·H, C]`, contiguous, as all of them; added to.
  var inputWeight: Tensor
  /// `[M − S·H, H]`
  var hiddenWeight: Tensor?
  /// `[M − S·H]`
  var bias: Tensor
  /// `[M − S·H]`
  var secondBias: Tensor?

  var rows: Int { gradient.columns }
  var depth: Int { gradient.rows }
  private var inputSize: Int { input?.columns ?? 0 }
  private var hiddenSize: Int { state?.output.columns ?? 0 }
  var columns: Int { inputSize + hiddenSize }

  /// What gives the parts of them all.
  var product: ProductLaunch {
    ProductLaunch(
      rows: rows, columns: columns, depth: depth, left: gradient, transposeLeft: true,
      right: input, sumsLeft: true, state: state)
  }

  /// What adds the parts up.
  func join(_ partials: Tensor, _ parts: Int) -> GradientJoin {
    GradientJoin(
      partials: partials, parts: parts, rows: rows, separate: state?.separate ?? 0,
      inputSize: inputSize, hiddenSize: hiddenSize,
      targets: [input == nil ? nil : inputWeight, hiddenWeight, bias, secondBias])
  }
}

extension ProductLaunch {
  init(_ p: MatrixProduct) {
    self.init(
      rows: p.rows, columns: p.columns, depth: p.depth, left: p.left,
      transposeLeft: p.transposeLeft, right: p.right, transposeRight: p.transposeRight,
      scale: p.scale, accumulate: p.accumulate, activation: p.activation, output: p.output,
      bias: p.bias)
  }
}
