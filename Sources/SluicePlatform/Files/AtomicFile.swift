import Synchronization

/// Writes whole files so that a reader, a crash or a full disk never meets half of one.
///
/// The bytes go to a temporary file in the same folder, which is flushed to the disk, takes the
/// file's name in one step, and whose folder is flushed then. Where anything fails, the temporary
/// file is removed and the old file is as it was.
package enum AtomicFile {
  /// What names of temporary files begin and end with; one that a killed process left behind may be
  /// removed.
  package static let temporaryPrefix = ".sluice-"
  package static let temporarySuffix = ".partial"

  private static let counter = Atomic<UInt32>(0)

  /// Writes `text` as UTF-8.
  ///
  /// - Throws: ``FileError``.
  package static func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
  }

  /// Writes `bytes` to `path`.
  ///
  /// What is there and is not a regular file (a terminal, a pipe, `/dev/null`) is written to
  /// directly. A symbolic link is followed, and the permissions of an older file are kept.
  ///
  /// - Throws: ``FileError``.
  /// - Note: Call ``ProcessSignals/ignoreWriteSignals()`` at the start of the program; without it a
  ///   file size limit or a closed pipe kills the process before there is an error to report.
  package static func write(_ bytes: [UInt8], to path: String) throws {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let code = errno
      guard code == ENOENT else { throw FileError("write", path, code: code) }
      return try replace(path, as: path, with: bytes, mode: nil)
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      throw FileError("write", path, code: EISDIR)
    case S_IFREG:
      guard access(path, W_OK) == 0 else { throw FileError("write", path, code: errno) }
      try replace(
        resolved(path), as: path, with: bytes, mode: status.st_mode & 0o777)
    default:
      try writeThrough(bytes, to: path)
    }
  }

  /// Writes a new file and flushes it to the disk; not atomic. For files in a folder that gets its
  /// final name later.
  package static func create(_ bytes: [UInt8], at place: String, as path: String, mode: mode_t?)
    throws
  {
    let file = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw FileError("write", path, code: errno) }
    var code = writeAll(bytes, to: file)
    if code == 0, let mode, fchmod(file, mode) != 0 { code = errno }
    if code == 0, fsync(file) != 0 { code = errno }
    if close(file) != 0, code == 0 { code = errno }
    if code != 0 {
      unlink(place)
      throw FileError("write", path, code: code)
    }
  }

  private static func replace(
    _ place: String, as path: String, with bytes: [UInt8], mode: mode_t?
  ) throws {
    let folder = Folder.parent(of: place)
    let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
    let temporary = "\(folder)/\(temporaryPrefix)\(getpid())-\(number)\(temporarySuffix)"
    try create(bytes, at: temporary, as: path, mode: mode)
    guard rename(temporary, place) == 0 else {
      let code = errno
      unlink(temporary)
      throw FileError("write", path, code: code)
    }
    try Folder.synchronize(folder)
  }

  private static func resolved(_ path: String) -> String {
    guard let pointer = realpath(path, nil) else { return path }
    defer { free(pointer) }
    return String(cString: pointer)
  }

  private static func writeThrough(_ bytes: [UInt8], to path: String) throws {
    let file = open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw FileError("write", path, code: errno) }
    var code = writeAll(bytes, to: file)
    if close(file) != 0, code == 0 { code = errno }
    if code != 0 { throw FileError("write", path, code: code) }
  }

  /// Writes everything, however small the pieces that the system takes.
  ///
  /// - Returns: 0, or the error number.
  package static func writeAll(_ bytes: [UInt8], to file: Int32) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      var position = 0
      while position < buffer.count {
        let count = systemWrite(file, base + position, min(buffer.count - position, 1 << 28))
        if count > 0 {
          position += count
        } else if count == 0 {
          return EIO
        } else if errno == EAGAIN {
          var waiting = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
          poll(&waiting, 1, -1)
        } else if errno != EINTR {
          return errno
        }
      }
      return 0
    }
  }
}
