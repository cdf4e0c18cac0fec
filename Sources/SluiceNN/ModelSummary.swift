/// The layers of a model as a table: names, kinds, output shapes, numbers of weights.
///
/// ```
/// Layer    Kind           Output        Weights
/// encoder  LSTM × 2       [T, N, 64]     52,224
/// head     Linear (relu)  […, 32]         2,080
/// Total                                  54,304  (212.1 KiB)
/// ```
public struct ModelSummary: CustomStringConvertible {
  /// One layer.
  public struct Row: Hashable, Sendable {
    /// The layer's name.
    public let name: String
    /// The layer's kind.
    public let kind: String
    /// The shape of what comes out.
    public let output: String
    /// Trainable weights.
    public let weightCount: Int
  }

  /// One for each layer.
  public let rows: [Row]

  /// One row for each layer, in their order.
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
    var table = TextTable(["Layer", "Kind", "Output", "Weights"], leading: 3, hasRule: false)
    for row in rows { table.add([row.name, row.kind, row.output, Self.grouped(row.weightCount)]) }
    table.add(["Total", "", "", Self.grouped(weightCount)])
    var lines = table.lines
    lines[lines.count - 1] += "  (\(Self.size(4 * weightCount)))"
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

  /// Bytes in MiB to one decimal, in KiB below one of them.
  private static func size(_ bytes: Int) -> String {
    let shift = bytes < 1 << 20 ? 10 : 20
    let tenths = (bytes * 10 + (1 << (shift - 1))) >> shift
    return "\(tenths / 10).\(tenths % 10) \(shift == 10 ? "KiB" : "MiB")"
  }
}
