import SluiceCompute

/// Recurrent weights that a product lays out on its way for the recurrence after it.
struct RecurrentPacking {
  /// `[4H, H]`
  var weights: Tensor
  /// `[depth, 4H]`, H times four floats a row; written. The depth is H rounded up to whole float4.
  var packed: Tensor
}

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
    let plan = plan(depth: p.depth) {
      ProductPlan(p.rows, p.columns, depth: p.depth, cutFrom: least)
    }
    let partials = plan.parts > 1 ? try makeTensor([plan.parts, p.rows, p.columns]) : nil
    let target: KernelArguments = [
      "output": .tensor(p.output), "bias": .tensor(p.bias), "bias2": .tensor(secondBias),
    ]
    let packed: KernelArguments =
      packing.map {
        [
          "recurrent": .tensor($0.weights), "packed": .tensor($0.packed),
          "H": .int($0.weights.columns), "depth": .int($0.packed.rows),
        ]
      } ?? [:]
    var options = options(of: plan.tile)
    options["TRANSPOSE_LEFT"] = p.transposeLeft ? 1 : 0
    options["TRANSPOSE_RIGHT"] = p.transposeRight ? 1 : 0
    options["PACK"] = packing == nil ? 0 : 1
    options["ACTIVATION"] = p.activation.code
    options["LEFT_WIDTH"] = plan.tile.leftWidth(p.left, p.transposeLeft ? [p.rows] : [])
    options["RIGHT_WIDTH"] = plan.tile.rightWidth(p.right, p.transposeRight ? [] : [p.columns])
    options["OUTPUT_WIDTH"] = plan.tile.outputWidth(partials == nil ? p.output : nil, p.columns)
    try launch(
      KernelName("matrix_product", options),
      groups: plan.tile.groups(p.rows, p.columns) + [plan.parts], local: plan.tile.local,
      ["left": .tensor(p.left), "right": .tensor(p.right)] + target + [
        "partials": .tensor(partials), "M": .int(p.rows), "N": .int(p.columns),
        "K": .int(p.depth), "part_depth": .int(plan.partDepth), "scale": .float(p.scale),
        "accumulate": .bool(p.accumulate),
      ] + packed)
    guard let partials else { return }
    try launch(
      "matrix_product_join", count: p.rows * p.columns,
      ["partials": .tensor(partials), "parts": .int(plan.parts)] + target + [
        "M": .int(p.rows), "N": .int(p.columns), "scale": .float(p.scale),
        "accumulate": .bool(p.accumulate), "activation": .int(p.activation.code),
      ])
  }

  /// What a product of this depth is made of: what a test wants to see, else what suits its extents.
  func plan(depth: Int, _ suited: () -> ProductPlan) -> ProductPlan {
    if let tile { return ProductPlan(trying: tile, depth: depth) }
    return device.kind == .cpu ? suited().onProcessor(depth) : suited()
  }

  /// What matrix_product.cl is compiled with for a tile. Loops are written out for a GPU: sums stay in
  /// registers, and loads run ahead of what needs them. A processor has too few registers for that.
  func options(of tile: ProductTile) -> [String: Int] {
    [
      "BM": tile.rows, "BN": tile.columns, "BK": tile.depth, "RM": tile.itemRows,
      "RN": tile.itemColumns, "UNROLL": device.kind == .cpu ? 0 : 1,
    ]
  }
}
