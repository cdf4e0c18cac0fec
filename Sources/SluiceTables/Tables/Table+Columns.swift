import SluicePlatform

extension Table {
  /// A column by its name; upper and lower case differ.
  ///
  /// - Throws: ``TableError`` naming the columns that come near, and all there are.
  package func column(_ name: String) throws(TableError) -> TableColumn {
    if let found = columnIfPresent(name) { return found }
    throw headerError ?? missingColumn(name)
  }

  /// A column by its name; nil when there is none.
  package func columnIfPresent(_ name: String) -> TableColumn? {
    let wanted = name.trimmingBlanks()
    guard !wanted.isEmpty, let index = places[wanted] else { return nil }
    return TableColumn(table: self, index: index)
  }

  /// A column by its position.
  package func column(at index: Int) -> TableColumn {
    TableColumn(table: self, index: index)
  }

  private func missingColumn(_ name: String) -> TableError {
    let near = NearMiss.closest(to: name, among: header).map { "\"\($0)\"" }
    let guess = near.isEmpty ? "" : "Did you mean \(near.joined(separator: " or "))? "
    return TableError(
      file: file, line: 1, what: "there is no column \"\(name)\"",
      remedy: guess + "The columns are: \(listedColumns).")
  }

  /// The names of all columns, for messages.
  package var listedColumns: String {
    let names = header.map { $0.isEmpty ? "(no name)" : $0 }
    let shown = names.prefix(40).joined(separator: ", ")
    return names.count > 40 ? shown + " and \(names.count - 40) more" : shown
  }

  /// The names of the columns that answers are appended as: their own, or where a column that the
  /// model reads has that name, with `ending` behind it: `churn_predicted`.
  ///
  /// - Parameter known: The columns that the model was trained with.
  /// - Throws: ``TableError`` where another column of the table has the name.
  package func columns(
    for answers: [String], known: [String], ending: String
  ) throws(TableError) -> [String] {
    let names = answers.map { name in
      header.contains(name) && known.contains(name) ? "\(name)_\(ending)" : name
    }
    try refuse(columns: names)
    return names
  }

  /// Refuses columns that answers would add, since they are there already.
  ///
  /// - Throws: ``TableError`` naming the first.
  package func refuse(columns: [String]) throws(TableError) {
    guard let taken = columns.first(where: header.contains) else { return }
    throw error(
      what: "there is a column \"\(taken)\" already, which the prediction would add",
      remedy: "Remove or rename it.")
  }
}
