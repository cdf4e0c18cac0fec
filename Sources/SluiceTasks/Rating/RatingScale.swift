import SluiceTables

/// The ratings that a set of reviews gives, in order: 1 to 5, 0 and 1, half stars. Where there are many,
/// such as means or points out of 100, neighbours share a bin.
package struct RatingScale: Hashable, Sendable, Codable {
  /// Ascending, at least two; of bins the means.
  package let values: [Double]
  /// `[K + 1]`: where the bins begin and end, ascending; nil: every class is one rating.
  let bounds: [Double]?

  /// A column with more different numbers than this has no class for each.
  static let mostValues = 21

  /// K.
  package var count: Int { values.count }

  /// The rating of a class as people write it: `5`, `4.5`.
  package func name(_ index: Int) -> String {
    let value = values[index]
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }

  /// The class of a rating; nil for one that is not on the scale.
  package func index(of rating: Double) -> Int? {
    bounds.map { Self.bin(of: rating, $0) } ?? values.firstIndex(of: rating)
  }

  /// The standard deviation of ratings that are given as often as `counts` says.
  func moments(counts: [Int]) -> (mean: Double, deviation: Double) {
    let total = Double(max(1, counts.reduce(0, +)))
    let mean = zip(values, counts).reduce(0) { $0 + $1.0 * Double($1.1) } / total
    let square = zip(values, counts).reduce(0) {
      $0 + ($1.0 - mean) * ($1.0 - mean) * Double($1.1)
    }
    return (mean, (square / total).squareRoot())
  }

  init(values: [Double], bounds: [Double]? = nil) {
    self.values = values
    self.bounds = bounds
  }

  /// Finds the scale in a column. Cells that are empty do not count.
  ///
  /// - Parameter binsMany: Whether ratings of many values are put into bins.
  /// - Throws: ``TableError`` for a cell that is no number, for numbers of too many kinds or such as
  ///   name the rows, and where all ratings are the same.
  init(_ column: TableColumn, binsMany: Bool = false) throws(TableError) {
    var seen: Set<Double> = []
    var ratings: [Double] = []
    for row in 0..<column.count where !column.isEmpty(row) {
      ratings.append(try Self.rating(column, row))
      seen.insert(ratings[ratings.count - 1])
      if seen.count > Self.mostValues, !binsMany {
        throw column.error(
          row,
          what: "column \"\(column.name)\" holds more than \(Self.mostValues) different numbers",
          remedy:
            "Ratings are a small ordered set, such as 1 to 5. Name the column of ratings in "
            + "`data.target`, or round the numbers.")
      }
    }
    guard seen.count >= 2 else {
      let all = seen.first.map { "all ratings in column \"\(column.name)\" are \(text($0))" }
      throw column.table.error(
        what: all ?? "column \"\(column.name)\" holds no rating",
        remedy: "There is nothing to tell apart: give rows with at least two different ratings, or "
          + "name another column in `data.target`.")
    }
    guard seen.count > Self.mostValues else {
      self.init(values: seen.sorted())
      return
    }
    guard !Self.areNames(seen, of: ratings.count) else {
      throw column.table.error(
        what: "column \"\(column.name)\" holds \(seen.count.grouped) different whole numbers in "
          + "\(ratings.count.grouped) rows: they seem to name the rows, not to rate them",
        remedy: "Name the column of ratings in `data.target`; if these are ratings, round them.")
    }
    self.init(binning: ratings)
  }

  /// A cell as a rating.
  static func rating(_ column: TableColumn, _ row: Int) throws(TableError) -> Double {
    do {
      return try column.double(row)
    } catch {
      throw column.error(
        row,
        what: "\"\(column.string(row).shortened)\" in column \"\(column.name)\" is no rating",
        remedy: "Ratings are numbers, such as 1 to 5 or 0 and 1. Name their column in "
          + "`data.target`, or write the ratings as numbers.")
    }
  }
}

private func text(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
}
