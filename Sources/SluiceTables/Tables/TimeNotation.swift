/// How a column of times is written: as dates, or as numbers that count from some moment.
package struct TimeNotation: Codable, Hashable, Sendable {
  /// What a number counts, in seconds: 1 for Unix time, 0.001 for its milliseconds. Nil: dates.
  package let secondsPerUnit: Double?
  package let format: DateFormat?

  /// Later than this, in seconds, is no time.
  private static let farthest = 1e12

  /// The time of every row of a column.
  ///
  /// Numbers are dates where all of them have eight digits (`20130215`) or four (`2013`); from 10⁸
  /// on they are Unix seconds, from 10¹¹ on milliseconds, from 10¹⁴ on microseconds, from 10¹⁷ on
  /// nanoseconds. Smaller ones count seconds.
  ///
  /// - Parameter known: How the times that a model was trained on are written; these must be too.
  /// - Returns: `[R]`, seconds.
  /// - Throws: ``TableError`` naming the first cell that is no time.
  package static func read(_ column: TableColumn, as known: TimeNotation? = nil) throws(TableError)
    -> (notation: TimeNotation, seconds: [Int])
  {
    if let unit = known.map(\.secondsPerUnit) ?? unit(of: column) {
      let notation = TimeNotation(secondsPerUnit: unit, format: nil)
      return (notation, try seconds(column, perUnit: unit))
    }
    let times = try column.timestamps(preferring: known?.format)
    let notation = known ?? TimeNotation(secondsPerUnit: nil, format: times.format)
    return (notation, (0..<column.count).map { times[$0].seconds })
  }

  /// A time as people read it.
  package func text(_ seconds: Int) -> String {
    (format ?? .iso).string(Timestamp(seconds: seconds))
  }

  /// Nil for a column of dates.
  private static func unit(of column: TableColumn) -> Double? {
    guard column.count > 0, column.isNumeric else { return nil }
    var largest = 0.0
    var areDates = true
    for row in 0..<column.count {
      // An empty cell is an error in either case.
      guard let value = try? column.double(row) else { continue }
      largest = max(largest, abs(value))
      let isDate = (1000...9999).contains(value) || (10_000_101...99_991_231).contains(value)
      areDates = areDates && isDate && value == value.rounded()
    }
    if areDates { return nil }
    switch largest {
    case 1e17...: return 1e-9
    case 1e14...: return 1e-6
    case 1e11...: return 1e-3
    default: return 1
    }
  }

  private static func seconds(_ column: TableColumn, perUnit unit: Double) throws(TableError)
    -> [Int]
  {
    var seconds: [Int] = []
    seconds.reserveCapacity(column.count)
    for row in 0..<column.count {
      let value = try column.double(row) * unit
      guard abs(value) <= farthest else {
        throw column.error(
          row, what: "\"\(column.string(row).shortened)\" in column \"\(column.name)\" is no time",
          remedy: "Write times as Unix seconds or as dates such as YYYY-MM-DD.")
      }
      seconds.append(Int(value.rounded(.down)))
    }
    return seconds
  }
}
