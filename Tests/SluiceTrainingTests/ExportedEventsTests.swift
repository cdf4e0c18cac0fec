import Logging
import SluiceExport
import SluicePlatform
import TestSupport
import Testing

@testable import SluiceTraining

/// Event files of TensorBoard, read back.
struct ExportedEventsTests {
  struct Event {
    var step: Int
    var isVersion: Bool
    var isStart: Bool
    var scalars: [String: Float]
  }

  /// The events of a file, each record's checks checked.
  private func events(_ path: String) throws -> [Event] {
    let bytes = try FileReader.bytes(of: path)
    var events: [Event] = []
    var place = 0
    func word(_ count: Int) -> UInt64 {
      defer { place += count }
      return (0..<count).reduce(0) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) }
    }
    while place < bytes.count {
      let head = Array(bytes[place..<(place + 8)])
      let count = Int(word(8))
      #expect(UInt32(word(4)) == CRC32.masked(head))
      let body = Array(bytes[place..<(place + count)])
      place += count
      #expect(UInt32(word(4)) == CRC32.masked(body))
      let event = try ProtobufReader(body)
      let values = try event.messages(5).flatMap { try $0.messages(1) }
      #expect(event.doubles(1)[0] > 1.5e9)
      events.append(
        Event(
          step: event.integers(2)[0], isVersion: event.strings(3) == ["brain.Event:2"],
          isStart: try event.messages(7).contains { $0.integers(1) == [1] },
          scalars: Dictionary(
            values.map { ($0.strings(1)[0], $0.floats(2)[0]) },
            uniquingKeysWith: { _, last in last }
          )))
    }
    return events
  }

  private func train(in folder: String, stopAt: Int? = nil) throws {
    let run = try RunDirectory(folder, resuming: RunDirectory.holdsRun(folder))
    try AtomicFile.write("settings", to: run.configurationPath)
    let phases = try PhasedTraining(
      in: run, settings: "same", changes: { _ in [] }, dataFingerprint: "data", keepCheckpoints: 2,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    phases.writesEvents = true
    var configuration = TrainerTests.configuration()
    configuration.checkpointEvery = 7
    for (index, name) in ["validate", "refit"].enumerated() {
      let problem = try RegressionProblem(seed: UInt64(index))
      if index == 1 { problem.abandonAt = stopAt }
      do { _ = try phases.train(name, configuration, problem) } catch is Abandoned { return }
    }
  }

  @Test func theyTellWhatTheMetricsTell() throws {
    let folder = try TestFolder()
    try train(in: folder("run"), stopAt: 20)
    try train(in: folder("run"))
    let metrics = try MetricsLog(path: folder("run/metrics.csv"))
    for phase in ["validate", "refit"] {
      let own = folder("run/tensorboard/\(phase)")
      let files = try Folder.entries(of: own).sorted()
      #expect(files.count == (phase == "refit" ? 2 : 1))
      #expect(files.allSatisfy { $0.hasPrefix("events.out.tfevents.") })
      var told: [Event] = []
      for (number, file) in files.enumerated() {
        let events = try events("\(own)/\(file)")
        #expect(events[0].isVersion && events[1].isStart == (number > 0))
        // What an earlier file tells of these steps no longer counts.
        if number > 0 { told.removeAll { $0.step >= events[1].step } }
        told += events.filter { !$0.scalars.isEmpty }
      }
      let rows = metrics.rows.filter { $0[0] == phase }
      #expect(told.map { "\($0.step)" } == rows.map { $0[2] })
      for (event, row) in zip(told, rows) {
        let fields = zip(metrics.columns, row).filter {
          !["phase", "step"].contains($0.0) && $0.1 != ""
        }
        #expect(event.scalars.count == fields.count)
        for (name, text) in fields { #expect(event.scalars[name] == Float(text), "\(name)") }
      }
    }
  }

  @Test func thereAreNoneUnlessAskedFor() throws {
    let folder = try TestFolder()
    let run = try RunDirectory(folder("run"), resuming: false)
    let phases = try PhasedTraining(
      in: run, settings: "same", changes: { _ in [] }, dataFingerprint: "data", keepCheckpoints: 2,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    _ = try phases.train("validate", TrainerTests.configuration(), RegressionProblem(seed: 1))
    #expect(!FileReader.exists(run.eventsPath))
  }
}
