import Logging
import SluiceNN
import Testing

@testable import SluiceTraining
import SluicePlatform

@Suite struct PhasedTrainingTests {
  private static let names = ["member-0", "member-1", "member-2"]

  private func configuration() -> TrainerConfiguration {
    var configuration = TrainerTests.configuration()
    configuration.checkpointEvery = 7
    configuration.earlyStopping = EarlyStoppingConfiguration(patience: 100)
    return configuration
  }

  /// One session of a run: the weights of all phases; nil where the process "died".
  ///
  /// - Parameter kill: The phase and step at which it dies.
  private func session(
    in folder: String, kill: (phase: Int, step: Int)? = nil, settings: String = "same"
  ) throws -> [[Float]]? {
    let run = try RunDirectory(folder, resuming: RunDirectory.holdsRun(folder))
    try AtomicFile.write("settings", to: run.configurationPath)
    let phases = try PhasedTraining(
      in: run, settings: settings, changes: { $0 == settings ? [] : ["was \($0)"] },
      dataFingerprint: "data", keepCheckpoints: 2,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    var weights: [[Float]] = []
    for (index, name) in Self.names.enumerated() {
      let problem = try RegressionProblem(seed: UInt64(index))
      if kill?.phase == index { problem.abandonAt = kill?.step }
      do {
        let phase = try #require(try phases.train(name, configuration(), problem))
        weights.append(try problem.parameters.backend.read(phase.parameters.weights))
        #expect(phase.summary.steps == configuration().totalSteps)
      } catch is Abandoned {
        return nil
      }
    }
    #expect(phases.steps == 3 * configuration().totalSteps)
    return weights
  }

  @Test(arguments: [
    [(0, 3)], [(1, 0)], [(1, 9), (1, 20), (2, 1)], [(0, 8), (2, 0), (2, 0), (2, 30)],
  ])
  func killedAndResumedEqualsUninterrupted(_ kills: [(Int, Int)]) throws {
    let whole = try TestFolder()
    let expected = try #require(try session(in: whole("run")))
    #expect(Set(expected).count == 3)
    let folder = try TestFolder()
    for kill in kills { #expect(try session(in: folder("run"), kill: kill) == nil) }
    #expect(try session(in: folder("run")) == expected)
    // The metrics too, but for pace and time.
    func losses(_ folder: TestFolder) throws -> [[String]] {
      try MetricsLog(path: folder("run/metrics.csv")).rows.map { Array($0[0..<6]) + $0[8...] }
    }
    #expect(try losses(folder) == losses(whole))
  }

  @Test func otherSettingsAreRefused() throws {
    let folder = try TestFolder()
    _ = try session(in: folder("run"), kill: (1, 9))
    let error = #expect(throws: TrainingError.self) {
      try session(in: folder("run"), settings: "other")
    }
    #expect(error?.what.contains("was same") == true)
  }

  @Test func aDamagedPhaseIsNamed() throws {
    let folder = try TestFolder()
    _ = try session(in: folder("run"), kill: (1, 9))
    let path = folder("run/phases/member-0/model.safetensors")
    var bytes = try FileReader.bytes(of: path)
    bytes[bytes.count - 1] ^= 1
    try AtomicFile.write(bytes, to: path)
    let error = #expect(throws: TrainingError.self) { try session(in: folder("run")) }
    #expect(error?.what.contains("phases/member-0/model.safetensors") == true)
  }

  @Test func membersShareAFile() throws {
    let members = try (0..<3).map { try RegressionProblem(seed: UInt64($0)).parameters }
    let file = try Safetensors(decoding: Safetensors(members: members).encoded(), file: "members")
    #expect(file["members.2.first.weight"] != nil)
    let copies = try (0..<3).map { try RegressionProblem(seed: UInt64($0 + 10)).parameters }
    try file.load(into: copies, file: "members")
    for (copy, member) in zip(copies, members) {
      #expect(try copy.backend.read(copy.weights) == member.backend.read(member.weights))
    }
    #expect(throws: SafetensorsError.self) {
      try file.load(into: Array(copies.dropLast()), file: "members")
    }
    // A single network keeps its own names, as PyTorch has them.
    #expect(try Safetensors(members: [members[0]])["first.weight"] != nil)
  }
}
