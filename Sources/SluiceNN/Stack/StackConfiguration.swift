import SluiceCompute
import SluicePlatform

/// A plain stack of layers, each fed by the one before it: a network that a configuration describes.
///
/// Decoding checks every layer and how they follow each other.
public struct StackConfiguration: Hashable, Sendable {
  /// In the order in which they run. Empty: no stack.
  public var layers: [StackLayer]

  /// Not checked; see ``check()``.
  public init(_ layers: [StackLayer] = []) {
    self.layers = layers
  }

  /// The cells of its recurrent layers.
  package var cells: Set<RecurrentCell> {
    Set(
      layers.compactMap { if case .recurrent(let settings) = $0 { settings.cell } else { nil } })
  }

  /// The same with recurrent layers of one cell.
  package func with(_ cell: RecurrentCell) -> StackConfiguration {
    StackConfiguration(
      layers.map { layer in
        guard case .recurrent(var settings) = layer else { return layer }
        settings.cell = cell
        return .recurrent(settings)
      })
  }

  /// Whether there is no stack.
  public var isEmpty: Bool { layers.isEmpty }

  /// What a stack is fed with.
  public enum Input: Hashable, Sendable {
    /// Tokens `[T, N]` of a vocabulary. Where `padding` is a token, its embedding is zero and stays
    /// so.
    case tokens(vocabulary: Int, padding: Int? = nil)
    /// Features `[T, N, C]`; here C.
    case features(Int)
  }

  /// Checks that each layer can take what the one before it gives, and that the last one is a dense
  /// layer over one vector a row.
  ///
  /// - Throws: ``StackError``.
  public func check() throws {
    if layers.isEmpty { return }
    var isSequence = true
    var reducer = 0
    for (index, layer) in layers.enumerated() {
      switch layer {
      case .embedding:
        if index > 0 { throw error(index, "takes tokens, so it can only be the first layer") }
      case .dropout:
        break
      case .recurrent(let settings):
        try requireSequence(isSequence, at: index, reducer)
        isSequence = settings.sequences
        reducer = index
      case .pool:
        try requireSequence(isSequence, at: index, reducer)
        isSequence = false
        reducer = index
      case .dense(_, let activation):
        if activation == .softmax, index < layers.count - 1 {
          throw error(index, "has softmax, which only the last layer may have")
        }
      }
    }
    try checkLast(isSequence: isSequence)
  }

  private func checkLast(isSequence: Bool) throws {
    let last = layers.count - 1
    guard case .dense(let units, let activation) = layers[last] else {
      throw error(last, "is the last layer, which must be dense: it gives what is predicted")
    }
    switch activation {
    case .linear, .sigmoid: break
    case .softmax:
      if units < 2 { throw error(last, "has softmax over \(units) unit, which is always 1") }
    case .tanh, .relu:
      throw error(last, "is the last layer, whose activation is linear, sigmoid or softmax")
    }
    if isSequence {
      throw error(
        last,
        "predicts from one vector a row, but is given a whole sequence: end it before with a recurrent "
          + "layer without `sequences: true`, or with `pool: last`")
    }
  }

  private func requireSequence(_ isSequence: Bool, at index: Int, _ reducer: Int) throws {
    if isSequence { return }
    let remedy =
      if case .recurrent = layers[reducer] { ": give that one `sequences: true`" } else { "" }
    throw error(
      index,
      "takes a sequence, but layer \(reducer + 1) (\(layers[reducer].kind)) has made one vector of "
        + "it" + remedy)
  }

  func error(_ index: Int, _ complaint: String) -> StackError {
    StackError(layer: index, kind: layers[index].kind, complaint: complaint)
  }
}

/// Why layers do not make a network.
public struct StackError: SluiceError, Hashable {
  /// Its place in the stack, from 0; nil where it is the stack as a whole.
  public let layer: Int?
  let kind: String
  /// What is wrong, as a sentence of which the layer is the subject.
  let complaint: String
  public var remedy: String { "" }

  public var what: String {
    guard let layer else { return "the stack \(complaint)" }
    return "layer \(layer + 1) of the stack (\(kind)) \(complaint)"
  }
}

extension StackConfiguration: Codable {
  public init(from decoder: any Decoder) throws {
    layers = try decoder.singleValueContainer().decode([StackLayer].self)
    do {
      try check()
    } catch let error as StackError {
      let path = decoder.codingPath + (error.layer.map { [AnyKey(intValue: $0)] } ?? [])
      throw DecodingError.dataCorrupted(.init(codingPath: path, debugDescription: error.complaint))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(layers)
  }
}
