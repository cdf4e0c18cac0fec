import SluiceTables

extension RatingScale {
  /// `[R]`: the class of each rating; −1 where there is none, or none such on the scale.
  func classes(of ratings: [Double?]) -> [Int32] {
    ratings.map { rating in rating.flatMap { index(of: $0) }.map { Int32($0) } ?? -1 }
  }

  /// `[R]`: the class of each rating; −1 where there is none.
  ///
  /// - Throws: ``TableError`` for a rating that is not on the scale, or where there is none at all.
  func classes(of ratings: [Double?], file: String, column: String) throws(TableError) -> [Int32] {
    var classes: [Int32] = []
    for (row, rating) in ratings.enumerated() {
      guard let rating else {
        classes.append(-1)
        continue
      }
      guard let index = index(of: rating) else {
        let known = (0..<count).map { name($0) }.joined(separator: ", ")
        throw TableError(
          file: file,
          what: "row \(row + 1) has the rating \(rating) in column \"\(column)\", the model knows "
            + known,
          remedy: "Leave such rows out, or train on rows that have this rating.")
      }
      classes.append(Int32(index))
    }
    guard classes.contains(where: { $0 >= 0 }) else {
      throw TableError(
        file: file, what: "no row has a rating in column \"\(column)\"",
        remedy: "To score reviews without ratings, use `sluice predict`.")
    }
    return classes
  }
}
