import SluicePlatform

/// Why a model cannot be written for other programs.
package struct ExportError: SluiceError {
  package let what: String
  package let remedy: String

  package init(_ what: String, remedy: String) {
    self.what = what
    self.remedy = remedy
  }
}
