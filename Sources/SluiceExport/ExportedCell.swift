import SluiceCompute

/// What other programs call a cell. A new cell is an entry of ``RecurrentCell/exported``, and nothing else
/// asks which one it is.
package struct ExportedCell {
  /// Nil: PyTorch has no module of it.
  let torch: TorchCell?
  /// Nil: ONNX has no operator of it.
  let onnx: OnnxCell?
  /// Nil: Keras has no layer of it.
  package let keras: KerasCell?
}

/// A cell as PyTorch has it: a module with our names, shapes and order of gates.
struct TorchCell: Hashable {
  /// `torch.nn.LSTM`
  let module: String
  /// What makes the module this cell, as Python writes it: `nonlinearity="relu"`.
  let arguments: [String]

  init(_ module: String, arguments: String...) {
    self.module = module
    self.arguments = arguments
  }
}

/// A cell as an operator of ONNX.
struct OnnxCell {
  /// `LSTM`
  let kind: String
  let order: GateOrder
  /// Those that make the operator this cell.
  let attributes: [(String, OnnxWriter.Attribute)]
  /// The activation of each direction, where it is not the operator's own.
  let activation: String?

  init(
    _ kind: String, order: GateOrder, attributes: [(String, OnnxWriter.Attribute)] = [],
    activation: String? = nil
  ) {
    self.kind = kind
    self.order = order
    self.attributes = attributes
    self.activation = activation
  }
}

/// A cell as a layer of Keras.
package struct KerasCell {
  /// A setting's value.
  package enum Value: Hashable {
    case text(String)
    case flag(Bool)
  }

  /// Keras' class: `LSTM`.
  package let className: String
  /// Its name in files of weights, which give all layers of a class numbers.
  package let container: String
  package let order: GateOrder
  /// Whether Keras keeps both biases, as two rows `[2, G·H]`; else their sum.
  package let hasTwoBiases: Bool
  /// What makes the layer this cell.
  package let settings: [(key: String, value: Value)]
  /// What to do where they are others.
  package let remedy: String

  init(
    _ className: String, container: String, order: GateOrder, hasTwoBiases: Bool = false,
    settings: [(key: String, value: Value)], remedy: String
  ) {
    self.className = className
    self.container = container
    self.order = order
    self.hasTwoBiases = hasTwoBiases
    self.settings = settings
    self.remedy = remedy
  }
}

extension RecurrentCell {
  /// The table of cells.
  package var exported: ExportedCell {
    switch self {
    case .lstm:
      ExportedCell(
        torch: TorchCell("torch.nn.LSTM"),
        onnx: OnnxCell("LSTM", order: GateOrder(0, 3, 1, 2)),
        keras: KerasCell(
          "LSTM", container: "lstm", order: GateOrder(0, 1, 2, 3),
          settings: [("activation", .text("tanh")), ("recurrent_activation", .text("sigmoid"))],
          remedy:
            "An LSTM here has tanh and, for its gates, sigmoid, as Keras by default: train it so"))
    case .gru:
      ExportedCell(
        torch: TorchCell("torch.nn.GRU"),
        onnx: OnnxCell(
          "GRU", order: GateOrder(1, 0, 2), attributes: [("linear_before_reset", .integer(1))]),
        keras: KerasCell(
          "GRU", container: "gru", order: GateOrder(1, 0, 2), hasTwoBiases: true,
          settings: [
            ("reset_after", .flag(true)), ("activation", .text("tanh")),
            ("recurrent_activation", .text("sigmoid")),
          ],
          remedy: """
            A GRU here resets after its product, with tanh and, for its gates, sigmoid, as Keras by \
            default: train it so
            """))
    case .rnn:
      ExportedCell(
        torch: TorchCell("torch.nn.RNN"), onnx: OnnxCell("RNN", order: GateOrder(0)),
        keras: .simple("tanh"))
    case .rnnReLU:
      ExportedCell(
        torch: TorchCell("torch.nn.RNN", arguments: "nonlinearity=\"relu\""),
        onnx: OnnxCell("RNN", order: GateOrder(0), activation: "Relu"), keras: .simple("relu"))
    }
  }

  func torch() throws -> TorchCell { try had(exported.torch, by: "PyTorch") }

  func onnx() throws -> OnnxCell { try had(exported.onnx, by: "ONNX") }

  /// - Throws: ``ExportError`` where a format has no such cell.
  func had<Form>(_ form: Form?, by format: String) throws -> Form {
    guard let form else {
      throw ExportError(
        "\(format) has no recurrent layer of the cell \(title)",
        remedy: "Export in another format, or train a model of another `model.cell`.")
    }
    return form
  }
}

extension KerasCell {
  fileprivate static func simple(_ activation: String) -> KerasCell {
    KerasCell(
      "SimpleRNN", container: "simple_rnn", order: GateOrder(0),
      settings: [("activation", .text(activation))],
      remedy: "A SimpleRNN here has tanh or relu: train it so")
  }
}
