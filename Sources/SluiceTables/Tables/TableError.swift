import SluicePlatform

/// What is wrong with a table, where, and what to do about it.
///
/// Printed as `file:line:column: what. remedy`, the form that editors turn into a link.
package struct TableError: SluiceError, Equatable {
  /// The file as the user named it.
  package var file: String
  /// The line of the file, from 1: line breaks inside quoted cells count.
  package var line: Int?
  /// The character within the line, from 1.
  package var column: Int?
  /// What is wrong, without a full stop.
  package var what: String
  /// What to do, one or more whole sentences.
  package var remedy: String

  package init(file: String, line: Int? = nil, column: Int? = nil, what: String, remedy: String) {
    self.file = file
    self.line = line
    self.column = column
    self.what = what
    self.remedy = remedy
  }

  package var place: String? {
    guard let line else { return file }
    return "\(file):\(line)" + (column.map { ":\($0)" } ?? "")
  }
}
