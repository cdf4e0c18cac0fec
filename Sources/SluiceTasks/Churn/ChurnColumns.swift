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
}

/// What a user says about the columns of a table; the rest is found.
package struct ChurnColumnRequest: Hashable, Sendable {
  package var target: String?
  package var positive: String?
  package var identifiers: [String]?
  package var time: String?
  package var ignored: [String]

  package init(
    target: String? = nil, positive: String? = nil, identifiers: [String]? = nil,
    time: String? = nil, ignored: [String] = []
  ) {
    self.target = target
    self.positive = positive
    self.identifiers = identifiers
    self.time = time
    self.ignored = ignored
  }
}

extension ChurnColumns {
  /// Finds the roles of a table's columns.
  ///
  /// - Throws: ``TableError`` where a named column is missing or has two roles, where no target is
  ///   recognised, where the target does not have two values, or where nothing is left to learn
  ///   from.
  /// - Complexity: O(bytes of the table).
  package static func find(in table: Table, _ request: ChurnColumnRequest) throws -> ChurnColumns {
    guard table.rowCount > 0 else {
      throw table.error(
        what: "there are no rows below the header",
        remedy: "Check that the export was complete.")
    }
    var taken = Set<String>()
    func take(_ name: String, _ flag: String) throws -> String {
      let name = try table.column(name).name
      guard taken.insert(name).inserted else {
        throw table.error(
          what: "column \"\(name)\" is named for two purposes, one of them \(flag)",
          remedy: "Give --target, --id, --time and --ignore different columns.")
      }
      return name
    }
    var target = try request.target.map { try take($0, "--target") }
    var identifiers = try (request.identifiers ?? []).map { try take($0, "--id") }
    let time = try request.time.map { try take($0, "--time") }
    var ignored = try request.ignored.map {
      Ignored(name: try take($0, "--ignore"), reason: "as asked")
    }
    if time != nil, identifiers.count != 1 {
      throw table.error(
        what: "--time says that customers have several rows, and needs one --id to tell them apart",
        remedy: "Name the column of customers with --id COLUMN.")
    }
    if target == nil { target = recogniseTarget(in: table, except: taken) }
    guard let target else { throw unrecognisedTarget(table) }
    let values = try TargetValues(table.column(target), positive: request.positive)
    var inputs: [Input] = []
    for index in 0..<table.columnCount {
      let name = table.header[index]
      guard name != target, !taken.contains(name) else { continue }
      switch ColumnRole(ColumnProfile(table.column(at: index))) {
      case .input(let kind): inputs.append(Input(name: name, kind: kind))
      case .identifier:
        // With histories the customer is known; whatever else is unique says nothing.
        if time == nil, request.identifiers == nil {
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

  private static let targetNames = [
    "churn", "churned", "exited", "ischurn", "ischurned", "churnflag", "churnvalue", "churnlabel",
    "haschurned", "attrition", "attritionflag", "attrited", "left", "leave", "cancelled",
    "canceled", "iscancelled", "iscanceled", "unsubscribed", "target", "label", "y", "class",
    "outcome", "response", "流失", "是否流失",
  ]

  private static func recogniseTarget(in table: Table, except taken: Set<String>) -> String? {
    for name in targetNames {
      if let found = table.header.first(where: {
        ColumnName.normalised($0) == name && !taken.contains($0)
      }) {
        return found
      }
    }
    return nil
  }

  private static func unrecognisedTarget(_ table: Table) -> TableError {
    TableError(
      file: table.file, line: 1,
      what: "no column is recognised as the one that says who is gone",
      remedy: "Name it with --target COLUMN. The columns are: \(table.listedColumns).")
  }

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
}
