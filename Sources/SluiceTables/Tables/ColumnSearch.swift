/// A search for columns by name that gives no column to two purposes.
package struct ColumnSearch {
  private let table: Table
  /// The header's names, normalised.
  private let normalised: [String]
  private var taken: Set<String> = []

  package init(_ table: Table) {
    self.table = table
    normalised = table.header.map(Self.normalised)
  }

  /// Takes a column that the user names.
  @discardableResult
  package mutating func take(_ name: String, for setting: String) throws(TableError) -> String {
    let name = try table.column(name).name
    guard taken.insert(name).inserted else {
      throw table.error(
        what: "column \"\(name)\" is named for two purposes, one of them `\(setting)`",
        remedy: "Give each purpose a column of its own.")
    }
    return name
  }

  /// Takes the column that the user names, if there is one.
  package mutating func named(_ name: String?, for setting: String) throws(TableError) -> String? {
    guard let name, !name.isEmpty else { return nil }
    return try take(name, for: setting)
  }

  /// Takes the columns that the user names; nil where nothing is said.
  package mutating func named(_ names: [String]?, for setting: String) throws(TableError)
    -> [String]?
  {
    guard let names else { return nil }
    var found: [String] = []
    for name in names where !name.isEmpty { found.append(try take(name, for: setting)) }
    return found
  }

  /// Named columns that have no purpose yet, in the table's order.
  package var rest: [String] { table.header.filter { !$0.isEmpty && !taken.contains($0) } }

  /// What such a column looks like.
  package func kind(_ name: String) -> CellKind {
    table.places[name].map { table.kind(of: $0) } ?? .empty
  }

  /// Takes the only column without a purpose that fits; nil where none does, or several do.
  package mutating func takeOnly(where fits: (String) -> Bool) -> String? {
    let found = rest.filter(fits)
    guard found.count == 1 else { return nil }
    taken.insert(found[0])
    return found[0]
  }

  /// Takes the first column that has one of the names and fits, the names in order of preference.
  package mutating func recognise(
    _ names: [String], where fits: (String) -> Bool = { _ in true }
  ) -> String? {
    for name in names {
      let found = zip(table.header, normalised).first { column, normalised in
        normalised == name && !taken.contains(column) && fits(column)
      }
      if let found {
        taken.insert(found.0)
        return found.0
      }
    }
    return nil
  }

  /// Takes all columns that have one of the names, in the table's order.
  package mutating func recogniseAll(
    _ names: Set<String>, where fits: (String) -> Bool = { _ in true }
  )
    -> [String]
  {
    let found = zip(table.header, normalised).filter { column, normalised in
      !taken.contains(column) && names.contains(normalised) && fits(column)
    }.map(\.0)
    taken.formUnion(found)
    return found
  }

  /// Lower case, letters and digits only: `Review Text` and `review_text` are `reviewtext`.
  package static func normalised(_ name: String) -> String {
    name.lowercased().filter { $0.isLetter || $0.isNumber }
  }

  /// - Parameters:
  ///   - role: What the column would hold: `rating`.
  ///   - setting: The path of the setting that names it.
  ///   - hint: What looks like it, as a sentence; may be empty.
  /// - Returns: That, or that there are no names at all.
  package func unrecognised(_ role: String, _ setting: String, hint: String = "") -> TableError {
    if let error = table.headerError { return error }
    return TableError(
      file: table.file, line: 1, what: "no column is recognised as the one with the \(role)",
      remedy: "Name it in `\(setting)`.\(hint.isEmpty ? "" : " \(hint)") The columns are: "
        + "\(table.listedColumns).")
  }
}
