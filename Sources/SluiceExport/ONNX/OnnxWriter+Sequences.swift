import SluiceCompute

/// What goes over steps. ONNX is time-major there: `[T, N, C]`.
extension OnnxWriter {
  /// - Parameter inputs: The sequence, perhaps lengths, perhaps a state.
  mutating func writeRecurrence(
    _ place: Int, _ layer: ExportOperation.Recurrence, _ inputs: [Int], prefix: String
  ) throws {
    let cell = try layer.cell.onnx()
    let directions = layer.isBidirectional ? 2 : 1
    let lengths = layer.hasLengths ? names[inputs[1]] ?? "" : ""
    let initial = layer.hasState ? states[inputs[inputs.count - 1]] ?? [] : []
    // No runtime reads rows of no steps alike: they read one, and what comes out of it is cleared.
    let atLeastOne =
      layer.hasLengths
      ? node("Clip", [node("Cast", [lengths], [("to", .integer(6))]), integerOne(), ""]) : ""
    var sequence = node("Transpose", [names[inputs[0]] ?? ""], [("perm", .integers([1, 0, 2]))])
    var attributes: [(String, Attribute)] = [
      ("direction", .text(directions == 2 ? "bidirectional" : "forward")),
      ("hidden_size", .integer(layer.hiddenSize)),
    ]
    attributes += cell.attributes
    if let activation = cell.activation {
      attributes.append(
        ("activations", .texts([String](repeating: activation, count: directions))))
    }
    var found: [State] = []
    for index in 0..<layer.layers {
      let name = "\(prefix)\(layer.name)"
      let weights = recurrentWeights(
        "\(name).", layer: index, directions: directions, cell.order)
      let state = initial.isEmpty ? [] : [initial[index].hidden] + initial[index].cell
      let outputs = node(
        cell.kind, [sequence, weights.input, weights.hidden, weights.bias, atLeastOne] + state,
        attributes, named: "\(name).l\(index)",
        outputs: [true, true] + (layer.cell.hasCellState ? [true] : []))
      // [T, D, N, H] to [T, N, D·H].
      let turned = node("Transpose", [outputs[0]], [("perm", .integers([0, 2, 1, 3]))])
      sequence = node(
        "Reshape", [turned, integers([0, 0, directions * layer.hiddenSize])])
      let ends = outputs.dropFirst().map { cleared($0, lengths) }
      found.append(State(hidden: ends[0], cell: Array(ends.dropFirst())))
    }
    names[place] = node("Transpose", [sequence], [("perm", .integers([1, 0, 2]))])
    states[place] = found
  }

  private mutating func integerOne() -> String {
    node("Cast", [scalar(1)], [("to", .integer(6))])
  }

  /// `[D, N, H]`, 0 for rows without steps.
  private mutating func cleared(_ state: String, _ lengths: String) -> String {
    if lengths.isEmpty { return state }
    return node("Mul", [state, node("Unsqueeze", [hasSteps(lengths), integers([0])])])
  }

  /// `[N, 1]`: 1 for rows that have steps, 0 for others.
  private mutating func hasSteps(_ lengths: String) -> String {
    let any = node("Cast", [node("Less", [scalar(0), lengths])], [("to", .integer(1))])
    return node("Unsqueeze", [any, integers([1])])
  }

  /// `[D, N, H]` to `[N, D·H]`.
  mutating func sideBySide(_ state: String) -> String {
    let turned = node("Transpose", [state], [("perm", .integers([1, 0, 2]))])
    return node("Reshape", [turned, integers([0, -1])])
  }

