/// What is wrong with a table, where, and what to do about it.
///
/// Printed as `file:line:column: what. remedy`, the form that editors turn into a link.
public struct TableError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file as the user named it.
  public var file: String
  /// The line of the file, from 1: line breaks inside quoted cells count.
  public var line: Int?
  /// The character within the line, from 1.
  public var column: Int?
  /// What is wrong, without a full stop.
  public var what: String
  /// What to do, one or more whole sentences.
  public var remedy: String

  public init(file: String, line: Int? = nil, column: Int? = nil, what: String, remedy: String) {
    self.file = file
    self.line = line
    self.column = column
    self.what = what
    self.remedy = remedy
  }

  public var description: String {
    var place = file
    if let line {
      place += ":\(line)"
      if let column { place += ":\(column)" }
    }
    return "\(place): \(what). \(remedy)"
  }
}
