/// A file or folder could not be read or written, in words that tell the user what to do.
public struct FileError: SluiceError {
  /// What was attempted, as in "cannot *write* x".
  public let action: String
  public let path: String
  /// The system's error number, `errno`.
  public let code: Int32
  /// What to do about it; empty where nothing can be said.
  public let remedy: String

  /// - Parameter remedy: what to do; where nil, what fits the error number.
  public init(_ action: String, _ path: String, code: Int32, remedy: String? = nil) {
    self.action = action
    self.path = path
    self.code = code
    self.remedy = remedy ?? Self.remedy(for: code, action: action)
  }

  public var what: String { "cannot \(action) \(path): \(String(cString: strerror(code)))" }

  private static func remedy(for code: Int32, action: String) -> String {
    let reading = action == "read"
    switch code {
    case ENOSPC, EDQUOT:
      return "Free some space there, or choose a folder on another disk"
    case EFBIG:
      return
        "A file that large is not allowed here: raise the limit (ulimit -f), or choose another disk"
    case EACCES, EPERM:
      return reading ? "Check its permissions" : "Choose a place that you may write to"
    case EROFS:
      return "The disk is mounted read-only: choose another one"
    case EISDIR:
      return "Give the name of a file, not of a folder"
    case ENOTDIR:
      return "A part of the path is a file, not a folder: correct the path"
    case ENOENT:
      return reading ? "Check the path" : "Check the path, or create the folder first"
    case EEXIST, ENOTEMPTY:
      return "Something else is there already: choose another name, or move it away"
    case ENAMETOOLONG:
      return "Choose a shorter name"
    case EPIPE:
      return "The program that reads it has ended"
    case EMFILE, ENFILE:
      return "Too many files are open: raise the limit (ulimit -n)"
    case EIO:
      return "The disk reports a fault: choose another one"
    default:
      return ""
    }
  }
}
