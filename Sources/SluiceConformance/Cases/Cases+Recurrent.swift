import SluiceCompute

extension Conformance {
  static let recurrentForwardCases: [ConformanceCase] = RecurrentForm.forward.map { form in
    ConformanceCase(RecurrentForward.name, "\(form)", tolerance: 1e-5) { w in
      let layer = try PlacedLayer(w, form)
      try w.enqueue(layer.forward)
      try layer.compareForward(w)
    }
  }

  static let recurrentBackwardCases: [ConformanceCase] =
    RecurrentForm.backward.map { form in
      ConformanceCase(RecurrentBackward.name, "\(form)", tolerance: 1e-5) { w in
        let layer = try PlacedLayer(w, form)
        var forward = layer.forward
        // Backward reads the initial state too, so it must not be written over here.
        if form.aliasesStates { forward.final = nil }
        try w.enqueue(forward)
        try PlacedBackward(w, layer).run(w)
      }
    }
    + RecurrentForm.backward.filter { $0.hasLengths && $0.T == 7 }.map { form in
      // What stands past a row's length in what forward kept is undefined: here it is NaN.
      ConformanceCase(
        RecurrentBackward.name, "\(form), NaN past the lengths", tolerance: 1e-5
      ) { w in
        let layer = try PlacedLayer(w, form)
        try w.expect(layer.forward)
        try layer.writeKept(w)
        try PlacedBackward(w, layer).run(w)
      }
    }

  /// Both directions of a layer, each with tensors of its own.
  static let bidirectionalForwardCases: [ConformanceCase] = RecurrentForm.bidirectional.map {
    form in
    ConformanceCase(BidirectionalForward.name, "\(form)", tolerance: 1e-5) { w in
      let layers = try [form, form.opposite].map { try PlacedLayer(w, $0) }
      try w.enqueue(BidirectionalForward(layers[0].forward, layers[1].forward))
      for layer in layers { try layer.compareForward(w) }
    }
  }

  static let bidirectionalBackwardCases: [ConformanceCase] = RecurrentForm.bidirectional.map {
    form in
    ConformanceCase(BidirectionalBackward.name, "\(form)", tolerance: 1e-5) { w in
      let layers = try [form, form.opposite].map { try PlacedLayer(w, $0) }
      for layer in layers { try w.enqueue(layer.forward) }
      let gradients = try layers.map { try PlacedBackward(w, $0) }
      try w.enqueue(BidirectionalBackward(gradients[0].operation, gradients[1].operation))
      for gradient in gradients { try gradient.compare(w) }
    }
  }
}

/// A layer's tensors for backward.
private struct PlacedBackward {
  let operation: RecurrentBackward

