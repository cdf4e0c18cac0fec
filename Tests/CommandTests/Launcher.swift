import Foundation
import Testing

/// A program that starts several processes together.
enum Launcher: String, CaseIterable, CustomStringConvertible {
  case openMPI = "mpirun.openmpi"
  case mpich = "mpirun.mpich"

  var description: String { rawValue }

  /// Whether a machine without them fails the tests.
  private static let isRequired = ProcessInfo.processInfo.environment["SLUICE_REQUIRE_MPI"] == "1"

  private var program: URL { URL(fileURLWithPath: "/usr/bin/\(rawValue)") }

  /// Whether it is on this machine, which is to be expected.
  var exists: Bool {
    let exists = FileManager.default.isExecutableFile(atPath: program.path)
    #expect(exists || !Self.isRequired, "\(program.path) is missing")
    return exists
  }

  /// Runs the command on so many ranks.
  func run(
    _ ranks: Int, _ arguments: [String], environment: [String: String] = [:], in folder: Folder
  ) throws -> Sluice.Run {
    try Sluice.finish(start(ranks, arguments, environment: environment, in: folder))
  }

  func start(
    _ ranks: Int, _ arguments: [String], environment: [String: String] = [:], in folder: Folder
  ) throws -> Sluice.Started {
    try start(
      ["-np", "\(ranks)", Sluice.binary.path] + arguments, environment: environment, in: folder)
  }

  /// Runs what stands behind the launcher's own options.
  func run(_ programs: [String], in folder: Folder) throws -> Sluice.Run {
    try Sluice.finish(start(programs, environment: [:], in: folder))
  }

  private func start(
    _ programs: [String], environment: [String: String], in folder: Folder
  ) throws -> Sluice.Started {
    // Root runs the tests in containers, which have few processors.
    let options =
      self == .openMPI ? ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none"] : []
    return try Sluice.start(program, options + programs, environment: environment, in: folder)
  }
}

extension Sluice.Started {
  /// The processes of Open MPI's launcher, by rank.
  var ranks: [pid_t] {
    let id = process.processIdentifier
    let text = try? String(contentsOfFile: "/proc/\(id)/task/\(id)/children", encoding: .utf8)
    return (text ?? "").split(separator: " ").compactMap { pid_t($0) }.sorted()
  }
}
