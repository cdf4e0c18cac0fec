import Foundation
import SluicePlatform
import Testing

/// Models that are missing, damaged or of another kind, and disks that are full.
struct ModelFolderTests {
  /// Predicts with a model folder that `change` has changed.
  private func predict(_ change: (Folder) throws -> Void) throws -> Sluice.Run {
    let folder = try SmallSales.folder()
    let trained = try Sluice.run(
      SmallSales.training(to: "run", "--epochs", "1", "--no-refit"), in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    try change(folder)
    return try Sluice.run("predict", "--model", "run/model", "--output", "f.csv", in: folder)
  }

  @Test func aFolderThatIsMissingOrTheRunsOwn() throws {
    let missing = try predict { try FileManager.default.removeItem(at: $0.url("run/model")) }
    #expect(missing.status == 1)
    #expect(missing.errors.contains("run/model"))
    let folder = try SmallSales.folder()
    #expect(
      try Sluice.run(SmallSales.training(to: "run", "--epochs", "1"), in: folder).status == 0)
    let outer = try Sluice.run("predict", "--model", "run", "--output", "f.csv", in: folder)
    #expect(outer.status == 1)
    #expect(outer.errors.contains("Did you mean run/model?"))
  }

  @Test(arguments: ["model.safetensors", "config.yaml", "preprocessing.json"])
  func filesThatAreMissingOrTruncated(_ name: String) throws {
    let missing = try predict {
      try FileManager.default.removeItem(at: $0.url("run/model/\(name)"))
    }
    #expect(missing.status == 1)
    #expect(missing.errors.contains(name))
    let truncated = try predict { folder in
      let bytes = try folder.bytes("run/model/\(name)")
      try bytes.prefix(bytes.count / 2).write(to: folder.url("run/model/\(name)"))
    }
    // Half a configuration can still be a valid one, but not of this network.
    #expect(truncated.status == 1, "\(truncated)")
    #expect(truncated.errors.contains("run/model"), "\(truncated.errors)")
  }

  @Test(arguments: [
    ("\"task\":\"sales\"", "\"task\":\"weather\"", "weather"),
    ("\"formatVersion\":2", "\"formatVersion\":3", "newer"),
    ("\"formatVersion\":2", "\"formatVersion\":0", "damaged"),
    ("\"horizon\":14", "\"horizon\":15", "checksum"),
    ("\"horizon\":14", "\"horizon\":-14", "damaged"),
    ("\"history\":14", "\"history\":15", "damaged"),
    ("\"trainedSteps\":146", "\"trainedSteps\":9223372036854775807", "damaged"),
    ("\"levelWindow\":", "\"levelWindow\":-1", "damaged"),
    ("\"units\":[", "\"units\":[0,", "damaged"),
    ("\"amounts\":\"", "\"amounts\":\"AAAAAAAA", "damaged"),
    ("\"offsetScale\":", "\"offsetScale\":-", "damaged"),
    ("\"unit\":1", "\"unit\":0", "damaged"),
    ("\"_0\":86400", "\"_0\":0", "damaged"),
  ])
  func preprocessingOfAnotherKind(_ from: String, _ to: String, _ part: String) throws {
    let run = try predict { folder in
      var text = try folder.text("run/model/preprocessing.json")
      #expect(text.contains(from))
      text = text.replacingOccurrences(of: from, with: to)
      // The first format had no checksum that would tell before the value is looked at.
      if part == "damaged" || part == "weather" {
        text = text.replacingOccurrences(of: "\"formatVersion\":2", with: "\"formatVersion\":1")
      }
      try folder.write(text, to: "run/model/preprocessing.json")
    }
    #expect(run.status == 1)
    #expect(run.errors.contains(part), "\(run.errors)")
  }

