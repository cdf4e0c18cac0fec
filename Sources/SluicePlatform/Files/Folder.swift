/// Folders: making, listing, flushing, removing.
package enum Folder {
  /// Makes the folder and those above it; does nothing where it is there.
  ///
  /// - Throws: ``FileError``; `ENOTDIR` where a file is in the way.
  package static func create(_ path: String) throws {
    if mkdir(path, 0o777) == 0 { return }
    var code = errno
    if code == ENOENT, parent(of: path) != path {
      try create(parent(of: path))
      if mkdir(path, 0o777) == 0 { return }
      code = errno
    }
    if code == EEXIST {
      if isFolder(path) { return }
      code = ENOTDIR
    }
    throw FileError("create the folder", path, code: code)
  }

  /// Whether there is a folder of this name.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in the folder, sorted, without `.` and `..`.
  ///
  /// - Throws: ``FileError``.
  package static func entries(of path: String) throws -> [String] {
    guard let stream = opendir(path) else { throw FileError("read", path, code: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Flushes the folder's list of names to the disk.
  ///
  /// - Throws: ``FileError``.
  package static func synchronize(_ path: String) throws {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else {
      // A folder may be writable and not readable: then the system flushes it in its own time.
      if errno == EACCES { return }
      throw FileError("write", path, code: errno)
    }
    defer { close(folder) }
    // Some file systems cannot flush a folder and say EINVAL.
    if fsync(folder) != 0, errno != EINVAL { throw FileError("write", path, code: errno) }
  }

  /// Removes the folder and all that is in it; does nothing where there is none. Links are removed,
  /// not followed.
  ///
  /// - Throws: ``FileError``.
  package static func remove(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw FileError("remove", path, code: errno)
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in try entries(of: path) { try remove("\(path)/\(name)") }
      guard rmdir(path) == 0 else { throw FileError("remove", path, code: errno) }
    } else {
      guard unlink(path) == 0 else { throw FileError("remove", path, code: errno) }
    }
  }

  /// Gives a file or folder another name.
  ///
  /// - Throws: ``FileError``.
  package static func rename(_ path: String, to new: String) throws {
    guard systemRename(path, new) == 0 else {
      throw FileError("rename", path, code: errno)
    }
  }

  /// The folder that `path` lies in.
  package static func parent(of path: String) -> String {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }
}
