import SluiceTables

/// The customers of a table: which rows are whose, in time, and who is gone.
struct CustomerTable {
  let table: Table
  let columns: ChurnColumns
  /// `[N]`: the rows of each customer, the earliest first. One each unless there is a column of time.
  let rows: [[Int32]]
  /// `[R]`: the time since the customer's row before, NaN for the first; empty without a column of
  /// time.
  let gaps: [Double]

  /// - Throws: ``TableError`` where a cell of the column of time is no time.
  /// - Complexity: O(rows · log rows).
  init(_ table: Table, columns: ChurnColumns) throws {
    self.table = table
    self.columns = columns
    guard let time = columns.time else {
      rows = (0..<Int32(table.rowCount)).map { [$0] }
      gaps = []
      return
    }
    let moments = try Self.moments(table.column(time))
    let customers = try table.column(columns.identifiers[0]).categories()
    var rows = [[Int32]](repeating: [], count: customers.levels.count)
    for (row, customer) in customers.codes.enumerated() { rows[Int(customer)].append(Int32(row)) }
    var gaps = [Double](repeating: .nan, count: table.rowCount)
    for customer in rows.indices {
      // Rows of one moment stay in the order of the file.
      rows[customer].sort { a, b in
        let (x, y) = (moments[Int(a)], moments[Int(b)])
        return x == y ? a < b : x < y
      }
      for (before, row) in zip(rows[customer], rows[customer].dropFirst()) {
        gaps[Int(row)] = moments[Int(row)] - moments[Int(before)]
      }
    }
    self.rows = rows
    self.gaps = gaps
  }

  /// N
  var count: Int { rows.count }

  /// Days of dates; numbers as they are.
  private static func moments(_ column: TableColumn) throws -> [Double] {
    if column.isNumeric { return try (0..<column.count).map { try column.double($0) } }
    let stamps = try column.timestamps()
    return stamps.codes.map { Double(stamps.levels[Int($0)].seconds) / 86_400 }
  }

  /// `[N]`: whether each customer is gone; nil where the cell is blank. Of several rows the last
  /// that says so decides.
  ///
  /// - Throws: ``TableError`` for a cell that is neither of the two values.
  func labels() throws -> [Bool?] {
    let target = try table.column(columns.target)
    let values = TargetValues(positive: columns.positive, negative: columns.negative)
    return try rows.map { rows in
      for row in rows.reversed() {
        if let label = try values.isPositive(target, row: Int(row)) { return label }
      }
      return nil
    }
  }

  /// What a customer is called in messages.
  func name(of customer: Int) -> String {
    columns.name(ofRow: Int(rows[customer].first ?? 0), in: table)
  }
}
