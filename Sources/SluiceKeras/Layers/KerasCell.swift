import SluiceCompute
import SluiceExport

/// A cell as a recurrent layer of Keras. A new cell is an entry of ``RecurrentCell/keras``, and nothing else
/// here asks which one it is.
package struct KerasCell {
  /// Keras' class: `LSTM`.
  let className: String
  /// Its name in files of weights, which give all layers of a class numbers.
  let container: String
  let order: GateOrder
  /// Whether Keras keeps both biases, as two rows `[2, G·H]`; else their sum.
  let hasTwoBiases: Bool
  /// What makes the layer this cell.
  let settings: [(key: String, value: JSONValue)]
  /// What to do where they are others.
  let remedy: String

  init(
    _ className: String, container: String, order: GateOrder, hasTwoBiases: Bool = false,
    settings: [(key: String, value: JSONValue)], remedy: String
  ) {
    self.className = className
    self.container = container
    self.order = order
    self.hasTwoBiases = hasTwoBiases
    self.settings = settings
    self.remedy = remedy
  }

  /// What Keras has, each class once, for messages.
  package static var classNames: String {
    RecurrentCell.allCases.reduce(into: [String]()) { names, cell in
      guard let name = cell.keras?.className, !names.contains(name) else { return }
      names.append(name)
    }.joined(separator: ", ")
  }

  /// The cells that a class is, by its settings; empty where it is another layer.
  static func cells(of className: String) -> [(cell: RecurrentCell, keras: KerasCell)] {
    RecurrentCell.allCases.compactMap { cell in
      cell.keras.flatMap { $0.className == className ? (cell, $0) : nil }
    }
  }
}

extension RecurrentCell {
  /// The table of cells. Nil: Keras has no layer of it.
  var keras: KerasCell? {
    switch self {
    case .lstm:
      KerasCell(
        "LSTM", container: "lstm", order: GateOrder(0, 1, 2, 3),
        settings: [("activation", .string("tanh")), ("recurrent_activation", .string("sigmoid"))],
        remedy:
          "An LSTM here has tanh and, for its gates, sigmoid, as Keras by default: train it so")
    case .gru:
      KerasCell(
        "GRU", container: "gru", order: GateOrder(1, 0, 2), hasTwoBiases: true,
        settings: [
          ("reset_after", .bool(true)), ("activation", .string("tanh")),
          ("recurrent_activation", .string("sigmoid")),
        ],
        remedy: """
          A GRU here resets after its product, with tanh and, for its gates, sigmoid, as Keras by \
          default: train it so
          """)
    case .rnn: .simple("tanh")
    case .rnnReLU: .simple("relu")
    }
  }

  /// The cell as a layer of Keras.
  ///
  /// - Parameter title: Which layer it is of.
  /// - Throws: ``KerasError`` where Keras has none.
  func keras(for title: String) throws -> KerasCell {
    guard let keras else { throw Self.lacking(self, title) }
    return keras
  }

  static func lacking(_ cell: RecurrentCell, _ title: String) -> KerasError {
    KerasError(
      nil, "\(title) is of the cell \(cell.title), for which Keras has no layer",
      remedy: "ONNX and PyTorch may have it: try one of them")
  }
}

extension KerasCell {
  fileprivate static func simple(_ activation: String) -> KerasCell {
    KerasCell(
      "SimpleRNN", container: "simple_rnn", order: GateOrder(0),
      settings: [("activation", .string(activation))],
      remedy: "A SimpleRNN here has tanh or relu: train it so")
  }
}
