import Foundation
import SluicePlatform
import Testing

/// Runs the real binary, as a user does.
enum Sluice {
  struct Run {
    var status: Int32
    var output: String
    var errors: String

    /// The JSON object on standard output.
    func json() throws -> [String: Any] {
      let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
      return try #require(object as? [String: Any])
    }
  }

  /// The binary lies beside the test bundle.
  static var binary: URL {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("sluice")
  }

  /// Runs the command to its end.
  static func run(_ arguments: String..., in folder: Folder) throws -> Run {
    try run(arguments, in: folder)
  }

  static func run(_ arguments: [String], in folder: Folder) throws -> Run {
    try finish(start(arguments, in: folder))
  }

  /// Runs a shell line in which `$SLUICE` is the binary, for limits and redirections.
  static func shell(_ line: String, in folder: Folder) throws -> Run {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", line]
    return try finish(launch(process, in: folder))
  }

  /// A command that has been started, its output still to be read.
  struct Started {
    let process: Process
    let output: URL
    let errors: URL
  }

  static func start(_ arguments: [String], in folder: Folder) throws -> Started {
    try start(binary, arguments, in: folder)
  }

  /// Starts another program, such as one that starts the command in its turn.
  static func start(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:], in folder: Folder
  ) throws -> Started {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    return try launch(process, environment: environment, in: folder)
  }

  /// Runs a training that can be resumed, kills it again and again, and lets it end at last.
  ///
  /// - Parameters:
  ///   - atMost: How often it is killed.
  ///   - moment: Called at each start with the kills so far; what it gives is asked, with the seconds
  ///     since, whether to kill now.
  /// - Returns: The session that ended by itself, and how many were killed.
  static func runKilled(
    _ arguments: [String], atMost limit: Int, in folder: Folder,
    moment: (_ kills: Int) -> (_ seconds: Double) -> Bool
  ) throws -> (run: Run, kills: Int) {
    for kills in 0..<limit {
      let isDue = moment(kills)
      let begin = Date()
      let started = try start(arguments, in: folder)
      while started.process.isRunning && !isDue(Date().timeIntervalSince(begin)) { usleep(500) }
      guard started.process.isRunning else { return (try finish(started), kills) }
      kill(started.process.processIdentifier, SIGKILL)
      _ = try finish(started)
    }
    return (try run(arguments, in: folder), limit)
  }

  /// Runs a training and kills it once it has written the checkpoint of a step, or a later one.
  static func runKilled(
    _ arguments: [String], output: String, atCheckpoint step: Int, in folder: Folder
  ) throws {
    let started = try start(arguments, in: folder)
    while started.process.isRunning && (folder.newestCheckpoint(of: output) ?? 0) < step {
      usleep(1000)
    }
    kill(started.process.processIdentifier, SIGKILL)
    _ = try finish(started)
  }

  private static func launch(
    _ process: Process, environment: [String: String] = [:], in folder: Folder
  ) throws -> Started {
    let name = UUID().uuidString
    let output = folder.url("\(name).out")
    let errors = folder.url("\(name).err")
    for file in [output, errors] {
      try Data().write(to: file)
    }
    process.currentDirectoryURL = folder.root
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["SLUICE": binary.path, "SWIFT_BACKTRACE": "enable=no"].merging(environment) { $1 }
    ) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    return Started(process: process, output: output, errors: errors)
  }

  static func finish(_ started: Started) throws -> Run {
    started.process.waitUntilExit()
    let status =
      started.process.terminationReason == .uncaughtSignal
      ? -started.process.terminationStatus : started.process.terminationStatus
    return Run(
      status: status, output: try String(contentsOf: started.output, encoding: .utf8),
      errors: try String(contentsOf: started.errors, encoding: .utf8))
  }
}

/// A folder of its own for a test, removed with it.
final class Folder {
  let root: URL

  init() throws {
    root = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: root)
  }

  func url(_ name: String) -> URL { root.appendingPathComponent(name) }

  func path(_ name: String) -> String { url(name).path }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: url(name))
  }

  func bytes(_ name: String) throws -> Data { try Data(contentsOf: url(name)) }

  func text(_ name: String) throws -> String { try String(contentsOf: url(name), encoding: .utf8) }

  func lines(_ name: String) throws -> [String] {
    try text(name).split(separator: "\n").map(String.init)
  }

  /// The step of a run's newest checkpoint.
  func newestCheckpoint(of run: String) -> Int? {
    let names = try? FileManager.default.contentsOfDirectory(atPath: path("\(run)/checkpoints"))
    return names?.filter { $0.hasPrefix("step-") }.compactMap { Int($0.dropFirst(5)) }.max()
  }

  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: path(name))
  }
}
