/// All cases of one operation on one back end: a row of the table that a user reads.
public struct OperationSummary: Sendable {
  public var operation: String
  public var cases: Int
  /// The worst relative error of any case; infinite where NaN stood for a number.
  public var worstError: Double
  public var tolerance: Double
  /// One line for each case that failed.
  public var failures: [String]

  public var passed: Bool { failures.isEmpty }

  /// Rows of operation, cases, worst error, tolerance and verdict, in columns.
  public static func table(of summaries: [OperationSummary]) -> String {
    let header = ["operation", "cases", "worst error", "tolerance", "verdict"]
    let rows = summaries.map { summary in
      [
        summary.operation, "\(summary.cases)", scientific(summary.worstError),
        summary.tolerance == 0 ? "equal" : scientific(summary.tolerance),
        summary.passed ? "passed" : "\(summary.failures.count) failed",
      ]
    }
    let widths = header.indices.map { column in
      ([header] + rows).map { $0[column].count }.max() ?? 0
    }
    let lines = ([header] + rows).map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        let isNumber = (1...3).contains(column)
        return isNumber ? padding + row[column] : row[column] + padding
      }.joined(separator: "  ")
    }
    return lines.joined(separator: "\n")
  }

  /// Two digits and a power of ten: `3.1e-07`.
  public static func scientific(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return "\(value)" }
    var exponent = 0
    var digits = value
    while digits >= 10 {
      digits /= 10
      exponent += 1
    }
    while digits < 1 {
      digits *= 10
      exponent -= 1
    }
    var tenths = Int((digits * 10).rounded())
    if tenths == 100 { (tenths, exponent) = (10, exponent + 1) }
    let power = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
    return "\(tenths / 10).\(tenths % 10)e\(exponent < 0 ? "-" : "+")\(power)"
  }
}
