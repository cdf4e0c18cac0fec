import SluiceCompute
import SluiceNN

/// A model's computation, from what is read of its inputs to its answers, such that other programs can run
/// it: told once, written as ONNX by ``OnnxModel`` and as Python by ``TorchModule``.
///
/// Everything is batch first: `[N, …]`, sequences `[N, T, C]`, where the library itself is time-major.
/// Floats are float32, indices int64.
package final class ExportGraph {
  /// Something computed.
  package struct Value: Hashable, Sendable { let place: Int }

  struct Node {
    let operation: ExportOperation
    let inputs: [Int]
    /// The member that it belongs to; nil: behind all of them.
    let member: Int?
    /// What it is called, for readers; nil: nothing of its own.
    var name: String?
  }

  /// A tensor that goes in or comes out.
  package struct Port: Codable, Hashable, Sendable {
    package enum Element: String, Codable, Sendable {
      case float32, int64
    }

    package let name: String
    package let element: Element
    /// Numbers, and letters for what is known when it runs: N rows, T steps.
    package let shape: [String]
    /// What it holds.
    package let meaning: String
  }

  /// A tensor of the model's file.
  struct Weight {
    let shape: [Int]
    let values: [Float]
  }

  var nodes: [Node] = []
  package private(set) var inputs: [Port] = []
  private(set) var outputs: [(port: Port, value: Value)] = []
  /// By their names in the file.
  private(set) var weights: [String: Weight] = [:]
  /// The nodes of each member.
  private(set) var members: [Range<Int>] = []
  private var member: Int?
  private(set) var memberCount = 1

  package init() {}

  /// What comes out.
  package var outputPorts: [Port] { outputs.map(\.port) }

  /// What names of a member's tensors and own inputs begin with; empty where it is alone.
  static func prefix(_ member: Int, of count: Int) -> String {
    count == 1 ? "" : "members.\(member)."
  }

  /// Adds a node.
  func add(_ operation: ExportOperation, _ inputs: [Value] = [], named name: String? = nil) -> Value
  {
    nodes.append(
      Node(operation: operation, inputs: inputs.map(\.place), member: member, name: name))
    return Value(place: nodes.count - 1)
  }

  /// Gives a value a name, which readers of the Python module see.
  package func named(_ name: String, _ value: Value) -> Value {
    nodes[value.place].name = name
    return value
  }

  /// Declares an input, or names one that has been declared.
  ///
  /// - Parameter isOwn: Whether each member has one of its own, `members.K.` + name.
  package func input(
    _ name: String, as element: Port.Element = .float32, _ shape: [String], isOwn: Bool = false,
    _ meaning: String
  ) -> Value {
    let prefix = isOwn ? Self.prefix(member ?? 0, of: memberCount) : ""
    if !inputs.contains(where: { $0.name == prefix + name }) {
      // What is neither rows nor steps may differ between members.
      let own = shape.map { extent in
        prefix.isEmpty || extent == "N" || extent == "T" || Int(extent) != nil
          ? extent : "\(extent)\(member ?? 0)"
      }
      inputs.append(Port(name: prefix + name, element: element, shape: own, meaning: meaning))
    }
    return add(.input(name))
  }

  /// Declares an output.
  package func output(
    _ name: String, as element: Port.Element = .float32, _ shape: [String], _ value: Value,
    _ meaning: String
  ) {
    outputs.append((Port(name: name, element: element, shape: shape, meaning: meaning), value))
  }

  /// Runs every network of a model.
  ///
  /// - Parameters:
  ///   - networks: Their weights.
  ///   - body: Called for each; must tell the same computation but for numbers.
  /// - Returns: `[M, …]`, the results of all.
  /// - Throws: `ComputeError` with `.deviceFailure`; what the body throws.
  /// - Note: Waits for the device.
  package func members(_ networks: [ParameterArena], _ body: (Int) throws -> Value) throws -> Value
  {
    memberCount = networks.count
    var results: [Value] = []
    for (index, arena) in networks.enumerated() {
      member = index
      let prefix = Self.prefix(index, of: networks.count)
      for tensor in try arena.namedWeights() {
        weights[prefix + tensor.name] = Weight(
          shape: tensor.shape.dimensions, values: tensor.values)
      }
      let first = nodes.count
      results.append(try body(index))
      members.append(first..<nodes.count)
    }
    member = nil
    return add(.members, results, named: "members")
  }

  /// Passes a value through the same steps again and again.
  ///
  /// - Parameter body: What a time makes of the value; ``steps(fromHere:of:)`` says where it stands.
  package func repeated(_ count: Int, _ start: Value, _ body: (Value) throws -> Value) rethrows
    -> Value
  {
    let begin = add(.carried, [start])
    let carried = add(.carried, [begin], named: "values")
    let result = try body(carried)
    let end = nodes.count
    nodes[begin.place] = Node(
      operation: .repetition(count: count, carried: carried.place, end: end, result: result.place),
      inputs: [start.place], member: member, name: nil)
    return begin
  }
}
