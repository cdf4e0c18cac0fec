/// The files that something reads, so that nothing is written over them.
///
/// Files are told by identity: another name, a link of either kind or a way through another folder makes
/// no difference.
package struct InputFiles {
  private var names: [FileIdentity: String] = [:]

  /// - Parameters:
  ///   - files: What is not there, or is no regular file, is left out.
  ///   - folders: All files in them, and in the folders there.
  ///   - others: Files that may be written over all the same.
  package init(_ files: [String], folders: [String] = [], without others: [String] = []) {
    for file in files { add(file) }
    for folder in folders { addAll(in: folder) }
    for file in others { FileIdentity(file).map { names[$0] = nil } }
  }

  private mutating func add(_ file: String) {
    if let identity = FileIdentity(file) { names[identity] = file }
  }

  private mutating func addAll(in folder: String) {
    for name in (try? Folder.entries(of: folder)) ?? [] {
      let path = "\(folder)/\(name)"
      if Folder.isFolder(path) { addAll(in: path) } else { add(path) }
    }
  }

  /// Refuses to write over one of them.
  ///
  /// - Throws: ``OverwriteError``.
  package func refuse(_ output: String) throws(OverwriteError) {
    guard let identity = FileIdentity(output), let input = names[identity] else { return }
    throw OverwriteError(output: output, input: input)
  }
}

/// Which regular file a path leads to.
private struct FileIdentity: Hashable {
  let device: UInt64
  let number: UInt64

  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    device = UInt64(status.st_dev)
    number = UInt64(status.st_ino)
  }
}

/// An output that would destroy an input.
package struct OverwriteError: SluiceError {
  let output: String
  let input: String

  package var what: String {
    output == input
      ? "\(output) is read: it would be lost if the output were written there"
      : "\(output) is the file \(input), which is read: it would be lost"
  }

  package var remedy: String { "Choose another `output`." }
}
