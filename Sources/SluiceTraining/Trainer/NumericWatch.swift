import SluiceCompute
import SluiceNN

/// A back end that looks at all that goes through it, and remembers the first operation that is given or
/// makes a value that is not finite.
///
/// It reads every tensor of every operation: for a step that has failed and is run again.
final class NumericWatch: BackendDecorator {
  let inner: any Backend
  /// Which operation it was, on which tensor, of which layer; nil: none so far.
  private(set) var finding: String?
  private let parameters: ParameterArena

  /// - Parameter parameters: Those that the operations work with.
  init(_ parameters: ParameterArena) {
    inner = parameters.backend
    self.parameters = parameters
  }

  /// The same weights and gradients, on this back end.
  var watched: ParameterArena { ParameterArena(parameters, on: self) }

  func perform(_ operation: some Operation) throws(ComputeError) {
    let operands = finding == nil ? Self.tensors(of: operation) : []
    var sound: [Bool] = []
    for (_, tensor) in operands { sound.append(try isFinite(tensor)) }
    try operation.dispatch(to: inner)
    for (operand, wasSound) in zip(operands, sound) where finding == nil {
      guard try !isFinite(operand.tensor) else { continue }
      // Memory that is written for the first time may have held anything.
      finding =
        "\(type(of: operation).name)\(layer(of: operands.map(\.tensor))), in its "
        + "\(operand.name) \(operand.tensor.shape)\(wasSound ? "" : ", as it was given")"
    }
  }

  /// The floating-point tensors that an operation names, in its order. What is undefined past a row's
  /// length is left out: it shows in the output.
  private static func tensors(of operation: Any, under prefix: String = "") -> [(
    name: String, tensor: Tensor
  )] {
    Mirror(reflecting: operation).children.flatMap { child -> [(name: String, tensor: Tensor)] in
      guard let label = child.label, !["gates", "cells", "descriptor"].contains(label) else {
        return []
      }
      let name = label == "some" ? prefix : prefix.isEmpty ? label : "\(prefix) \(label)"
      if let tensor = child.value as? Tensor {
        return tensor.elementType == .float32 ? [(name, tensor)] : []
      }
      let mirror = Mirror(reflecting: child.value)
      switch mirror.displayStyle {
      case .struct, .optional: return tensors(of: child.value, under: name)
      case .collection:
        return mirror.children.flatMap { tensors(of: $0.value, under: name) }
      default: return []
      }
    }
  }

  private func isFinite(_ tensor: Tensor) throws(ComputeError) -> Bool {
    let copy = try inner.makeTensor(tensor.shape)
    try inner.enqueue(Copy(tensor, to: copy))
    let values: [Float] = try inner.read(copy)
    return values.allSatisfy(\.isFinite)
  }

  /// ` of encoder.weight_ih_l0` where one of the tensors belongs to a parameter.
  private func layer(of tensors: [Tensor]) -> String {
    for tensor in tensors {
      for arena in [parameters.weights, parameters.gradients] where tensor.buffer === arena.buffer {
        let place = tensor.offset - arena.offset
        if let own = parameters.layout.parameters.first(where: { $0.range.contains(place) }) {
          return " of \(own.name)"
        }
      }
    }
    return ""
  }
}