  init(_ w: Workspace, _ layer: PlacedLayer) throws {
    let form = layer.form
    let (T, N, C, H) = (form.T, form.N, form.C, form.H)
    let width = form.cell.gateCount * H

    // Past a row's length the gradient of the output may hold anything.
    var outputGradient = form.hasOutputGradient ? w.draw(T * N * H) : nil
    for row in 0..<T * N where row / N >= layer.ends[row % N] {
      for j in 0..<H { outputGradient?[row * H + j] = .nan }
    }
    let finalHidden = form.hasFinal ? w.draw(N * H) : nil
    let finalCell = form.hasFinal && form.cell.hasCellState ? w.draw(N * H) : nil

    var finalGradient: RecurrentState?
    if let finalHidden {
      finalGradient =
        form.aliasesStates
        ? RecurrentState(
          hidden: try w.output([N, H], holding: finalHidden),
          cell: try finalCell.map { try w.output([N, H], holding: $0) })
        : RecurrentState(
          hidden: try w.input(finalHidden, [N, H], .shifted),
          cell: try finalCell.map { try w.input($0, [N, H], .shifted) })
    }
    var initialGradient: RecurrentState?
    if form.hasInitial {
      initialGradient =
        form.aliasesStates
        ? finalGradient
        : RecurrentState(
          hidden: try w.output([N, H]),
          cell: form.cell.hasCellState ? try w.output([N, H], .shifted) : nil)
    }

    let before = (
      input: form.accumulatesInputGradient ? w.draw(layer.inputShape.count) : nil,
      inputWeight: w.draw(width * C, scale: 0.1), hiddenWeight: w.draw(width * H, scale: 0.1),
      inputBias: w.draw(width, scale: 0.1), hiddenBias: w.draw(width, scale: 0.1)
    )
    let inputGradient =
      form.hasInputGradient
      ? try w.output(
        layer.inputShape, form.V == nil ? form.layout : .shifted, holding: before.input) : nil
    let weightGradients = RecurrentWeights(
      input: try w.output([width, C], .shifted, holding: before.inputWeight),
      hidden: try w.output([width, H], .shifted, holding: before.hiddenWeight),
      inputBias: try w.output([width], .shifted, holding: before.inputBias),
      hiddenBias: try w.output([width], .shifted, holding: before.hiddenBias))

    operation = RecurrentBackward(
      form.descriptor, input: layer.input, tokens: layer.tokens?.device, weights: layer.weights,
      lengths: layer.lengths, initial: layer.initial, dropout: form.dropout, output: layer.output,
      gates: try layer.kept(layer.gates), cells: layer.cells,
      outputGradient: try outputGradient.map { try w.input($0, [T, N, H], form.layout) },
      finalGradient: finalGradient, inputGradient: inputGradient,
      accumulateInputGradient: form.accumulatesInputGradient, initialGradient: initialGradient,
      weightGradients: weightGradients)
  }

  func run(_ w: Workspace) throws {
    try w.enqueue(operation)
    try compare(w)
  }

  func compare(_ w: Workspace) throws {
    try w.compare("gate gradients", operation.gates)
    if let inputGradient = operation.inputGradient {
      try w.compare("input gradient", inputGradient)
    }
    if let initialGradient = operation.initialGradient {
      try w.compare("initial hidden gradient", initialGradient.hidden)
      if let cell = initialGradient.cell { try w.compare("initial cell gradient", cell) }
    }
    let weightGradients = operation.weightGradients
    try w.compare("input weight gradient", weightGradients.input)
    try w.compare("hidden weight gradient", weightGradients.hidden)
    try w.compare("input bias gradient", weightGradients.inputBias, floor: 0.1)
    try w.compare("hidden bias gradient", weightGradients.hiddenBias, floor: 0.1)
  }
}

/// A layer's tensors.
struct PlacedLayer {
  let form: RecurrentForm
  /// Every row's length, T where there are none.
  let ends: [Int]
  let input: Tensor
  let tokens: PlacedTokens?
  let weights: RecurrentWeights
  let lengths: Tensor?
  let initial: RecurrentState?
  let final: RecurrentState?
  let output: Tensor
  let gates: Tensor?
  let cells: Tensor?

