import SluiceSettings
import SluiceTables

extension ChurnTask {
  /// What a prediction may be asked besides.
  package struct PredictionOptions: SettingsBlock {
    @Setting(
      "Append the three columns that moved each probability the most.", flag: "explain")
    package var explain = false

    package init() {}
  }

  package static func predict(_ model: Model, for table: Table?, _ options: PredictionOptions)
    throws -> Answers
  {
    let table = try table.given("the customers to score")
    let prediction = try model.predict(table, explains: options.explain)
    let gone = prediction.isGone.count { $0 }
    return Answers(
      csv: prediction.csv(), preview: prediction.preview(7), count: prediction.count,
      noun: "customers",
      remark: "\(gone.grouped) of them over the threshold of "
        + "\(DecimalText.of(model.fitted.threshold, places: 3)); above, the likeliest")
  }
}

/// How likely each customer of a table is gone, and why.
struct ChurnPrediction {
  let table: Table
  /// `[N]`: the row of the table that stands for each customer: its only one, or its latest.
  let rows: [Int]
  /// `[N]`
  let probabilities: [Double]
  /// `[N]`: whether the probability reaches the threshold.
  let isGone: [Bool]
  /// `[N]`: what moved the probability the most, the strongest first; nil where nobody asked.
  let reasons: [[ChurnReason]]?
  let columns: ChurnColumns
  /// What the columns are called that the prediction appends.
  let columnNames: [String]

  var count: Int { rows.count }
}

/// What one column did to the probability of a customer.
struct ChurnReason: Hashable {
  /// How many columns an explanation names.
  static let most = 3

  var column: String
  /// What the cell holds.
  var value: String
  /// The probability less what it would be if the column were not known.
  var effect: Double

  /// `Contract=Month-to-month (+0.123)`.
  var description: String {
    "\(column)=\(value) (\(effect < 0 ? "-" : "+")\(DecimalText.of(abs(effect), places: 3)))"
  }
}

extension TrainedModel<ChurnTask> {
  /// Predicts every customer of a table.
  ///
  /// - Parameter explains: Whether to find out what moved each probability: every column is hidden
  ///   once, and the difference is what it did.
  /// - Throws: `TableError` where a column is missing, or is there already that the prediction would
  ///   add.
  func predict(_ table: Table, explains: Bool = false) throws -> ChurnPrediction {
    let columnNames = try table.columns(
      for: ChurnPrediction.columnNames(explains: explains), known: fitted.columns.all,
      ending: "predicted")
    let customers = try CustomerTable(table, columns: fitted.columns)
    let cells = try cells(customers)
    let rows = rows(of: Array(0..<customers.count), in: customers)
    let probabilities = try probabilities(rows, cells: cells)
    let shown = customers.rows.map { Int($0.last ?? 0) }
    return ChurnPrediction(
      table: table, rows: shown, probabilities: probabilities,
      isGone: probabilities.map { $0 >= fitted.threshold },
      reasons: explains ? try reasons(rows, cells, probabilities, table: table, shown: shown) : nil,
      columns: fitted.columns, columnNames: columnNames)
  }

  private func reasons(
    _ rows: [ArraySlice<Int32>], _ cells: EncodedCustomers, _ probabilities: [Double],
    table: Table, shown: [Int]
  ) throws -> [[ChurnReason]] {
    let inputs = fitted.columns.inputs
    let effects = try inputs.indices.map { input in
      zip(probabilities, try self.probabilities(rows, cells: cells, hidden: input)).map { $0 - $1 }
    }
    let columns = inputs.map { table.columnIfPresent($0.name) }
    return rows.indices.map { customer in
      let strongest = inputs.indices.sorted { a, b in
        let (x, y) = (abs(effects[a][customer]), abs(effects[b][customer]))
        return x == y ? a < b : x > y
      }
      return strongest.prefix(ChurnReason.most).map { input in
        ChurnReason(
          column: inputs[input].name, value: columns[input]?.string(shown[customer]) ?? "",
          effect: effects[input][customer])
      }
    }
  }
}

extension ChurnPrediction {
  /// What a prediction appends: `churn_probability`, `churn`, and the reasons.
  static func columnNames(explains: Bool) -> [String] {
    ["churn_probability", "churn"]
      + (explains ? (1...ChurnReason.most).map { "reason_\($0)" } : [])
  }

  /// What is appended to the row of a customer.
  func cells(_ customer: Int) -> [String] {
    let reasons = reasons.map { reasons in
      let own = reasons[customer].map(\.description)
      return own + [String](repeating: "", count: ChurnReason.most - own.count)
    }
    return [
      DecimalText.of(probabilities[customer], places: 6),
      isGone[customer] ? columns.positive : columns.negative,
    ] + (reasons ?? [])
  }

  /// The row of each customer with its prediction behind it, as CSV. Of several rows it is the latest.
  func csv() -> [UInt8] {
    var writer = CSVWriter(like: table)
    writer.appendHeader(of: table, adding: columnNames)
    for customer in 0..<count {
      writer.append(row: rows[customer], of: table, adding: cells(customer))
    }
    return writer.bytes
  }

  /// The customers with the highest probabilities, the likeliest first, below a header.
  func preview(_ limit: Int) -> [[String]] {
    let order = probabilities.indices.sorted { a, b in
      probabilities[a] == probabilities[b] ? a < b : probabilities[a] > probabilities[b]
    }
    return [[columns.identifiers.first ?? "customer"] + columnNames]
      + order.prefix(limit).map { [columns.name(ofRow: rows[$0], in: table)] + cells($0) }
  }
}
