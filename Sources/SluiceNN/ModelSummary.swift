/// The layers of a model as a table: names, kinds, output shapes, numbers of weights.
///
/// ```
/// Layer    Kind           Output        Weights
/// encoder  LSTM × 2       [T, N, 64]     52,224
/// head     Linear (relu)  […, 32]         2,080
/// Total                                  54,304  (0.2 MiB)
/// ```
public struct ModelSummary: CustomStringConvertible {
  public struct Row: Hashable, Sendable {
    public let name: String
    public let kind: String
    public let output: String
    public let weightCount: Int
  }

  public let rows: [Row]

  public init(_ layers: [any Layer]) {
    rows = layers.map { layer in
      Row(
        name: layer.name, kind: layer.kind, output: layer.outputDescription,
        weightCount: layer.parameters.reduce(0) { $0 + $1.shape.count })
    }
  }

  /// All trainable weights.
  public var weightCount: Int { rows.reduce(0) { $0 + $1.weightCount } }

  /// The table, without a final line break.
  public var description: String {
    var cells = [["Layer", "Kind", "Output", "Weights"]]
    cells += rows.map { [$0.name, $0.kind, $0.output, Self.grouped($0.weightCount)] }
    cells.append(["Total", "", "", Self.grouped(weightCount)])
    let widths = (0..<4).map { column in cells.map { $0[column].count }.max() ?? 0 }
    var lines = cells.map { row in
      row.enumerated().map { column, text in
        let padding = String(repeating: " ", count: widths[column] - text.count)
        return column == 3 ? padding + text : text + padding
      }.joined(separator: "  ")
    }
    lines[lines.count - 1] += "  (\(Self.mebibytes(4 * weightCount)) MiB)"
    return lines.joined(separator: "\n")
  }

  /// 1234567 as `1,234,567`.
  static func grouped(_ number: Int) -> String {
    var text = ""
    for (index, digit) in String(number).reversed().enumerated() {
      if index > 0 && index % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }

  /// Bytes in MiB to one decimal.
  private static func mebibytes(_ bytes: Int) -> String {
    let tenths = (bytes * 10 + (1 << 19)) >> 20
    return "\(tenths / 10).\(tenths % 10)"
  }
}
