import SluiceCompute
import SluiceExport

extension KerasCell {
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

extension KerasCell.Value {
  /// As a description of a model holds it.
  var json: JSONValue {
    switch self {
    case .text(let text): .string(text)
    case .flag(let flag): .bool(flag)
    }
  }

  /// As Foundation writes it.
  var plain: Any {
    switch self {
    case .text(let text): text
    case .flag(let flag): flag
    }
  }
}

extension RecurrentCell {
  /// The cell as a layer of Keras; nil: there is none.
  var keras: KerasCell? { exported.keras }

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
