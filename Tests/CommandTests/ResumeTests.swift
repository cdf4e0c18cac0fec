import Foundation
import Testing

/// A run that is stopped goes on to the bit, however it was stopped.
@Suite(.serialized)
struct ResumeTests {
  @Test func killedAtRandomMomentsAndResumedEqualsUninterrupted() throws {
    let folder = try SmallSales.folder()
    #expect(
      try Sluice.run(
        SmallSales.training(to: "whole", "--epochs", "10", "--members", "2"), in: folder
      ).status == 0)
    // The first is early enough to hit; from then on at any moment.
    let delays = [0.15] + (1..<12).map { _ in Double.random(in: 0.02...0.8) }
    let (run, kills) = try Sluice.runKilled(
      SmallSales.training(to: "killed", "--resume", "--epochs", "10", "--members", "2"),
      atMost: delays.count, in: folder
    ) { kills in { $0 >= delays[kills] } }
    #expect(run.status == 0, "after \(delays): \(run.errors)")
    #expect(kills > 0)
    for file in ["model.safetensors", "preprocessing.json"] {
      #expect(
        try folder.bytes("killed/model/\(file)") == folder.bytes("whole/model/\(file)"),
        "\(file) after \(delays)")
    }
    // The losses too: all columns but the measured ones.
    func losses(_ run: String) throws -> [[Substring]] {
      try folder.lines("\(run)/metrics.csv").map { Array($0.split(separator: ",").prefix(6)) }
    }
    #expect(try losses("killed") == losses("whole"))
  }

  @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
  func anInterruptIsACheckpointAndAStatus(_ signal: Int32) throws {
    let folder = try SmallSales.folder()
    #expect(
      try Sluice.run(SmallSales.training(to: "whole", "--epochs", "30"), in: folder).status == 0)
    let started = try Sluice.start(
      SmallSales.training(to: "stopped", "--epochs", "30"), in: folder)
    while started.process.isRunning && (folder.newestCheckpoint(of: "stopped") ?? 0) < 8 {
      usleep(1000)
    }
    kill(started.process.processIdentifier, signal)
    let stopped = try Sluice.finish(started)
    #expect(stopped.status == 1)
    #expect(stopped.errors.contains("stopping: a checkpoint is written first"))
    #expect(stopped.errors.contains("--resume"), "\(stopped.errors)")
    #expect(!folder.exists("stopped/model"))
    let resumed = try Sluice.run(
      ["train", "sales", "--output", "stopped", "--resume", "--quiet"], in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(
      try folder.bytes("stopped/model/model.safetensors")
        == folder.bytes("whole/model/model.safetensors"))
  }

  @Test func anyNumberOfThreadsTwiceGivesTheSameBytes() throws {
    let folder = try SmallSales.folder()
    var models: Set<Data> = []
    for threads in ["1", "2", "3"] {
      for turn in ["a", "b"] {
        let output = "run-\(threads)\(turn)"
        #expect(
          try Sluice.run(SmallSales.training(to: output, "--threads", threads), in: folder).status
            == 0)
        models.insert(try folder.bytes("\(output)/model/model.safetensors"))
      }
    }
    #expect(models.count == 1)
    #expect(
      try Sluice.run(SmallSales.training(to: "other", "--seed", "2"), in: folder).status == 0)
    models.insert(try folder.bytes("other/model/model.safetensors"))
    #expect(models.count == 2, "another seed is another model")
  }

  @Test func aDamagedCheckpointIsPassedOver() throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "whole"), in: folder).status == 0)
    try Sluice.runKilled(
      SmallSales.training(to: "run"), output: "run", atCheckpoint: 12, in: folder)
    let newest = try #require(folder.newestCheckpoint(of: "run"))
    let file = "run/checkpoints/step-\(newest)/model.safetensors"
    try folder.bytes(file).dropLast(100).write(to: folder.url(file))
    let resumed = try Sluice.run(SmallSales.training(to: "run", "--resume"), in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("step-\(newest)"), "\(resumed.errors)")
    #expect(
      try folder.bytes("run/model/model.safetensors")
        == folder.bytes("whole/model/model.safetensors"))
  }

  @Test func otherSettingsOrDataAreRefused() throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "run"), in: folder).status == 0)
    let settings = try Sluice.run(
      SmallSales.training(to: "run", "--resume", "--hidden", "9"), in: folder)
    #expect(settings.status == 1)
    #expect(settings.errors.contains("hidden") && settings.errors.contains("8 there, 9 here"))
    // An edited configuration is another run too.
    let text = try folder.text("run/config.yaml")
    try folder.write(
      text.replacingOccurrences(of: "learning_rate: 0.003", with: "learning_rate: 0.1"),
      to: "run/config.yaml")
    let edited = try Sluice.run(
      ["train", "sales", "--output", "run", "--resume", "--quiet"], in: folder)
    #expect(edited.status == 1)
    #expect(edited.errors.contains("run/config.yaml"), "\(edited.errors)")
    #expect(
      edited.errors.contains("--learning-rate is 0.003 there, 0.1 here"), "\(edited.errors)")
    try folder.write(text, to: "run/config.yaml")
    let again = try Sluice.run(SmallSales.training(to: "run"), in: folder)
    #expect(again.status == 1)
    #expect(again.errors.contains("--resume"))
    try folder.write(SmallSales.csv(days: 161), to: "sales.csv")
    let data = try Sluice.run(SmallSales.training(to: "run", "--resume"), in: folder)
    #expect(data.status == 1)
    #expect(data.errors.contains("other data"), "\(data.errors)")
    try FileManager.default.removeItem(at: folder.url("run/config.yaml"))
    let bare = try Sluice.run(SmallSales.training(to: "run", "--resume"), in: folder)
    #expect(bare.status == 1)
    #expect(bare.errors.contains("run/config.yaml is missing"), "\(bare.errors)")
  }
}