  /// The weights of a layer, both directions: `[D, G·H, C]`, `[D, G·H, H]` and `[D, 2·G·H]`.
  private mutating func recurrentWeights(
    _ prefix: String, layer: Int, directions: Int, _ order: GateOrder
  ) -> (input: String, hidden: String, bias: String) {
    let suffixes = ["l\(layer)", "l\(layer)_reverse"].prefix(directions)
    func gathered(_ kinds: [String]) -> (shape: [Int], values: [Float]) {
      let all = suffixes.map { suffix in
        kinds.compactMap { graph.weights["\(prefix)\($0)_\(suffix)"] }
      }
      let rows = all.reduce(0) { $0 + $1.reduce(0) { $0 + $1.shape[0] } } / directions
      let shape = [directions, rows] + (all.first?.first?.shape.dropFirst() ?? [])
      return (shape, all.joined().flatMap { order.there($0.values) })
    }
    let input = gathered(["weight_ih"])
    let hidden = gathered(["weight_hh"])
    let bias = gathered(["bias_ih", "bias_hh"])
    return (
      tensor("\(prefix)l\(layer).W", input.shape, input.values),
      tensor("\(prefix)l\(layer).R", hidden.shape, hidden.values),
      tensor("\(prefix)l\(layer).B", bias.shape, bias.values)
    )
  }

  /// - Parameter inputs: `[N, T, C]`, perhaps lengths `[N]`.
  mutating func pool(_ inputs: [String], _ parts: [PoolPart]) -> String {
    let sequence = inputs[0]
    let lengths = inputs.count > 1 ? inputs[1] : nil
    /// `[N, T]`: the number of each step; `[N, 1]`: how many there are.
    let steps = lengths.map { stepsAndCounts(sequence, $0) }
    var pooled: [Pooling: String] = [:]
    let all = parts.map { part in
      let whole = pooled[part.pooling] ?? pool(sequence, part.pooling, lengths, steps)
      pooled[part.pooling] = whole
      return node(
        "Slice",
        [
          whole, integers([part.columns.lowerBound]), integers([part.columns.upperBound]),
          integers([-1]),
        ])
    }
    return all.count == 1 ? all[0] : node("Concat", all, [("axis", .integer(-1))])
  }

  private mutating func stepsAndCounts(_ sequence: String, _ lengths: String) -> (
    steps: String, counts: String
  ) {
    let extent = node("Shape", [sequence], [("start", .integer(1)), ("end", .integer(2))])
    let count = node("Squeeze", [extent, integers([0])])
    let steps = node("Range", [scalar(0), count, scalar(1)])
    return (
      node("Unsqueeze", [steps, integers([0])]), node("Unsqueeze", [lengths, integers([1])])
    )
  }

  /// `[N, C]`
  private mutating func pool(
    _ sequence: String, _ pooling: Pooling, _ lengths: String?,
    _ steps: (steps: String, counts: String)?
  ) -> String {
    guard let lengths, let steps else {
      switch pooling {
      case .max: return reduced("ReduceMax", sequence)
      case .mean: return reduced("ReduceMean", sequence)
      case .last: return node("Gather", [sequence, scalar(-1)], [("axis", .integer(1))])
      case .first: return node("Gather", [sequence, scalar(0)], [("axis", .integer(1))])
      }
    }
    func here(_ condition: String) -> String { node("Unsqueeze", [condition, integers([2])]) }
    switch pooling {
    case .max:
      let known = here(node("Less", [steps.steps, steps.counts]))
      let kept = node("Where", [known, sequence, scalar(-Float.greatestFiniteMagnitude)])
      return node("Mul", [reduced("ReduceMax", kept), hasSteps(lengths)])
    case .mean:
      let known = here(node("Less", [steps.steps, steps.counts]))
      let sum = summed(sequence, where: known)
      let counts = node("Max", [steps.counts, scalar(1)])
      return node("Div", [sum, node("Cast", [counts], [("to", .integer(1))])])
    case .last:
      let last = node("Sub", [steps.counts, scalar(1)])
      return summed(sequence, where: here(node("Equal", [steps.steps, last])))
    case .first:
      let first = node("Gather", [sequence, scalar(0)], [("axis", .integer(1))])
      return node("Mul", [first, hasSteps(lengths)])
    }
  }

  private mutating func reduced(_ kind: String, _ sequence: String) -> String {
    node(kind, [sequence], [("axes", .integers([1])), ("keepdims", .integer(0))])
  }

  private mutating func summed(_ sequence: String, where known: String) -> String {
    let kept = node("Where", [known, sequence, scalar(0 as Float)])
    return node("ReduceSum", [kept, integers([1])], [("keepdims", .integer(0))])
  }
}
