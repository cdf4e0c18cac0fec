import Foundation
import Testing

@testable import SluiceTraining
import SluicePlatform

@Suite struct AtomicFileTests {
  @Test func writesAndReplaces() throws {
    let folder = try TestFolder()
    try AtomicFile.write("one", to: folder("a"))
    #expect(try FileReader.text(of: folder("a")) == "one")
    try AtomicFile.write("two, longer", to: folder("a"))
    #expect(try FileReader.text(of: folder("a")) == "two, longer")
    try AtomicFile.write("", to: folder("a"))
    #expect(try FileReader.bytes(of: folder("a")) == [])
    #expect(try Folder.entries(of: folder.path) == ["a"])
  }

  @Test func keepsPermissionsAndFollowsLinks() throws {
    let folder = try TestFolder()
    try AtomicFile.write("one", to: folder("a"))
    chmod(folder("a"), 0o640)
    symlink("a", folder("link"))
    try AtomicFile.write("two", to: folder("link"))
    #expect(try FileReader.text(of: folder("a")) == "two")
    var status = stat()
    #expect(lstat(folder("link"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    #expect(stat(folder("a"), &status) == 0 && status.st_mode & 0o777 == 0o640)
  }

  @Test func aFullDeviceIsReported() throws {
    let error = #expect(throws: FileError.self) { try AtomicFile.write("text", to: "/dev/full") }
    #expect(error?.code == ENOSPC)
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains("/dev/full") && text.contains("No space") && text.contains("Free some"))
    try AtomicFile.write("text", to: "/dev/null")
  }

  @Test func aFileSizeLimitLeavesTheOldFile() throws {
    ProcessSignals.ignoreWriteSignals()
    let folder = try TestFolder()
    try AtomicFile.write("old", to: folder("a"))
    // Above what any other test writes, since the limit is the whole process's.
    let limit = 32 << 20
    let bytes = [UInt8](repeating: 1, count: limit + 1)
    var old = rlimit()
    // glibc types the resource as an enumeration of its own, other systems as an integer.
    #if os(Linux) && canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
    #else
      let resource = RLIMIT_FSIZE
    #endif
    getrlimit(resource, &old)
    var low = old
    low.rlim_cur = rlim_t(limit)
    setrlimit(resource, &low)
    defer { setrlimit(resource, &old) }
    let error = #expect(throws: FileError.self) { try AtomicFile.write(bytes, to: folder("a")) }
    #expect(error?.code == EFBIG)
    #expect(try FileReader.text(of: folder("a")) == "old")
    #expect(try Folder.entries(of: folder.path) == ["a"])
  }

  @Test func pathsThatCannotBeWritten() throws {
    let folder = try TestFolder()
    try AtomicFile.write("x", to: folder("file"))
    try Folder.create(folder("inner"))
    func code(_ path: String) -> Int32? {
      let error = #expect(throws: FileError.self) { try AtomicFile.write("y", to: path) }
      #expect(error.map { "\($0)".contains(path) } == true)
      #expect(error?.remedy.isEmpty == false)
      return error?.code
    }
    #expect(code(folder("inner")) == EISDIR)
    #expect(code(folder("file/below")) == ENOTDIR)
    #expect(code(folder("missing/below")) == ENOENT)
    if geteuid() != 0 {
      chmod(folder("inner"), 0o500)
      #expect(code(folder("inner/x")) == EACCES)
      chmod(folder("inner"), 0o700)
    }
    #expect(throws: FileError.self) { try Folder.create(folder("file/below")) }
    #expect(throws: FileError.self) { try FileReader.bytes(of: folder.path) }
    #expect(throws: FileError.self) { try FileReader.bytes(of: folder("missing")) }
  }

  @Test func aFolderIsReplacedWholeOrNotAtAll() throws {
    let folder = try TestFolder()
    try Folder.replace(folder("m"), with: [("a", [1]), ("b", [2])])
    try Folder.replace(folder("m"), with: [("a", [3])])
    #expect(try Folder.entries(of: folder("m")) == ["a"])
    #expect(try FileReader.bytes(of: folder("m/a")) == [3])
    #expect(throws: FileError.self) {
      try Folder.replace(folder("m"), with: [("a", [4]), ("no/such", [5])])
    }
    #expect(try FileReader.bytes(of: folder("m/a")) == [3])
    #expect(try Folder.entries(of: folder.path) == ["m"])
  }

  @Test func parents() {
    #expect(Folder.parent(of: "a") == ".")
    #expect(Folder.parent(of: "a/b/") == "a")
    #expect(Folder.parent(of: "/a") == "/")
    #expect(Folder.parent(of: "/") == "/")
  }
}
