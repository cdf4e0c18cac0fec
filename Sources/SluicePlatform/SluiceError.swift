/// The one shape of everything that can go wrong: what, where, and what to do about it.
///
/// Printed as `place: what. remedy`; where the place is `file:line:column`, editors make a link of it.
public protocol SluiceError: Error, CustomStringConvertible, Sendable {
  /// What went wrong, with names and numbers, without a full stop.
  var what: String { get }
  /// The file, with line and column where they are known; nil where it is in no file.
  var place: String? { get }
  /// What to do about it; empty where nothing can be said.
  var remedy: String { get }
}

extension SluiceError {
  public var place: String? { nil }

  public var description: String {
    (place.map { "\($0): " } ?? "") + what + (remedy.isEmpty ? "" : ". \(remedy)")
  }
}
