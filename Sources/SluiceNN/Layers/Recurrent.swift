import SluiceCompute

/// A stack of recurrent layers of one cell, each over the whole sequence before the next one starts.
///
/// Parameters for layer k, in PyTorch's names, shapes and order of the G gates:
/// `<name>.weight_ih_lk` `[G·H, C]` (C is D·H above the first layer), `weight_hh_lk` `[G·H, H]`,
/// `bias_ih_lk` and `bias_hh_lk` `[G·H]`; the reverse direction's end in `_reverse`.
/// Initialised as Keras does: Glorot uniform, orthogonal recurrent weights, an LSTM's forget bias 1.
///
/// - SeeAlso: Schuster & Paliwal 1997 (both directions).
public struct Recurrent: Layer {
  public let name: String
  /// What happens at a step.
  public let cell: RecurrentCell
  /// C
  public let inputSize: Int
  /// H
  public let hiddenSize: Int
  /// Whether the sequence is read both ways.
  public let isBidirectional: Bool
  /// The share of each layer's outputs that is dropped on the way to the next layer.
  public let dropout: Float
  /// The share of hidden units that is masked on the way into the gates, the same at every step.
  public let recurrentDropout: Float
  let directions: [[Direction]]

  /// One layer-direction.
  struct Direction {
    let direction: RecurrentDirection
    /// C of this layer.
    let inputSize: Int
    let input: Parameter
    let hidden: Parameter
    let inputBias: Parameter
    let hiddenBias: Parameter

    var parameters: [Parameter] { [input, hidden, inputBias, hiddenBias] }

    func tensors(_ tensor: (Parameter) -> Tensor) -> RecurrentWeights {
      RecurrentWeights(
        input: tensor(input), hidden: tensor(hidden), inputBias: tensor(inputBias),
        hiddenBias: tensor(hiddenBias))
    }
  }

  /// What one layer-direction hands from step to step.
  public struct State {
    /// h, `[N, H]`
    public let hidden: Variable
    /// c, `[N, H]`; present exactly if the cell has a cell state, as an LSTM's has.
    public let cell: Variable?

    /// A state to begin with; `[N, H]` each.
    public init(hidden: Variable, cell: Variable?) {
      self.hidden = hidden
      self.cell = cell
    }
  }

  /// What a stack returns.
  public struct Output {
    /// The last layer's outputs, `[T, N, D·H]`: forward, then reverse. Zero past a row's length.
    public let sequence: Variable
    /// The state after each row's last step, one entry for each layer-direction in PyTorch's order:
    /// layer 0 forward, layer 0 reverse, layer 1 forward and so on.
    public let states: [State]
  }

  /// Declares the parameters of all layers.
  ///
  /// - Parameters:
  ///   - dropout: Between layers; none after the last one.
  ///   - recurrentDropout: The share of hidden units masked on their way into the gates.
  /// - Precondition: `layers` is at least 1.
  public init(
    _ name: String, cell: RecurrentCell = .lstm, inputSize: Int, hiddenSize: Int, layers: Int = 1,
    bidirectional: Bool = false, dropout: Float = 0, recurrentDropout: Float = 0,
    in layout: inout ParameterLayout
  ) {
    precondition(layers >= 1, "\(name) has \(layers) layers")
    self.name = name
    self.cell = cell
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    self.isBidirectional = bidirectional
    self.dropout = dropout
    self.recurrentDropout = recurrentDropout
    let gates = cell.gateCount * hiddenSize
    var stack: [[Direction]] = []
    for layer in 0..<layers {
      var directions: [Direction] = []
      for direction in bidirectional ? [RecurrentDirection.forward, .reverse] : [.forward] {
        let suffix = "l\(layer)" + (direction == .reverse ? "_reverse" : "")
        let width = layer == 0 ? inputSize : hiddenSize * (bidirectional ? 2 : 1)
        directions.append(
          Direction(
            direction: direction, inputSize: width,
            input: layout.add(
              "\(name).weight_ih_\(suffix)", [gates, width], .glorotUniform(scale: 1)),
            hidden: layout.add("\(name).weight_hh_\(suffix)", [gates, hiddenSize], .orthogonal),
            inputBias: layout.add(
              "\(name).bias_ih_\(suffix)", [gates], .parts(cell.form.gates.map(\.initialBias)),
              decays: false),
            hiddenBias: layout.add("\(name).bias_hh_\(suffix)", [gates], .zeros, decays: false)))
      }
      stack.append(directions)
    }
    directions = stack
  }

  /// L
  public var layerCount: Int { directions.count }
  /// D: 1, or 2 where the sequence is read both ways.
  public var directionCount: Int { isBidirectional ? 2 : 1 }
  /// D·H: the columns of the output.
  public var outputSize: Int { directionCount * hiddenSize }

  public var parameters: [Parameter] { directions.flatMap { $0.flatMap(\.parameters) } }

  public var kind: String {
    let stack = layerCount == 1 ? cell.title : "\(cell.title) × \(layerCount)"
    return isBidirectional ? "\(stack), both directions" : stack
  }

  public var outputDescription: String { "[T, N, \(outputSize)]" }
}
