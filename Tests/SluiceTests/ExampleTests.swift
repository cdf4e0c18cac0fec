import Foundation
import Testing

/// The programs of Examples, compiled with this package, and the one that the guide shows.
@Suite struct ExampleTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Runs a program that lies beside the test bundle, in a folder of its own.
  ///
  /// - Returns: what it prints.
  private func run(_ name: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
      .deletingLastPathComponent().appendingPathComponent(name)
    process.currentDirectoryURL = folder
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: output, as: UTF8.self)
  }

  /// The number behind `key` in the last line that has it.
  private func number(_ key: String, in output: String) throws -> Double {
    let line = try #require(output.split(separator: "\n").last { $0.contains(key) }, "\(output)")
    let tail = line[try #require(line.range(of: key, options: .backwards)).upperBound...]
    return try #require(Double(tail.prefix { !" ;".contains($0) }), "\(line)")
  }

  @Test func theClassifierTellsUnseenWavesApart() throws {
    let output = try run("ClassifierExample")
    #expect(try number("accuracy ", in: output) > 0.95)
    #expect(output.contains("epoch 20/20"))
  }

  @Test func theForecasterBeatsLastWeek() throws {
    let output = try run("ForecasterExample")
    let own = try number("a day's sales: ", in: output)
    #expect(own < (try number("last week's sales: ", in: output)))
    #expect(own < 1.4)
  }

  @Test func theTapeLearnsToAdd() throws {
    let output = try run("TapeExample")
    let first = try number("step 100: mean squared error ", in: output)
    let last = try number("step 400: mean squared error ", in: output)
    #expect(last < 0.02)
    #expect(last < first)
    #expect(output.contains("answers: float32 [64, 1]\n[["))
  }

  @Test func theGuideShowsTheClassifierAsItIs() throws {
    let guide = try String(
      contentsOf: Self.root.appendingPathComponent(
        "Sources/Sluice/Sluice.docc/Guides/Library.md"), encoding: .utf8)
    let program = try String(
      contentsOf: Self.root.appendingPathComponent("Examples/Sources/classifier/main.swift"),
      encoding: .utf8)
    #expect(guide.contains("```swift\n\(program)```\n"))
    let lines = program.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    #expect(lines.count <= 20)
  }

  /// Examples names exactly the programs that are compiled and run here.
  @Test func noExampleIsLeftOut() throws {
    let sources = Self.root.appendingPathComponent("Examples/Sources").path
    let names = try FileManager.default.contentsOfDirectory(atPath: sources).sorted()
    #expect(names == ["classifier", "forecaster", "tape"])
  }
}
