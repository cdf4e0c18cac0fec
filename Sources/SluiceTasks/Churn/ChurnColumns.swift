import SluiceTables

/// Which columns of a table hold what about customers.
package struct ChurnColumns: Codable, Hashable, Sendable {
  /// A column that the network reads.
  package struct Input: Codable, Hashable, Sendable {
    package var name: String
    package var kind: ColumnKind

    package init(name: String, kind: ColumnKind) {
      self.name = name
      self.kind = kind
    }
  }

  /// A column that is left out.
  package struct Ignored: Codable, Hashable, Sendable {
    package var name: String
    /// Why, in a few words.
    package var reason: String
  }

  /// Says who is gone.
  package var target: String
  /// The cell that stands for gone, and the one that stands for stayed.
  package var positive: String
  package var negative: String
  /// Columns that tell customers apart.
  package var identifiers: [String]
  /// The column of time, where a customer has several rows; else nil.
  package var time: String?
  /// In the order of the file.
  package var inputs: [Input]
  package var ignored: [Ignored]

  /// The columns of the table.
  var all: [String] {
    [target] + identifiers + [time].compactMap { $0 } + inputs.map(\.name) + ignored.map(\.name)
  }
}

extension ChurnColumns {
  /// Finds the roles of a table's columns.
  ///
  /// - Throws: ``TableError`` where a named column is missing or has two roles, where no target is
  ///   recognised, where the target does not have two values, or where nothing is left to learn
  ///   from.
  /// - Complexity: O(bytes of the table).
  package static func find(in table: Table, _ data: ChurnData = ChurnData()) throws -> ChurnColumns
  {
    guard table.rowCount > 0 else {
      throw table.error(
        what: "there are no rows below the header",
        remedy: "Check that the export was complete.")
    }
    var search = ColumnSearch(table)
    // What the user names is taken before anything is guessed.
    let named = try search.named(data.target, for: "data.target")
    let asked = try search.named(data.id, for: "data.id")
    let time = try search.named(data.time, for: "data.time")
    var ignored = (try search.named(data.ignore, for: "data.ignore") ?? []).map {
      Ignored(name: $0, reason: asAsked)
    }
    var identifiers = asked ?? []
    if time != nil, identifiers.count != 1 {
      throw table.error(
        what:
          "`data.time` says that customers have several rows, and needs one column in `data.id` "
          + "to tell them apart", remedy: "Name the column of customers in `data.id`.")
    }
    guard let target = named ?? search.recognise(targetNames) else {
      throw search.unrecognised("answer to who is gone", "data.target")
    }
    let taken = Set(identifiers + ignored.map(\.name) + [target, time ?? target])
    let values = try TargetValues(table.column(target), positive: data.positive)
    var inputs: [Input] = []
    for index in 0..<table.columnCount {
      let name = table.header[index]
      guard !taken.contains(name) else { continue }
      switch ColumnRole(ColumnProfile(table.column(at: index))) {
      case .input(let kind): inputs.append(Input(name: name, kind: kind))
      case .identifier:
        // With histories the customer is known; whatever else is unique says nothing.
        if time == nil, asked == nil {
          identifiers.append(name)
        } else {
          ignored.append(Ignored(name: name, reason: "nearly every row has a value of its own"))
        }
      case .ignored(let reason): ignored.append(Ignored(name: name, reason: reason))
      }
    }
    guard !inputs.isEmpty || time != nil else {
      throw table.error(
        what: "no column is left to learn from",
        remedy: "Beside the target \"\(target)\" there are: \(table.listedColumns).")
    }
    if time != nil { inputs.append(Input(name: gapName, kind: .gap)) }
    return ChurnColumns(
      target: target, positive: values.positive, negative: values.negative,
      identifiers: identifiers, time: time, inputs: inputs, ignored: ignored)
  }

  /// What the time between a customer's rows is called where a column is named.
  static let gapName = "(time since the row before)"

  /// Why a column is left out that the settings name.
  static let asAsked = "as asked"

  private static let targetNames = [
    "churn", "churned", "exited", "ischurn", "ischurned", "churnflag", "churnvalue", "churnlabel",
    "haschurned", "attrition", "attritionflag", "attrited", "left", "leave", "cancelled",
    "canceled", "iscancelled", "iscanceled", "unsubscribed", "target", "label", "y", "class",
    "outcome", "response", "流失", "是否流失",
  ]

  /// What was found, in a line.
  package var summary: String {
    var parts = ["target \(target) (\(positive) is gone, \(negative) stayed)"]
    if let time { parts.append("time \(time)") }
    if !identifiers.isEmpty { parts.append("identifier \(identifiers.joined(separator: ", "))") }
    for kind in ColumnKind.allCases where kind != .gap {
      let names = inputs.filter { $0.kind == kind }.map(\.name)
      if !names.isEmpty { parts.append("\(kind.words) \(names.joined(separator: ", "))") }
    }
    return parts.joined(separator: "; ")
  }

  /// What a customer is called: by its identifier, or by the line of the file.
  func name(ofRow row: Int, in table: Table) -> String {
    guard let identifier = identifiers.first, let column = table.columnIfPresent(identifier) else {
      return "line \(table.line(of: row))"
    }
    return column.string(row)
  }
}
