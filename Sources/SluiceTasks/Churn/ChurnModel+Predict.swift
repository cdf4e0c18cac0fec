import SluiceCompute
import SluiceTables

/// How likely each customer of a table is gone, and why.
package struct ChurnPrediction {
  let table: Table
  /// `[N]`: the row of the table that stands for each customer: its only one, or its latest.
  let rows: [Int]
  /// `[N]`
  package let probabilities: [Double]
  /// `[N]`: whether the probability reaches the threshold.
  package let isGone: [Bool]
  /// `[N]`: what moved the probability the most, the strongest first; nil where nobody asked.
  package let reasons: [[ChurnReason]]?
  let columns: ChurnColumns

  package var count: Int { rows.count }
}

/// What one column did to the probability of a customer.
package struct ChurnReason: Hashable, Sendable {
  package var column: String
  /// What the cell holds.
  package var value: String
  /// The probability less what it would be if the column were not known.
  package var effect: Double

  /// `Contract=Month-to-month (+0.123)`.
  package var description: String {
    "\(column)=\(value) (\(effect < 0 ? "-" : "+")\(DecimalText.of(abs(effect), places: 3)))"
  }
}

extension ChurnModel {
  /// How many columns an explanation names.
  package static let reasonCount = 3

  /// Predicts every customer of a table.
  ///
  /// - Parameter explains: Whether to find out what moved each probability: every column is hidden
  ///   once, and the difference is what it did.
  /// - Throws: `TableError` where a column is missing, or is there already that the prediction would
  ///   add.
  package func predict(_ table: Table, explains: Bool = false) throws -> ChurnPrediction {
    let added = ChurnPrediction.columnNames(
      target: preprocessing.columns.target, in: table, explains: explains)
    if let taken = added.first(where: table.header.contains) {
      throw table.error(
        what: "there is a column \"\(taken)\" already, which the prediction would add",
        remedy: "Remove or rename it.")
    }
    let customers = try CustomerTable(table, columns: preprocessing.columns)
    let chosen = Array(0..<customers.count)
    let cells = try cells(customers)
    let rows = rows(of: chosen, in: customers)
    let probabilities = try probabilities(rows, cells: cells)
    let shown = customers.rows.map { Int($0.last ?? 0) }
    return ChurnPrediction(
      table: table, rows: shown, probabilities: probabilities,
      isGone: probabilities.map { $0 >= preprocessing.threshold },
      reasons: explains ? try reasons(rows, cells, probabilities, table: table, shown: shown) : nil,
      columns: preprocessing.columns)
  }

  private func reasons(
    _ rows: [ArraySlice<Int32>], _ cells: EncodedCustomers, _ probabilities: [Double],
    table: Table, shown: [Int]
  ) throws -> [[ChurnReason]] {
    let inputs = preprocessing.columns.inputs
    let effects = try inputs.indices.map { input in
      zip(probabilities, try self.probabilities(rows, cells: cells, hidden: input)).map { $0 - $1 }
    }
    let columns = inputs.map { table.columnIfPresent($0.name) }
    return rows.indices.map { customer in
      let strongest = inputs.indices.sorted { a, b in
        let (x, y) = (abs(effects[a][customer]), abs(effects[b][customer]))
        return x == y ? a < b : x > y
      }
      return strongest.prefix(Self.reasonCount).map { input in
        ChurnReason(
          column: inputs[input].name, value: columns[input]?.string(shown[customer]) ?? "",
          effect: effects[input][customer])
      }
    }
  }
}

extension ChurnPrediction {
  /// The names of the columns that a prediction appends: `churn_probability`, `churn`, and the
  /// reasons. Where the table's target is itself called so, the decision is `churn_predicted`.
  package var columnNames: [String] {
    Self.columnNames(target: columns.target, in: table, explains: reasons != nil)
  }

  static func columnNames(target: String, in table: Table, explains: Bool) -> [String] {
    ["churn_probability", "churn"].map {
      $0 == target && table.header.contains($0) ? "\($0)_predicted" : $0
    }
      + (explains ? (1...ChurnModel.reasonCount).map { "reason_\($0)" } : [])
  }

  /// What is appended to the row of a customer.
  package func cells(_ customer: Int) -> [String] {
    let reasons = reasons.map { reasons in
      let own = reasons[customer].map(\.description)
      return own + [String](repeating: "", count: ChurnModel.reasonCount - own.count)
    }
    return [
      DecimalText.of(probabilities[customer], places: 6),
      isGone[customer] ? columns.positive : columns.negative,
    ] + (reasons ?? [])
  }

  /// The row of each customer with its prediction behind it, as CSV. Of several rows it is the latest.
  package func csv() -> [UInt8] {
    var writer = CSVWriter(like: table)
    writer.appendHeader(of: table, adding: columnNames)
    for customer in 0..<count {
      writer.append(row: rows[customer], of: table, adding: cells(customer))
    }
    return writer.bytes
  }

  /// The customers with the highest probabilities, the likeliest first.
  package func likeliest(_ limit: Int) -> [Int] {
    let order = probabilities.indices.sorted { a, b in
      probabilities[a] == probabilities[b] ? a < b : probabilities[a] > probabilities[b]
    }
    return Array(order.prefix(limit))
  }

  /// What tells a customer from others: its identifier, or the line of the file.
  package func name(of customer: Int) -> String {
    guard let identifier = columns.identifiers.first, let column = table.columnIfPresent(identifier)
    else { return "line \(table.line(of: rows[customer]))" }
    return column.string(rows[customer])
  }
}
