import SluicePlatform

/// Why a file of Keras cannot be read or written.
package struct KerasError: SluiceError, Equatable {
  package let place: String?
  package let what: String
  package let remedy: String

  /// - Parameters:
  ///   - file: Which file; nil where it is none.
  ///   - what: What went wrong.
  ///   - remedy: What to do about it.
  package init(_ file: String?, _ what: String, remedy: String = KerasError.damaged) {
    place = file
    self.what = what
    self.remedy = remedy
  }

  /// What to do about a file that makes no sense.
  package static let damaged = "The file is damaged or of another kind: copy or save it again"
}
