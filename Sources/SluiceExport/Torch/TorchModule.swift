import SluiceCompute

/// A graph as a Python module that needs PyTorch and the package safetensors. The weights stay in the model's
/// folder, from which the module reads them; numbers that do not stand there come in a file of their own
/// where they are many.
package struct TorchModule {
  /// The module.
  package private(set) var text = ""
  /// What belongs into a safetensors file beside it, of the module's name; empty: no such file.
  package private(set) var constants: [(name: String, shape: [Int], values: [Float])] = []

  private let graph: ExportGraph
  /// Lists that differ between members, by name.
  private var tables: [String: [[String]]] = [:]

  /// Numbers that stand in the text, at most.
  private static let mostInText = 64

  /// - Parameters:
  ///   - title: What the module is, for its first line.
  ///   - model: The model's folder, or its file, as seen from the module's.
  /// - Throws: ``ExportError`` where members compute different things, or PyTorch lacks a cell.
  package init(_ graph: ExportGraph, title: String, model: String) throws {
    self.graph = graph
    for member in graph.members.dropFirst() { try checkEqual(graph.members[0], member) }
    let first = graph.members.first ?? 0..<0
    let behind = (graph.members.last?.upperBound ?? 0)..<graph.nodes.count
    var body = Python(indent: 1, graph, first)
    for place in first { try render(place, in: &body) }
    body.line("return \(body.texts[first.upperBound - 1] ?? "")")
    var answer = Python(indent: 1, graph, behind)
    for place in behind { try render(place, in: &answer) }
    let outputs = graph.outputs.map { "\"\($0.port.name)\": \(answer.texts[$0.value.place] ?? "")" }
    answer.line("return {\(outputs.joined(separator: ", "))}")

    var lines = Self.opening(graph, title: title, model: model, hasConstants: !constants.isEmpty)
    for (name, rows) in tables.sorted(by: { $0.key < $1.key }) {
      let list = rows.map { "    [\($0.joined(separator: ", "))],\n" }.joined()
      lines += ["", "\(name) = [\n\(list)]"]
    }
    lines += Self.helpers(graph)
    lines += ["", "", "def member(w, x, m):"] + body.lines
    lines += ["", "", "@torch.no_grad()", "def predict(x, model=MODEL):"]
    lines += [
      "    \"\"\"Answers by their names, from inputs by theirs: dictionaries of tensors.\"\"\""
    ]
    lines += [constants.isEmpty ? Self.loading : Self.loadingConstants]
    lines += answer.lines
    lines += [
      "", "", "if __name__ == \"__main__\":",
      "    save_file(predict(load_file(sys.argv[1])), sys.argv[2])", "",
    ]
    text = lines.joined(separator: "\n")
  }

  /// Members may differ in numbers alone.
  private func checkEqual(_ first: Range<Int>, _ other: Range<Int>) throws {
    func isAlike(_ a: ExportGraph.Node, _ b: ExportGraph.Node) -> Bool {
      switch (a.operation, b.operation) {
      case (.integers(let name, let own), .integers(let other, let others)):
        name == other && own.count == others.count
      case (.constant(let name, let shape, _), .constant(let other, let others, _)):
        name == other && (shape == others || shape.reduce(1, *) > Self.mostInText)
      case (.columns, .columns), (.flatten, .flatten), (.pool, .pool), (.repetition, .repetition):
        true
      default: a.operation == b.operation
      }
    }
    guard first.count == other.count,
      zip(first, other).allSatisfy({ isAlike(graph.nodes[$0], graph.nodes[$1]) })
    else {
      throw ExportError(
        "the members of the ensemble do not compute the same way, which a module of one function for all "
          + "cannot say", remedy: "Export as onnx, whose graph holds each member by itself.")
    }
  }

  /// The same node of all members.
  private func siblings(_ place: Int) -> [ExportOperation] {
    guard let first = graph.members.first, first.contains(place) else {
      return [graph.nodes[place].operation]
    }
    return graph.members.map { graph.nodes[place - first.lowerBound + $0.lowerBound].operation }
  }
}

