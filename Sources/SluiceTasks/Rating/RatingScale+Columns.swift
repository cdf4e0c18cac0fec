import SluiceTables

extension RatingScale {
  /// `[R]`: the classes of a column; −1 where a cell is empty.
  ///
  /// - Throws: ``TableError`` naming the first cell that is no rating, or not on the scale.
  func classes(in column: TableColumn) throws(TableError) -> [Int32] {
    var classes = [Int32](repeating: -1, count: column.count)
    for row in 0..<column.count where !column.isEmpty(row) {
      let rating = try Self.rating(column, row)
      guard let index = index(of: rating) else {
        let known = (0..<count).map { name($0) }.joined(separator: ", ")
        throw column.error(
          row, what: "the rating \(rating) in column \"\(column.name)\" is none of the model's",
          remedy: "The model knows \(known). Leave such rows out, or train on rows like them.")
      }
      classes[row] = Int32(index)
    }
    return classes
  }
}
