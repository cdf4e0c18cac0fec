import Foundation

/// Processes that share the cases of a checker, which is slow: each runs those that no other one has taken.
///
/// `SLUICE_CHECKER_FOLDER` names an empty folder that they share, `SLUICE_CHECKERS` says how many they are.
struct CheckerShare {
  private let folder: URL
  private let processes: Int

  /// Nil where one process runs all.
  static var ofEnvironment: CheckerShare? {
    let environment = ProcessInfo.processInfo.environment
    guard let path = environment["SLUICE_CHECKER_FOLDER"],
      let count = environment["SLUICE_CHECKERS"].flatMap(Int.init)
    else { return nil }
    return CheckerShare(folder: URL(filePath: path), processes: count)
  }

  /// Whether this process is the one to run the case of this name.
  func takes(_ name: String) throws -> Bool {
    let file = folder.appending(path: "case " + name.replacing("/", with: "∕"))
    do {
      try Data().write(to: file, options: .withoutOverwriting)
      return true
    } catch CocoaError.fileWriteFileExists {
      return false
    }
  }

  /// Leaves what this process has run.
  ///
  /// - Returns: What all of them have run; nil where some are still at it.
  func finish(_ kernels: Set<String>, _ cases: Int) throws -> (kernels: Set<String>, cases: Int)? {
    let own = Part(kernels: kernels, cases: cases)
    try JSONEncoder().encode(own).write(
      to: folder.appending(path: "part \(getpid())"), options: .atomic)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let parts = try names.filter { $0.hasPrefix("part ") }.map {
      try JSONDecoder().decode(Part.self, from: Data(contentsOf: folder.appending(path: $0)))
    }
    guard parts.count == processes else { return nil }
    return (
      parts.reduce(into: []) { $0.formUnion($1.kernels) }, parts.reduce(0) { $0 + $1.cases }
    )
  }

  private struct Part: Codable {
    var kernels: Set<String>
    var cases: Int
  }
}
