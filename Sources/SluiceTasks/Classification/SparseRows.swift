/// Rows of numbers of which most are 0: compressed sparse rows.
public struct SparseRows: Sendable {
  /// F: columns of every row.
  public let columnCount: Int
  /// `[N + 1]`: where each row begins in ``columns`` and ``values``.
  public private(set) var starts: [Int] = [0]
  public private(set) var columns: [Int32] = []
  public private(set) var values: [Float] = []

  public init(columnCount: Int) {
    self.columnCount = columnCount
  }

  /// N: the number of rows.
  public var count: Int { starts.count - 1 }

  /// Appends a row. A column may come twice: both values count.
  ///
  /// - Precondition: Every column lies in `0 ..< columnCount`.
  public mutating func append(columns: [Int32], values: [Float]) {
    precondition(columns.count == values.count, "\(values.count) values")
    precondition(columns.allSatisfy { $0 >= 0 && $0 < columnCount }, "a column out of range")
    self.columns += columns
    self.values += values
    starts.append(self.columns.count)
  }

  /// Appends a row of which every column is given; zeros are left out.
  public mutating func append(_ row: [Float]) {
    precondition(row.count == columnCount, "\(row.count) of \(columnCount) columns")
    for (column, value) in row.enumerated() where value != 0 {
      columns.append(Int32(column))
      values.append(value)
    }
    starts.append(columns.count)
  }

  /// Some of the rows, in the given order.
  public func rows(_ indices: [Int]) -> SparseRows {
    var picked = SparseRows(columnCount: columnCount)
    for row in indices {
      let range = starts[row]..<starts[row + 1]
      picked.columns += columns[range]
      picked.values += values[range]
      picked.starts.append(picked.columns.count)
    }
    return picked
  }
}
