extension Folder {
  /// Writes a folder with these files, whole or not at all, in place of the one that is there.
  ///
  /// The files go to `.NAME.partial` beside it, each is flushed to the disk, and the folder gets its
  /// name last. A crash leaves the old folder or the new one; between the two renames, none.
  ///
  /// - Throws: ``FileError``; nothing of the new folder is left then.
  package static func replace(_ path: String, with files: [(name: String, bytes: [UInt8])]) throws {
    let parent = parent(of: path)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let temporary = "\(parent)/.\(name)\(AtomicFile.temporarySuffix)"
    let old = "\(parent)/.\(name).old\(AtomicFile.temporarySuffix)"
    try remove(temporary)
    do {
      try create(temporary)
      for file in files {
        try AtomicFile.create(
          file.bytes, at: "\(temporary)/\(file.name)", as: "\(path)/\(file.name)", mode: nil)
      }
      try synchronize(temporary)
      try remove(old)
      if FileReader.exists(path) { try rename(path, to: old) }
      try rename(temporary, to: path)
    } catch {
      // The first error is the one to report; what cannot be removed is removed by the next run.
      try? remove(temporary)
      throw error
    }
    try synchronize(parent)
    try remove(old)
  }

  /// Removes what a killed process left half-written in the folder; does nothing where there is no
  /// folder.
  ///
  /// - Throws: ``FileError``.
  package static func removePartial(in path: String, prefix: String) throws {
    guard isFolder(path) else { return }
    for name in try entries(of: path)
    where name.hasPrefix(prefix) && name.hasSuffix(AtomicFile.temporarySuffix) {
      try remove("\(path)/\(name)")
    }
  }
}
