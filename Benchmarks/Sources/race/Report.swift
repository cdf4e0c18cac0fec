import Foundation
import Sluice
import SluiceCPU

/// Runs ours and both peers in turns, each shape in a process of its own, and writes a table.
struct Report {
  private let options: Options

  init(_ options: Options) {
    self.options = options
  }

  func write(to folder: String) throws {
    var ours: [String: [Measurement]] = [:]
    var single: [String: [Measurement]] = [:]
    var rival: [String: [Measurement]] = [:]
    var peers: [Peer: [String: [Measurement]]] = [:]
    var path = ""
    var text = ""
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for round in 1...max(1, options.rounds) {
      for shape in options.shapes {
        try ours[shape.name, default: []].append(runOurs(shape, threads: options.threads))
        if let cell = options.rival {
          try rival[shape.name, default: []].append(
            runOurs(shape.with(cell), threads: options.threads))
        }
        if let python = options.peer {
          for peer in Peer.allCases {
            try peers[peer, default: [:]][shape.name, default: []].append(
              run(
                python, ["peers/race_shapes.py"] + arguments(shape, threads: options.threads),
                environment: peer.environment, input: try JSONEncoder().encode([shape])))
          }
        }
        try single[shape.name, default: []].append(runOurs(shape, threads: 1))
        note("round \(round) of \(options.rounds): \(shape.name)")
      }
      // After every round, so that a race cut short has its table too.
      let table = Table(
        options, rounds: round, ours: ours, rival: rival, single: single, peers: peers)
      path = "\(folder)/\(table.fileName).md"
      text = table.text
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
    print(text)
    note("written to \(path)")
  }

  private func arguments(_ shape: RaceShape, threads: Int) -> [String] {
    [
      "--threads", "\(threads)", "--seconds", "\(options.seconds)", "--shape", shape.name, "--cell",
      shape.cell.rawValue,
    ]
  }

  private func runOurs(_ shape: RaceShape, threads: Int) throws -> Measurement {
    var arguments = arguments(shape, threads: threads)
    if let set = options.set { arguments += ["--set", set.rawValue] }
    return try run(CommandLine.arguments[0], arguments)
  }

  /// Runs a program to its end and decodes the last line that it prints.
  ///
  /// - Parameters:
  ///   - environment: In addition to our own.
  ///   - input: What it reads; shorter than a pipe holds.
  private func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    input: Data? = nil
  ) throws -> Measurement {
    let process = Process()
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    let source = Pipe()
    if input != nil { process.standardInput = source }
    try process.run()
    if let input { try source.fileHandleForWriting.write(contentsOf: input) }
    try source.fileHandleForWriting.close()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: "\(program) ended with status \(process.terminationStatus)")
    }
    let lines = String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline)
    return try JSONDecoder().decode(Measurement.self, from: Data((lines.last ?? "").utf8))
  }

  private func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }
}
