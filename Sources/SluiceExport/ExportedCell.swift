import SluiceCompute

/// What other programs call a cell. A new cell is an entry of ``RecurrentCell/exported``, and nothing else
/// here asks which one it is.
struct ExportedCell {
  /// Nil: PyTorch has no module of it.
  let torch: TorchCell?
  /// Nil: ONNX has no operator of it.
  let onnx: OnnxCell?
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

extension RecurrentCell {
  /// The table of cells.
  var exported: ExportedCell {
    switch self {
    case .lstm:
      ExportedCell(
        torch: TorchCell("torch.nn.LSTM"), onnx: OnnxCell("LSTM", order: GateOrder(0, 3, 1, 2)))
    case .gru:
      ExportedCell(
        torch: TorchCell("torch.nn.GRU"),
        onnx: OnnxCell(
          "GRU", order: GateOrder(1, 0, 2), attributes: [("linear_before_reset", .integer(1))]))
    case .rnn:
      ExportedCell(
        torch: TorchCell("torch.nn.RNN"), onnx: OnnxCell("RNN", order: GateOrder(0)))
    case .rnnReLU:
      ExportedCell(
        torch: TorchCell("torch.nn.RNN", arguments: "nonlinearity=\"relu\""),
        onnx: OnnxCell("RNN", order: GateOrder(0), activation: "Relu"))
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
