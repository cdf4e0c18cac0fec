import SluiceCompute

/// What the kernels of products compute, in matrix_product.cl's terms: a product, and what only layers
/// ask of it.
struct ProductLaunch {
  /// M, N and K.
  var rows: Int
  var columns: Int
  var depth: Int
  var left: Tensor
  var transposeLeft = false
  /// Nil where ``state`` is all there is on the right.
  var right: Tensor?
  var transposeRight = false
  var scale: Float = 1
  var accumulate = false
  var activation = Activation.identity
  /// Nil: the parts are all that is wanted.
  var output: Tensor?
  var bias: Tensor?
  /// `[N]`, added like the first.
  var secondBias: Tensor?
  /// Whether the sums of the left operand over K follow behind the parts.
  var sumsLeft = false
  var state: PrecedingState?
  var packing: RecurrentPacking?
}

/// The hidden states before each step, which stand beside a recurrent layer's input.
struct PrecedingState {
  /// `[T, N, H]`: the layer's output.
  var output: Tensor
  /// Columns of the input, 0 where it is left out.
  var inputSize: Int
  var isReverse: Bool
  /// `[N, H]`; nil: zero.
  var initial: Tensor?
  /// `[N]`
  var lengths: Tensor?
  /// `[N, H]`
  var mask: Tensor?
}

/// Recurrent weights that a product lays out on its way for the recurrence after it.
struct RecurrentPacking {
  /// `[4H, H]`
  var weights: Tensor
  /// `[depth, 4H]`, H times four floats a row; written. The depth is H rounded up to whole float4.
  var packed: Tensor
}

extension OpenCLBackend {
  /// Enqueues the kernel for the plan's tile.
  ///
  /// - Parameter partials: see matrix_product.cl; nil where the output is written at once.
  func launch(_ product: ProductLaunch, _ plan: ProductPlan, partials: Tensor?)
    throws(ComputeError)
  {
    let (name, arguments) =
      plan.tile == .processor
      ? product.forProcessor(plan, partials) : product.forGPU(plan, partials)
    try launch(
      name, groups: plan.tile.groups(product.rows, product.columns) + [plan.parts],
      local: plan.tile.local, arguments)
  }
}

extension ProductLaunch {
  /// matrix_product.cl: what is known of the product when it is enqueued is an option.
  fileprivate func forGPU(_ plan: ProductPlan, _ partials: Tensor?) -> (KernelName, KernelArguments)
  {
    let tile = plan.tile
    var options = tile.options
    options["RM"] = tile.itemRows
    options["RN"] = tile.itemColumns
    options["TRANSPOSE_LEFT"] = transposeLeft ? 1 : 0
    options["TRANSPOSE_RIGHT"] = transposeRight ? 1 : 0
    options["SUMS"] = sumsLeft ? 1 : 0
    options["RECURRENT"] = state == nil ? 0 : 1
    options["PACK"] = packing == nil ? 0 : 1
    options["ACTIVATION"] = activation.code
    options["LEFT_WIDTH"] = tile.leftWidth(left, transposeLeft ? [rows] : [])
    options["OUTPUT_WIDTH"] = tile.outputWidth(partials == nil ? output : nil, columns)
    let sides =
      state.map { [$0.inputSize, columns - $0.inputSize] } ?? (transposeRight ? [] : [columns])
    options["RIGHT_WIDTH"] =
      [right, state?.output].compactMap { $0 }.map { tile.rightWidth($0, sides) }.min()
    var arguments: KernelArguments =
      ["left": .tensor(left), "right": .tensor(right)] + target(plan, partials)
    if let state {
      options["INITIAL"] = state.initial == nil ? 0 : 1
      options["LENGTHS"] = state.lengths == nil ? 0 : 1
      options["MASK"] = state.mask == nil ? 0 : 1
      arguments = arguments + states
      if let initial = state.initial { arguments = arguments + ["initial": .tensor(initial)] }
      if let lengths = state.lengths { arguments = arguments + ["lengths": .tensor(lengths)] }
      if let mask = state.mask { arguments = arguments + ["mask": .tensor(mask)] }
    }
    if packing != nil { arguments = arguments + packs }
    return (KernelName("matrix_product", options), arguments)
  }

  /// matrix_product_processor.cl: one program for all.
  fileprivate func forProcessor(_ plan: ProductPlan, _ partials: Tensor?)
    -> (KernelName, KernelArguments)
  {
    let operands: KernelArguments = [
      "left": .tensor(left), "transpose_left": .bool(transposeLeft), "right": .tensor(right),
      "transpose_right": .bool(transposeRight),
    ]
    let more: KernelArguments = [
      "activation": .int(activation.code), "left_sums": .bool(sumsLeft),
    ]
    let start: KernelArguments = [
      "initial": .tensor(state?.initial), "lengths": .tensor(state?.lengths),
      "mask": .tensor(state?.mask),
    ]
    return (
      KernelName("matrix_product_processor", plan.tile.options),
      operands + target(plan, partials) + more + states + start + packs
    )
  }

  /// Where the result goes, and the extents.
  private func target(_ plan: ProductPlan, _ partials: Tensor?) -> KernelArguments {
    [
      "output": .tensor(output), "bias": .tensor(bias), "bias2": .tensor(secondBias),
      "partials": .tensor(partials), "M": .int(rows), "N": .int(columns), "K": .int(depth),
      "part_depth": .int(plan.partDepth), "scale": .float(scale), "accumulate": .bool(accumulate),
    ]
  }

  private var states: KernelArguments {
    [
      "hidden": .tensor(state?.output), "batch": .int(state?.output.shape[1] ?? 0),
      "C": .int(state?.inputSize ?? 0), "reverse": .bool(state?.isReverse ?? false),
    ]
  }

  private var packs: KernelArguments {
    [
      "recurrent": .tensor(packing?.weights), "packed": .tensor(packing?.packed),
      "H": .int(packing?.weights.columns ?? 0), "depth": .int(packing?.packed.rows ?? 0),
    ]
  }
}