  init(_ w: Workspace, _ form: RecurrentForm) throws {
    let (T, N, C, H) = (form.T, form.N, form.C, form.H)
    let width = form.cell.gateCount * H
    self.form = form
    let values = w.draw((form.V ?? T * N) * C)
    let inputWeight = w.draw(width * C, scale: 1.5 / Float(C).squareRoot())
    let hiddenWeight = w.draw(width * H, scale: 1.5 / Float(H).squareRoot())
    let inputBias = w.draw(width, scale: 0.5)
    let hiddenBias = w.draw(width, scale: 0.5)
    let ends = form.hasLengths ? Conformance.drawLengths(w, steps: T, batch: N) : nil
    let hidden = form.hasInitial ? w.draw(N * H) : nil
    let cell = form.hasInitial && form.cell.hasCellState ? w.draw(N * H, scale: 2) : nil
    self.ends = ends?.map(Int.init) ?? Array(repeating: T, count: N)
    tokens = try form.V.map { try PlacedTokens(w, form, vocabulary: $0) }

    if let tokens, let V = form.V {
      input = try w.input(tokens.table(values, form), [V, C], .shifted)
    } else {
      input = try w.input(values, [T, N, C], form.layout)
    }
    weights = RecurrentWeights(
      input: try w.input(inputWeight, [width, C], .shifted),
      hidden: try w.input(hiddenWeight, [width, H], .shifted),
      inputBias: try w.input(inputBias, [width], .shifted),
      hiddenBias: try w.input(hiddenBias, [width], .shifted))
    lengths = try ends.map { try w.input($0, [N], .shifted) }
    if let hidden {
      initial =
        form.aliasesStates
        ? RecurrentState(
          hidden: try w.output([N, H], holding: hidden),
          cell: try cell.map { try w.output([N, H], holding: $0) })
        : RecurrentState(
          hidden: try w.input(hidden, [N, H], .shifted),
          cell: try cell.map { try w.input($0, [N, H], .shifted) })
    } else {
      initial = nil
    }
    if form.hasFinal {
      final =
        form.aliasesStates
        ? initial
        : RecurrentState(
          hidden: try w.output([N, H], .shifted),
          cell: form.cell.hasCellState ? try w.output([N, H]) : nil)
    } else {
      final = nil
    }
    output = try w.output([T, N, H], form.layout)
    gates = form.isTraining ? try w.output([T, N, form.cell.blockCount * H], .shifted) : nil
    cells =
      form.isTraining && form.cell.hasCellState ? try w.output([T, N, H], .shifted) : nil
  }

  var forward: RecurrentForward {
    RecurrentForward(
      form.descriptor, input: input, tokens: tokens?.device, weights: weights, lengths: lengths,
      initial: initial, dropout: form.dropout, output: output, final: final, gates: gates,
      cells: cells)
  }

  /// Of the input, or the table in its place.
  var inputShape: Shape { form.V.map { [$0, form.C] } ?? [form.T, form.N, form.C] }

  /// A tensor that exists in training.
  func kept(_ tensor: Tensor?) throws -> Tensor {
    guard let tensor else {
      throw ComputeError(.invalidArgument, "backward needs a case that is for training")
    }
    return tensor
  }

  func compareForward(_ w: Workspace) throws {
    let (T, N, H) = (form.T, form.N, form.H)
    try w.compare("output", output)
    let isReal = (0..<T * N).map { $0 / N < ends[$0 % N] }
    let values = try w.values(of: output)
    let stray = values.indices.filter { !isReal[$0 / H] && values[$0] != 0 }
    w.require(stray.isEmpty, "\(stray.count) outputs past a row's length are not zero")
    if let final {
      try w.compare("final hidden state", final.hidden)
      if let cell = final.cell { try w.compare("final cell state", cell) }
    }
    if let gates {
      let mask = { (columns: Int) in (0..<T * N * columns).map { isReal[$0 / columns] } }
      try w.compare("gates", gates, where: mask(form.cell.blockCount * H))
      if let cells { try w.compare("cells", cells, where: mask(H)) }
    }
  }

  /// Writes what forward would keep, rounded, with NaN past every row's length.
  func writeKept(_ w: Workspace) throws {
    let (N, H) = (form.N, form.H)
    func poisoned(_ values: [Double], _ columns: Int) -> [Float] {
      values.indices.map { index in
        let row = index / columns
        return row / N < ends[row % N] ? Float(values[index]) : .nan
      }
    }
    let gates = try kept(gates)
    try w.overwrite(output, with: w.expected(output).map { Float($0) })
    try w.overwrite(gates, with: poisoned(w.expected(gates), form.cell.blockCount * H))
    if let cells { try w.overwrite(cells, with: poisoned(w.expected(cells), H)) }
  }
}
