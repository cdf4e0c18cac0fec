/// Rows of numbers of which most are 0: compressed sparse rows.
package struct SparseRows: Sendable {
  /// F: columns of every row.
  package let columnCount: Int
  /// `[N + 1]`: where each row begins in ``columns`` and ``values``.
  package private(set) var starts: [Int] = [0]
  package private(set) var columns: [Int32] = []
  package private(set) var values: [Float] = []

  package init(columnCount: Int) {
    self.columnCount = columnCount
  }

  /// N: the number of rows.
  package var count: Int { starts.count - 1 }

  /// Appends a row. A column may come twice: both values count.
  ///
  /// - Precondition: Every column lies in `0 ..< columnCount`.
  package mutating func append(columns: [Int32], values: [Float]) {
    precondition(columns.count == values.count, "\(values.count) values")
    precondition(columns.allSatisfy { $0 >= 0 && $0 < columnCount }, "a column out of range")
    self.columns += columns
    self.values += values
    starts.append(self.columns.count)
  }

  /// Appends a row of which every column is given; zeros are left out.
  package mutating func append(_ row: [Float]) {
    precondition(row.count == columnCount, "\(row.count) of \(columnCount) columns")
    for (column, value) in row.enumerated() where value != 0 {
      columns.append(Int32(column))
      values.append(value)
    }
    starts.append(columns.count)
  }

  /// Some of the rows, in the given order.
  package func rows(_ indices: [Int]) -> SparseRows {
    var picked = SparseRows(columnCount: columnCount)
    for row in indices {
      let range = starts[row]..<starts[row + 1]
      picked.columns += columns[range]
      picked.values += values[range]
      picked.starts.append(picked.columns.count)
    }
    return picked
  }

  /// The same with every column multiplied by a factor of its own.
  ///
  /// - Parameter factors: `[F]`
  package func scaled(by factors: [Float]) -> SparseRows {
    precondition(factors.count == columnCount, "\(factors.count) factors")
    var scaled = self
    for place in scaled.values.indices { scaled.values[place] *= factors[Int(columns[place])] }
    return scaled
  }
}
