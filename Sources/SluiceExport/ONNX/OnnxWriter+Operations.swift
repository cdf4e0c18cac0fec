import SluiceCompute

extension OnnxWriter {
  /// Writes what a node of the graph does.
  mutating func write(_ place: Int) throws {
    if place < skipped { return }
    let node = graph.nodes[place]
    let inputs = node.inputs.map { names[$0] ?? "" }
    let prefix = node.member.map { ExportGraph.prefix($0, of: graph.memberCount) } ?? ""
    let name = node.name.map { prefix + $0 }
    func set(_ output: String) { names[place] = output }
    switch node.operation {
    case .input(let port):
      set(graph.inputs.contains { $0.name == prefix + port } ? prefix + port : port)
    case .parameter(let own): set(weight(prefix + own))
    case .parameters(let all): set(stacked(all.map { prefix + $0 }))
    case .constant("", _, let values): set(scalar(values[0]))
    case .constant(let own, let shape, let values):
      set(tensor("constants.\(prefix)\(own)", shape, values))
    case .integers(let own, let values):
      set(tensor("constants.\(prefix)\(own)", [values.count], values))
    case .unary(.float): set(self.node("Cast", inputs, [("to", .integer(1))], named: name))
    case .unary(let function): set(self.node(Self.kind(function.rawValue), inputs, named: name))
    case .binary(let function): set(self.node(Self.operators[function] ?? "", inputs, named: name))
    case .clamp(let low, let high):
      set(
        self.node(
          "Clip", [inputs[0], low.map { scalar($0) } ?? "", high.map { scalar($0) } ?? ""],
          named: name))
    case .choose: set(self.node("Where", inputs, named: name))
    case .softmax: set(self.node("Softmax", inputs, [("axis", .integer(-1))], named: name))
    case .sortLast: set(sorted(inputs[0], named: name))
    case .argmaxLast:
      set(
        self.node(
          "ArgMax", inputs, [("axis", .integer(-1)), ("keepdims", .integer(0))], named: name))
    case .sum(let axis):
      set(
        self.node(
          "ReduceSum", [inputs[0], integers([axis])], [("keepdims", .integer(0))], named: name))
    case .mean(let axis):
      set(
        self.node(
          "ReduceMean", inputs, [("axes", .integers([axis])), ("keepdims", .integer(0))],
          named: name))
    case .embedding: set(self.node("Gather", [inputs[1], inputs[0]], named: name))
    case .linear(let activation): set(linear(inputs, activation, named: name))
    case .linearOfColumns: set(linearOfColumns(inputs, named: name))
    case .reorder: set(self.node("Gather", inputs, [("axis", .integer(-2))], named: name))
    case .columns(let range): set(slice(inputs[0], range.lowerBound, range.upperBound, axis: -1))
    case .stepsFromHere(let count): set(slice(inputs[0], step, step + count, axis: 1))
    case .stepsFrom(let first): set(slice(inputs[0], first, Int(Int32.max), axis: 1))
    case .concatenate(let axis):
      set(self.node("Concat", inputs, [("axis", .integer(axis))], named: name))
    case .besideSteps: set(besideSteps(inputs[0], inputs[1]))
    case .flatten(let leading, let size):
      let shape = integers([Int](repeating: 0, count: leading) + [size])
      set(self.node("Reshape", [inputs[0], shape], named: name))
    case .addAxis(let axis):
      set(self.node("Unsqueeze", [inputs[0], integers([axis])], named: name))
    case .removeAxis(let axis):
      set(self.node("Squeeze", [inputs[0], integers([axis])], named: name))
    case .recurrence(let layer):
      try writeRecurrence(place, layer, node.inputs, prefix: prefix)
    case .state: states[place] = states[node.inputs[0]]
    case .hidden:
      let all = (states[node.inputs[0]] ?? []).map { sideBySide($0.hidden) }
      set(all.count == 1 ? all[0] : self.node("Concat", all, [("axis", .integer(-1))]))
    case .pool(let parts): set(pool(inputs, parts))
    case .members:
      let all = inputs.map { self.node("Unsqueeze", [$0, integers([0])]) }
      set(self.node("Concat", all, [("axis", .integer(0))], named: name))
    case .repetition(let count, let carried, let end, let result):
      names[carried] = inputs[0]
      for step in 0..<count {
        self.step = step
        for inner in (carried + 1)..<end { try write(inner) }
        names[carried] = names[result]
      }
      set(names[carried] ?? "")
      skipped = end
    case .carried: break
    }
  }

  private static let operators: [ExportOperation.Binary: String] = [
    .add: "Add", .subtract: "Sub", .multiply: "Mul", .divide: "Div", .less: "Less",
    .maximum: "Max", .minimum: "Min",
  ]

  /// `sigmoid` is called `Sigmoid`.
  private static func kind(_ function: String) -> String {
    function.prefix(1).uppercased() + function.dropFirst()
  }

  private mutating func weight(_ name: String) -> String {
    guard let weight = graph.weights[name] else { return name }
    return tensor(name, weight.shape, weight.values)
  }

  /// `[count, …]`, each `[E, W]` of them transposed, as a product of many matrices takes it.
  private mutating func stacked(_ names: [String]) -> String {
    let all = names.compactMap { graph.weights[$0] }
    let shape = all.first?.shape ?? []
    let values = all.flatMap {
      shape.count == 2 ? Self.transposed($0.values, shape[0], shape[1]) : $0.values
    }
    return tensor("\(names[0]).stacked", [all.count] + shape.reversed(), values)
  }

  /// `[A, B]` to `[B, A]`.
  private static func transposed(_ values: [Float], _ a: Int, _ b: Int) -> [Float] {
    (0..<b).flatMap { j in (0..<a).map { values[$0 * b + j] } }
  }

  private mutating func slice(_ input: String, _ first: Int, _ end: Int, axis: Int) -> String {
    node("Slice", [input, integers([first]), integers([end]), integers([axis])])
  }

  private mutating func sorted(_ input: String, named name: String?) -> String {
    let shape = node("Shape", [input], [("start", .integer(-1))])
    return node(
      "TopK", [input, shape], [("axis", .integer(-1)), ("largest", .integer(0))], named: name,
      outputs: [true, true])[0]
  }

  private mutating func linear(_ inputs: [String], _ activation: Activation, named name: String?)
    -> String
  {
    let weight =
      transposed[inputs[1]] ?? node("Transpose", [inputs[1]], [("perm", .integers([1, 0]))])
    transposed[inputs[1]] = weight
    let sum = node("Add", [node("MatMul", [inputs[0], weight]), inputs[2]], named: name)
    return activation == .identity ? sum : node(Self.kind(activation.rawValue), [sum])
  }

  /// By `[C, W, E]`, as ``stacked(_:)`` has it.
  private mutating func linearOfColumns(_ inputs: [String], named name: String?) -> String {
    let row = node("Unsqueeze", [inputs[0], integers([-2])])
    let product = node("MatMul", [row, inputs[1]])
    return node("Add", [node("Squeeze", [product, integers([-2])]), inputs[2]], named: name)
  }

  /// `[N, S]` at each step of `[N, T, C]`.
  private mutating func besideSteps(_ input: String, _ steps: String) -> String {
    let extents = node("Shape", [steps], [("start", .integer(0)), ("end", .integer(2))])
    let shape = node("Concat", [extents, integers([1])], [("axis", .integer(0))])
    return node("Expand", [node("Unsqueeze", [input, integers([1])]), shape])
  }
}