  /// Wherever an answer goes, what it was made of stays: by its name, another one, or a link.
  @Test func answersNeverOverwriteWhatTheyAreMadeOf() throws {
    let folder = try SmallSales.folder()
    #expect(
      try Sluice.run(SmallSales.training(to: "run", "--epochs", "1"), in: folder).status == 0)
    try folder.write("date,store,item\n\(SmallSales.date(160)),1,1\n", to: "ask.csv")
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: folder.path("link.csv"), withDestinationPath: "ask.csv")
    try manager.linkItem(atPath: folder.path("ask.csv"), toPath: folder.path("twin.csv"))
    let inputs = ["ask.csv", "run/model/model.safetensors", "run/model/preprocessing.json"]
    let before = try inputs.map(folder.bytes)
    for output in ["link.csv", "twin.csv", "run/../ask.csv"] + inputs {
      let run = try Sluice.run(
        "predict", "--model", "run/model", "--data", "ask.csv", "--output", output, in: folder)
      #expect(run.status == 1)
      #expect(run.errors.contains(output) && run.errors.contains("--output"), "\(run.errors)")
      guard output.hasPrefix("run/m") else { continue }
      let page = try Sluice.run("report", "run", "--output", output, in: folder)
      #expect(page.status == 1 && page.errors.contains("--output"), "\(page.errors)")
    }
    #expect(try inputs.map(folder.bytes) == before)
    // A page of its own may be drawn again.
    for _ in 0..<2 {
      let page = try Sluice.run("report", "run", "--output", "run/report.html", in: folder)
      #expect(page.status == 0, "\(page.errors)")
    }
  }

  @Test(arguments: [
    ("hidden: 8", "hidden: -8"), ("layers: 1", "layers: 1000000000"),
    ("[0.1, 0.5, 0.9]", "[0.9, 0.5, 0.1]"), ("harmonics: 2", "harmonics: 9223372036854775807"),
  ])
  func aConfigurationThatMakesNoSense(_ from: String, _ to: String) throws {
    let run = try predict { folder in
      let text = try folder.text("run/model/config.yaml")
      #expect(text.contains(from))
      try folder.write(text.replacingOccurrences(of: from, with: to), to: "run/model/config.yaml")
    }
    #expect(run.status == 1, "\(run)")
  }

  @Test func weightsThatAreNoNumbersAreRefused() throws {
    let run = try predict { folder in
      var bytes = try folder.bytes("run/model/model.safetensors")
      bytes.replaceSubrange((bytes.count - 4)..., with: [0, 0, 0xC0, 0x7F])
      try bytes.write(to: folder.url("run/model/model.safetensors"))
    }
    #expect(run.status == 1)
    #expect(run.errors.contains("damaged"), "\(run.errors)")
  }

  @Test func aHeaderThatLiesIsAnError() throws {
    for length in [UInt64.max, 1 << 40, 3] {
      let run = try predict { folder in
        var bytes = try folder.bytes("run/model/model.safetensors")
        withUnsafeBytes(of: length.littleEndian) { bytes.replaceSubrange(0..<8, with: $0) }
        try bytes.write(to: folder.url("run/model/model.safetensors"))
      }
      #expect(run.status == 1)
      #expect(run.errors.contains("model.safetensors"), "\(run.errors)")
    }
  }

  @Test func requestsThatCannotBeForecastSayWhere() throws {
    let folder = try SmallSales.folder()
    #expect(
      try Sluice.run(SmallSales.training(to: "run", "--epochs", "1"), in: folder).status == 0)
    try folder.write("date,store,item,p10\n\(SmallSales.date(160)),1,1,3\n", to: "taken.csv")
    let taken = try Sluice.run(
      "predict", "--model", "run/model", "--data", "taken.csv", "--output", "f.csv", in: folder)
    #expect(taken.status == 1)
    #expect(taken.errors.contains("p10"))
    let cases = [
      ("\(SmallSales.date(100)),1,1", "not behind the end"),
      ("\(SmallSales.date(180)),1,1", "--horizon"),
      ("yesterday,1,1", "yesterday"),
    ]
    for (row, part) in cases {
      try folder.write("date,store,item\n\(SmallSales.date(160)),1,1\n\(row)\n", to: "ask.csv")
      let run = try Sluice.run(
        "predict", "--model", "run/model", "--data", "ask.csv", "--output", "f.csv", in: folder)
      #expect(run.status == 1)
      #expect(run.errors.contains("ask.csv:3"), "\(run.errors)")
      #expect(run.errors.contains(part), "\(run.errors)")
      #expect(!folder.exists("f.csv"))
    }
  }

  @Test func aFullDiskLeavesTheLastCheckpoint() throws {
    let folder = try SmallSales.folder()
    #expect(try Sluice.run(SmallSales.training(to: "whole"), in: folder).status == 0)
    // The metrics grow with every step, until they no longer fit into one block of 1,024 bytes;
    // checkpoints fit into 64.
    try folder.write(
      SmallSales.configuration.replacingOccurrences(
        of: "checkpoint_every: 4", with: "checkpoint_every: 4\n  log_every: 1"), to: "small.yaml")
    let full = try Sluice.shell(
      "ulimit -f 1; \"$SLUICE\" \(SmallSales.training(to: "full").joined(separator: " "))",
      in: folder)
    #expect(full.status == 1, "\(full)")
    #expect(full.errors.contains("full/"), "\(full.errors)")
    let resumed = try Sluice.run(SmallSales.training(to: "full", "--resume"), in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(
      try folder.bytes("full/model/model.safetensors")
        == folder.bytes("whole/model/model.safetensors"))
  }

  @Test func foldersAndFilesThatCannotBeWritten() throws {
    let folder = try SmallSales.folder()
    for output in ["sales.csv/run", "/proc/run"] {
      let run = try Sluice.run(SmallSales.training(to: output), in: folder)
      #expect(run.status == 1)
      #expect(run.errors.contains(output), "\(run.errors)")
    }
    #expect(
      try Sluice.run(SmallSales.training(to: "run", "--epochs", "1"), in: folder).status == 0)
    let full = try Sluice.run(
      "predict", "--model", "run/model", "--output", "/dev/full", in: folder)
    #expect(full.status == 1)
    #expect(full.errors.contains("/dev/full"), "\(full.errors)")
    let lost = try Sluice.shell(
      "\"$SLUICE\" evaluate --model run/model --data sales.csv --json > /dev/full", in: folder)
    #expect(lost.status == 1)
    #expect(lost.errors.contains("standard output"), "\(lost.errors)")
  }
}
