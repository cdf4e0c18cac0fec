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
    guard !wanted.isEmpty, let index = header.firstIndex(of: wanted) else { return nil }
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
