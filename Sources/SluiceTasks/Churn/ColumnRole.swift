import SluiceTables

/// What part a column plays, found from its cells and its name.
enum ColumnRole: Hashable {
  case input(ColumnKind)
  /// Tells customers apart, and nothing about them.
  case identifier
  /// Left out, for this reason.
  case ignored(String)

  /// Finds the role of a column that is not the target.
  init(_ profile: ColumnProfile) {
    let levels = profile.levels.count
    if profile.name.isEmpty {
      self = .ignored("it has no name")
    } else if levels + (profile.blanks > 0 ? 1 : 0) <= 1 {
      self = .ignored("it has one value only")
    } else if profile.isNumeric {
      self = Self.numeric(profile)
    } else if profile.dateFormat != nil {
      self = .input(.date)
    } else if Self.isYesNo(profile.levels) {
      self = .input(.yesNo)
    } else if levels > 50, profile.filled < 5 * levels {
      let isUnique = levels == profile.filled
      self =
        isUnique || Self.namesIdentifier(profile.name)
        ? .identifier : .ignored("nearly every row has a value of its own")
    } else if levels == profile.filled, levels >= 20 {
      self = .identifier
    } else {
      self = .input(.category)
    }
  }

  private static func numeric(_ profile: ColumnProfile) -> ColumnRole {
    let values = profile.numbers.compactMap { $0 }
    let levels = profile.levels.count
    // A few words among few numbers (`1, 2, 3+`) are values like the others.
    if profile.numericCells < profile.filled, levels <= 50 { return .input(.category) }
    guard profile.isWhole, let low = values.min(), let high = values.max() else {
      return .input(.number)
    }
    if isYesNo(profile.levels) { return .input(.yesNo) }
    if levels <= mostSmallIntegers { return .input(.smallInteger) }
    if areDates(profile) { return .input(.date) }
    let isUnique = levels == profile.filled && levels >= 20
    // Row numbers lie close together; a quantity repeats itself sooner or later.
    let isDense = high - low < 2 * Double(levels)
    let named = namesIdentifier(profile.name)
    if isUnique, named || isDense || levels >= 5000 { return .identifier }
    if named, levels >= 20, 2 * levels > profile.filled { return .identifier }
    return .input(.number)
  }

  private static let mostSmallIntegers = 16

  /// Whether whole numbers are dates as `YYYYMMDD`.
  private static func areDates(_ profile: ColumnProfile) -> Bool {
    profile.levels.allSatisfy { level in
      level.utf8.count == 8
        && (DateText(Substring(level).utf8)?.timestamp(in: .yearMonthDay)).map {
          (1900...2100).contains($0.date.year)
        } ?? false
    }
  }

  static let yesWords: Set<String> = ["yes", "y", "true", "t", "1", "1.0", "是"]
  static let noWords: Set<String> = ["no", "n", "false", "f", "0", "0.0", "否"]

  private static func isYesNo(_ levels: [String]) -> Bool {
    guard levels.count == 2 else { return false }
    let lower = levels.map { $0.lowercased() }
    return lower.contains { yesWords.contains($0) } && lower.contains { noWords.contains($0) }
  }

  /// Whether a column of this name holds identifiers, if its values are as distinct as those of one.
  private static func namesIdentifier(_ name: String) -> Bool {
    let plain = ColumnName.normalised(name)
    return plain.hasSuffix("id") || identifierNames.contains(plain)
      || plain.hasSuffix("number") || plain.hasSuffix("编号") || plain.hasSuffix("号")
  }

  private static let identifierNames: Set<String> = [
    "rownumber", "row", "rownum", "index", "idx", "no", "nr", "key", "uuid", "guid", "phone",
    "email", "mail", "name", "surname", "lastname", "firstname", "customer", "user", "account",
    "unnamed0", "clientnum", "serial", "code",
  ]
}

/// Names of columns, for recognising them.
enum ColumnName {
  /// Lower case, letters and digits only: `Customer_ID` and `customer id` are `customerid`.
  static func normalised(_ name: String) -> String {
    name.lowercased().filter { $0.isLetter || $0.isNumber }
  }
}
