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
  /// `[N]` or less, added like the first to as many of the first columns.
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
  /// S·H: of the rows of the result so many, the last ones, are of the hidden state alone, and as many
  /// before them of the input alone.
  var separate = 0
}

/// Recurrent weights that a product lays out on its way for the recurrence after it.
struct RecurrentPacking {
  /// `[G·H, H]`
  var weights: Tensor
  /// `[depth, H·lanes]`: the gates of a unit side by side, in at least G lanes; written. Rows from H on
  /// are zero.
  var packed: Tensor

  /// H.
  var hidden: Int { weights.columns }
  /// G.
  var gates: Int { weights.rows / hidden }
  var lanes: Int { packed.columns / hidden }
}

extension OpenCLBackend {
  /// Enqueues the kernel for the plan's tile.
  ///
  /// - Parameters:
  ///   - partials: see matrix_product.cl; nil where the output is written at once.
  ///   - other: a product of the same extents, made in the same launch where it is like this one.
  func launch(
    _ product: ProductLaunch, _ plan: ProductPlan, partials: Tensor?,
    beside other: (product: ProductLaunch, partials: Tensor?)? = nil
  ) throws(ComputeError) {
    // Of the large tile, the other operands' addresses would take the registers of a second group.
    let isPair =
      plan.tile != .processor && plan.tile != .large
      && other.map { product.isLike($0.product) } ?? false
    let (name, arguments) =
      plan.tile == .processor
      ? product.forProcessor(plan, partials)
      : product.forGPU(plan, partials, beside: isPair ? other : nil)
    try launch(
      name,
      groups: plan.tile.groups(product.rows, product.columns) + [plan.parts * (isPair ? 2 : 1)],
      local: plan.tile.local, arguments)
    guard let other, !isPair else { return }
    try launch(other.product, plan, partials: other.partials)
  }
}

extension ProductLaunch {
  /// matrix_product.cl: what is known of the product when it is enqueued is an option.
  fileprivate func forGPU(
    _ plan: ProductPlan, _ partials: Tensor?,
    beside other: (product: ProductLaunch, partials: Tensor?)?
  ) -> (KernelName, KernelArguments) {
    var options = plan.tile.options
    options.merge(self.options(plan, partials)) { $1 }
    var arguments = operands(plan, partials)
    if let other {
      // Loads and stores that are right for both.
      options.merge(other.product.options(plan, other.partials)) { min($0, $1) }
      for name in ["RECURRENT", "INITIAL", "LENGTHS", "MASK", "PACK"] {
        options["PAIR_" + name] = options[name]
      }
      options["PAIR"] = 1
      // Extents are those of both.
      arguments =
        arguments
        + other.product.operands(plan, other.partials).named(
          "_other",
          without: [
            "bias2_count", "M", "N", "K", "part_depth", "scale", "accumulate", "batch", "C",
            "separate", "H", "depth",
          ])
    }
    return (KernelName("matrix_product", options), arguments)
  }

  /// Whether the two differ in where their operands and results lie, at most.
  fileprivate func isLike(_ other: ProductLaunch) -> Bool {
    func facts(_ product: ProductLaunch) -> [Int] {
      let state = product.state
      return [
        product.rows, product.columns, product.depth, product.transposeLeft ? 1 : 0,
        product.transposeRight ? 1 : 0, product.sumsLeft ? 1 : 0, product.accumulate ? 1 : 0,
        product.activation.code, Int(product.scale.bitPattern), state?.inputSize ?? -1,
        state?.output.shape[1] ?? -1, state?.initial == nil ? 0 : 1, state?.lengths == nil ? 0 : 1,
        state?.mask == nil ? 0 : 1, state?.separate ?? 0, product.secondBias?.count ?? -1,
        product.packing?.hidden ?? -1, product.packing?.packed.rows ?? -1,
      ]
    }
    return facts(self) == facts(other)
  }

  private func options(_ plan: ProductPlan, _ partials: Tensor?) -> [String: Int] {
    let tile = plan.tile
    let sides =
      state.map { [$0.inputSize, columns - $0.inputSize] } ?? (transposeRight ? [] : [columns])
    return [
      "RM": tile.itemRows, "RN": tile.itemColumns, "TRANSPOSE_LEFT": transposeLeft ? 1 : 0,
      "TRANSPOSE_RIGHT": transposeRight ? 1 : 0, "SUMS": sumsLeft ? 1 : 0,
      "RECURRENT": state == nil ? 0 : 1, "INITIAL": state?.initial == nil ? 0 : 1,
      "LENGTHS": state?.lengths == nil ? 0 : 1, "MASK": state?.mask == nil ? 0 : 1,
      "SEPARATE": state.map { $0.separate > 0 ? 1 : 0 } ?? 0, "PACK": packing?.gates ?? 0,
      "PACK_LANES": packing?.lanes ?? 0, "ACTIVATION": activation.code,
      "LEFT_WIDTH": tile.leftWidth(left, transposeLeft ? [rows] : []),
      "RIGHT_WIDTH": [right, state?.output].compactMap { $0 }
        .map { tile.rightWidth($0, sides) }.min() ?? 1,
      "OUTPUT_WIDTH": tile.outputWidth(partials == nil ? output : nil, columns),
    ]
  }

  private func operands(_ plan: ProductPlan, _ partials: Tensor?) -> KernelArguments {
    var arguments: KernelArguments =
      ["left": .tensor(left), "right": .tensor(right)] + target(plan, partials)
    if let state {
      arguments = arguments + states
      if let initial = state.initial { arguments = arguments + ["initial": .tensor(initial)] }
      if let lengths = state.lengths { arguments = arguments + ["lengths": .tensor(lengths)] }
      if let mask = state.mask { arguments = arguments + ["mask": .tensor(mask)] }
      if state.separate > 0 { arguments = arguments + ["separate": .int(state.separate)] }
    }
    return packing == nil ? arguments : arguments + packs
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
      "mask": .tensor(state?.mask), "separate": .int(state?.separate ?? 0),
    ]
    let counts: KernelArguments = [
      "gates": .int(packing?.gates ?? 0), "lanes": .int(packing?.lanes ?? 0),
    ]
    return (
      KernelName("matrix_product_processor", plan.tile.options),
      operands + target(plan, partials) + more + states + start + packs + counts
    )
  }

  /// Where the result goes, and the extents.
  private func target(_ plan: ProductPlan, _ partials: Tensor?) -> KernelArguments {
    [
      "output": .tensor(output), "bias": .tensor(bias), "bias2": .tensor(secondBias),
      "bias2_count": .int(secondBias?.count ?? 0),
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
      "H": .int(packing?.hidden ?? 0), "depth": .int(packing?.packed.rows ?? 0),
    ]
  }
}
