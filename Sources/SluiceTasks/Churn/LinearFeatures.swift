import SluiceTables

/// The inputs as a linear model reads them: a column for each value, or the distance from the mean
/// and a flag for blank. Of a history, the mean over its rows.
enum LinearFeatures {
  /// F
  static func columnCount(_ encoders: [ColumnEncoder]) -> Int {
    encoders.reduce(0) { $0 + ($1.kind.isContinuous ? 2 : $1.levels.count) }
  }

  /// `[N, F]` for some customers of a table.
  ///
  /// - Throws: ``TableError`` where the table lacks a column.
  static func rows(
    _ table: CustomerTable, of customers: [Int], encoders: [ColumnEncoder], history: Int
  ) throws -> SparseRows {
    var features = SparseRows(columnCount: columnCount(encoders))
    var codes: [[Int32]] = []
    var values: [[Double]] = []
    for encoder in encoders {
      if encoder.kind.isContinuous {
        values.append(
          encoder.kind == .gap ? table.gaps : try encoder.values(table.table.column(encoder.name)))
        codes.append([])
      } else {
        codes.append(try encoder.codes(table.table.column(encoder.name)))
        values.append([])
      }
    }
    for customer in customers {
      let rows = table.recentRows(of: customer, limit: history)
      let weight = 1 / Float(max(1, rows.count))
      var columns: [Int32] = []
      var entries: [Float] = []
      var first: Int32 = 0
      for (input, encoder) in encoders.enumerated() {
        for row in rows {
          if encoder.kind.isContinuous {
            let value = values[input][Int(row)]
            columns.append(value.isNaN ? first + 1 : first)
            entries.append(weight * (value.isNaN ? 1 : Float(encoder.distance(value))))
          } else if case let code = codes[input][Int(row)], code > 0 {
            columns.append(first + code - 1)
            entries.append(weight)
          }
        }
        first += encoder.kind.isContinuous ? 2 : Int32(encoder.levels.count)
      }
      features.append(columns: columns, values: entries)
    }
    return features
  }
}
