import SluiceCompute

/// A stack of LSTM layers, each over the whole sequence before the next one starts.
///
/// Parameters for layer k, in PyTorch's names, shapes and order (gates i, f, g, o):
/// `<name>.weight_ih_lk` `[4H, C]` (C is D·H above the first layer), `weight_hh_lk` `[4H, H]`,
/// `bias_ih_lk` and `bias_hh_lk` `[4H]`; the reverse direction's end in `_reverse`.
/// Initialised as Keras does: Glorot uniform, orthogonal recurrent weights, forget bias 1.
///
/// - SeeAlso: Hochreiter & Schmidhuber 1997; Gers et al. 2000 (forget gate); Schuster & Paliwal
///   1997 (both directions).
public struct LSTM: Layer {
  public let name: String
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
  let cells: [[Direction]]

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

  /// Hidden and cell state of one layer-direction, `[N, H]` each.
  public struct State {
    /// h, `[N, H]`
    public let hidden: Variable
    /// c, `[N, H]`
    public let cell: Variable

    /// A state to begin with; both `[N, H]`.
    public init(hidden: Variable, cell: Variable) {
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
    _ name: String, inputSize: Int, hiddenSize: Int, layers: Int = 1, bidirectional: Bool = false,
    dropout: Float = 0, recurrentDropout: Float = 0, in layout: inout ParameterLayout
  ) {
    precondition(layers >= 1, "\(name) has \(layers) layers")
    self.name = name
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    self.isBidirectional = bidirectional
    self.dropout = dropout
    self.recurrentDropout = recurrentDropout
    let gates = RecurrentCell.lstm.gateCount * hiddenSize
    var cells: [[Direction]] = []
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
              "\(name).bias_ih_\(suffix)", [gates], .forgetGateOnes, decays: false),
            hiddenBias: layout.add("\(name).bias_hh_\(suffix)", [gates], .zeros, decays: false)))
      }
      cells.append(directions)
    }
    self.cells = cells
  }

  /// L
  public var layerCount: Int { cells.count }
  /// D: 1, or 2 where the sequence is read both ways.
  public var directionCount: Int { isBidirectional ? 2 : 1 }
  /// D·H: the columns of the output.
  public var outputSize: Int { directionCount * hiddenSize }

  public var parameters: [Parameter] { cells.flatMap { $0.flatMap(\.parameters) } }

  public var kind: String {
    let stack = layerCount == 1 ? "LSTM" : "LSTM × \(layerCount)"
    return isBidirectional ? "\(stack), both directions" : stack
  }

  public var outputDescription: String { "[T, N, \(outputSize)]" }
}