extension TorchModule {
  private mutating func render(_ place: Int, in python: inout Python) throws {
    if place < python.skipped { return }
    let node = graph.nodes[place]
    let inputs = node.inputs.map { python.texts[$0] ?? "" }
    /// An input that something is appended to.
    func atom(_ index: Int) -> String { Python.atom(inputs[index]) }
    switch node.operation {
    case .input(let name): python.set(place, "x[\(Python.quoted(name))]", isTrivial: true)
    case .parameter(let name): python.set(place, "w[\(Python.quoted(name))]", isTrivial: true)
    case .parameters(let names): python.set(place, Self.stack(names))
    case .constant(let name, let shape, let values):
      python.set(place, constant(name, shape, values, siblings(place)), isTrivial: true)
    case .integers(let name, let values):
      let rows = siblings(place).map { operation -> [String] in
        guard case .integers(_, let values) = operation else { return [] }
        return values.map { "\($0)" }
      }
      python.set(place, list(name, rows, shape: [values.count]), isTrivial: true)
    case .unary(.softplus): python.set(place, "F.softplus(\(inputs[0]))")
    case .unary(let function): python.set(place, "\(atom(0)).\(function.rawValue)()")
    case .binary(.maximum), .binary(.minimum):
      guard case .binary(let function) = node.operation else { break }
      python.set(place, "torch.\(function.rawValue)(\(inputs[0]), \(inputs[1]))")
    case .binary(let function):
      python.set(place, "\(atom(0)) \(function.rawValue) \(atom(1))")
    case .clamp(let low, let high):
      let bounds = [low.map { "min=\($0)" }, high.map { "max=\($0)" }].compactMap { $0 }
      python.set(place, "\(atom(0)).clamp(\(bounds.joined(separator: ", ")))")
    case .choose:
      python.set(place, "torch.where(\(inputs.joined(separator: ", ")))")
    case .softmax: python.set(place, "\(atom(0)).softmax(-1)")
    case .sortLast: python.set(place, "\(atom(0)).sort(-1).values")
    case .argmaxLast: python.set(place, "\(atom(0)).argmax(-1)")
    case .sum(let axis): python.set(place, "\(atom(0)).sum(\(axis))")
    case .mean(let axis): python.set(place, "\(atom(0)).mean(\(axis))")
    case .embedding: python.set(place, "\(atom(1))[\(inputs[0])]")
    case .linear(let activation):
      let after = activation == .identity ? "" : ".\(activation.rawValue)()"
      python.set(place, "F.linear(\(inputs.joined(separator: ", ")))\(after)")
    case .linearOfColumns:
      python.set(
        place, "torch.einsum(\"...cw,cew->...ce\", \(inputs[0]), \(inputs[1])) + \(atom(2))")
    case .reorder: python.set(place, "\(atom(0))[..., \(inputs[1]), :]")
    case .columns(let range):
      python.set(place, "\(atom(0))[..., \(range.lowerBound):\(range.upperBound)]")
    case .stepsFromHere(let count): python.set(place, "\(atom(0))[:, step:step + \(count)]")
    case .stepsFrom(let first): python.set(place, "\(atom(0))[:, \(first):]")
    case .concatenate(let axis):
      python.set(place, "torch.cat([\(inputs.joined(separator: ", "))], \(axis))")
    case .besideSteps:
      python.set(place, "\(atom(0))[:, None].expand(-1, \(atom(1)).shape[1], -1)")
    case .flatten: python.set(place, "\(atom(0)).flatten(-2)")
    case .addAxis(let axis): python.set(place, "\(atom(0)).unsqueeze(\(axis))")
    case .removeAxis(let axis): python.set(place, "\(atom(0)).squeeze(\(axis))")
    case .recurrence(let layer):
      let cell = try layer.cell.torch()
      let name = python.name(layer.name.replacing(".", with: "_") + "_read")
      let lengths = layer.hasLengths ? [inputs[1]] : layer.hasState ? ["None"] : []
      let others = lengths + (layer.hasState ? [inputs[inputs.count - 1]] : [])
      let arguments =
        ([cell.module, "w", "\"\(layer.name)\"", inputs[0]] + others + cell.arguments)
        .joined(separator: ", ")
      python.line("\(name), \(name)_state = recurrent(\(arguments))")
      python.texts[place] = name
    case .state: python.texts[place] = "\(inputs[0])_state"
    case .hidden: python.set(place, "hidden(\(inputs[0]))")
    case .pool(let parts):
      let lengths = inputs.count > 1 ? ", \(inputs[1])" : ""
      let list = parts.map {
        "(\"\($0.pooling.rawValue)\", \($0.columns.lowerBound), \($0.columns.upperBound))"
      }
      python.set(place, "pool(\(inputs[0]), [\(list.joined(separator: ", "))]\(lengths))")
    case .members:
      python.set(
        place,
        "torch.stack([member(of(w, m), of(x, m), m) for m in range(\(graph.memberCount))])")
    case .repetition(let count, let carried, let end, let result):
      let name = python.name("values")
      python.line("\(name) = \(inputs[0])")
      python.line("for step in range(\(count)):")
      python.indent += 1
      python.texts[carried] = name
      for inner in (carried + 1)..<end { try render(inner, in: &python) }
      python.line("\(name) = \(python.texts[result] ?? "")")
      python.indent -= 1
      python.skipped = end
      python.texts[place] = name
    case .carried: break
    }
  }

  private static func stack(_ names: [String]) -> String {
    let parts = names[0].split(separator: "0", maxSplits: 1, omittingEmptySubsequences: false)
    let all = parts.count == 2 ? names.indices.map { "\(parts[0])\($0)\(parts[1])" } : []
    guard all == names else {
      return "torch.stack([\(names.map { "w[\(Python.quoted($0))]" }.joined(separator: ", "))])"
    }
    return "torch.stack([w[f\"\(parts[0]){i}\(parts[1])\"] for i in range(\(names.count))])"
  }

  private mutating func constant(
    _ name: String, _ shape: [Int], _ values: [Float], _ siblings: [ExportOperation]
  ) -> String {
    if shape.isEmpty, name.isEmpty { return "\(values[0])" }
    let rows = siblings.map { operation -> (shape: [Int], values: [Float]) in
      guard case .constant(_, let shape, let values) = operation else { return (shape, values) }
      return (shape, values)
    }
    guard values.count > Self.mostInText else {
      return list(name, rows.map { $0.values.map { "\($0)" } }, shape: shape)
    }
    if rows.allSatisfy({ $0.values == values }) {
      if !constants.contains(where: { $0.name == name }) { constants.append((name, shape, values)) }
    } else {
      for (member, row) in rows.enumerated() {
        let prefix = ExportGraph.prefix(member, of: graph.memberCount)
        constants.append((prefix + name, row.shape, row.values))
      }
    }
    return "w[\"\(name)\"]"
  }

  /// A list of numbers, or where members have different ones, the member's entry of a table of lists.
  private mutating func list(_ name: String, _ rows: [[String]], shape: [Int]) -> String {
    var entries = "[\(rows[0].joined(separator: ", "))]"
    if rows.contains(where: { $0 != rows[0] }) {
      tables[name.uppercased()] = rows
      entries = "\(name.uppercased())[m]"
    }
    let extents = shape.count == 1 ? "" : ".reshape(\(shape))"
    return "torch.tensor(\(entries))\(extents)"
  }
}
