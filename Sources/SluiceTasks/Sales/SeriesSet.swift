import SluiceTables

/// What becomes of steps at which a series has no row although it has begun.
package enum GapPolicy: String, Sendable, Codable, CaseIterable {
  /// They are an error that lists them.
  case error
  /// Nothing was sold: 0, up to the last date of the table.
  case zero
  /// On a line between the neighbours; behind the last row its value is held.
  case interpolate
}

/// S time series on one grid of D steps.
///
/// A series may begin later than others: that is no gap, ``firstStep`` says where. All end at the
/// last step.
package struct SeriesSet: Sendable {
  /// The columns that the set was read from.
  package var columns: SalesColumns
  /// `[S]` keys: the values of the series columns. Sorted, column by column; as numbers where all
  /// values of a column are numbers.
  package var keys: [[String]]
  /// The timestamps of the steps.
  package var grid: TimeGrid
  /// How the table writes dates.
  package var format: DateFormat
  /// D.
  package var stepCount: Int
  /// `[S, D]`, row-major; 0 before a series begins.
  package var values: [Float]
  /// `[S]`: the first step of each series.
  package var firstStep: [Int]
  /// `[S, D, F]`, row-major, F further known columns; before a series begins its first value,
  /// within a gap the value before it.
  package var covariates: [Float]
  /// How many values stem from the gap policy.
  package var filledCount: Int
  /// `[S, D]`: which values were interpolated: guesses, neither to be learned from across a cut nor
  /// to be scored. Empty where none was.
  package var interpolated: [Bool] = []
  /// The file that the set was read from, for messages.
  package var file: String

  /// S.
  package var seriesCount: Int { keys.count }
  /// F.
  package var covariateCount: Int { columns.covariates.count }

  /// The value of a series at a step.
  package subscript(series: Int, step: Int) -> Float {
    values[series * stepCount + step]
  }

  /// How many steps a series has.
  package func length(of series: Int) -> Int { stepCount - firstStep[series] }

  /// How many of the steps before `cut` the median series has.
  ///
  /// - Complexity: O(S · log S).
  func medianLength(until cut: Int) -> Int {
    firstStep.map { max(0, cut - $0) }.sorted()[seriesCount / 2]
  }

  /// The date of a step as the table would write it.
  package func dateText(_ step: Int) -> String { format.string(grid.timestamp(at: step)) }

  /// A series in words: "store 1, item 3".
  package func name(of series: Int) -> String {
    Self.name(columns.series, keys[series])
  }

  /// " of store 1, item 3", for behind a date; nothing where there is one series.
  static func suffix(_ columns: [String], _ key: [String]) -> String {
    columns.isEmpty ? "" : " of " + name(columns, key)
  }

  static func name(_ columns: [String], _ key: [String]) -> String {
    guard !columns.isEmpty else { return "the series" }
    return zip(columns, key).map { "\($0) \($1)" }.joined(separator: ", ")
  }

  /// Whether a value is a guess from its neighbours.
  package func isInterpolated(series: Int, step: Int) -> Bool {
    !interpolated.isEmpty && interpolated[series * stepCount + step]
  }

  /// Leaves out the series with fewer than `minimum` steps.
  ///
  /// - Returns: the names of those left out.
  /// - Throws: ``TableError`` when none would be left.
  /// - Complexity: O(S · D · (1 + F)) when something is left out.
  @discardableResult
  package mutating func dropSeries(
    shorterThan minimum: Int, because reason: String = "history and horizon",
    remedy: String =
      "Give more data, or choose a shorter `horizon`, `model.history` or `validation`."
  ) throws(TableError) -> [String] {
    let kept = (0..<seriesCount).filter { length(of: $0) >= minimum }
    guard kept.count < seriesCount else { return [] }
    guard !kept.isEmpty else {
      let longest = (0..<seriesCount).map { length(of: $0) }.max() ?? 0
      throw TableError(
        file: file,
        what: "no series is long enough: \(minimum) steps of one \(grid.step.name) are needed "
          + "(\(reason)), the longest has \(longest)",
        remedy: remedy)
    }
    let keptSet = Set(kept)
    let dropped = (0..<seriesCount).filter { !keptSet.contains($0) }.map { name(of: $0) }
    let width = stepCount * covariateCount
    values = kept.flatMap { values[$0 * stepCount..<($0 + 1) * stepCount] }
    if !interpolated.isEmpty {
      interpolated = kept.flatMap { interpolated[$0 * stepCount..<($0 + 1) * stepCount] }
    }
    covariates = kept.flatMap { covariates[$0 * width..<($0 + 1) * width] }
    keys = kept.map { keys[$0] }
    firstStep = kept.map { firstStep[$0] }
    return dropped
  }
}
