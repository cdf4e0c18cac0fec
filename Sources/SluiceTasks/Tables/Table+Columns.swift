extension Table {
  /// A column by its name; upper and lower case differ.
  ///
  /// - Throws: ``TableError`` naming the columns that come near, and all there are.
  public func column(_ name: String) throws(TableError) -> TableColumn {
    if let found = columnIfPresent(name) { return found }
    throw missingColumn(name)
  }

  /// A column by its name; nil when there is none.
  public func columnIfPresent(_ name: String) -> TableColumn? {
    let wanted = name.trimmingBlanks()
    guard !wanted.isEmpty, let index = header.firstIndex(of: wanted) else { return nil }
    return TableColumn(table: self, index: index)
  }

  /// A column by its position.
  public func column(at index: Int) -> TableColumn {
    TableColumn(table: self, index: index)
  }

  private func missingColumn(_ name: String) -> TableError {
    let near = header.filter { !$0.isEmpty }
      .map { (name: $0, distance: Self.distance($0.lowercased(), name.lowercased())) }
      .filter { $0.distance <= max(1, name.count / 3) }
      .sorted { $0.distance < $1.distance }
      .prefix(3).map { "\"\($0.name)\"" }
    let guess = near.isEmpty ? "" : "Did you mean \(near.joined(separator: " or "))? "
    return TableError(
      file: file, line: 1, what: "there is no column \"\(name)\"",
      remedy: guess + "The columns are: \(listedColumns).")
  }

  /// The names of all columns, for messages.
  public var listedColumns: String {
    let names = header.map { $0.isEmpty ? "(no name)" : $0 }
    let shown = names.prefix(40).joined(separator: ", ")
    return names.count > 40 ? shown + " and \(names.count - 40) more" : shown
  }

  /// How many characters must be put in, left out or replaced to make one text of the other; two
  /// neighbours that changed places count once.
  static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a)
    let b = Array(b)
    var beforePrevious: [Int] = []
    var previous = Array(0...b.count)
    for i in 0..<a.count {
      var current = [i + 1]
      for j in 0..<b.count {
        var best = min(previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, current[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, beforePrevious[j - 1] + 1)
        }
        current.append(best)
      }
      beforePrevious = previous
      previous = current
    }
    return previous[b.count]
  }
}
