import Foundation
import SluicePlatform
import Testing

/// A device whose memory runs out: a message that helps, and nothing lost.
@Suite(.enabled(if: TestDevice.id != nil || TestDevice.isRequired))
struct MemoryTests {
  /// A training on the OpenCL device with at most `bytes` of its memory.
  private func train(
    to output: String, _ more: String..., bytes: Int? = nil, in folder: Folder
  ) throws -> Sluice.Run {
    let id = try #require(TestDevice.id, "no OpenCL device")
    let arguments = SmallSales.training(to: output, "--device", id) + more
    let limit = bytes.map { "SLUICE_OPENCL_MEMORY=\($0) " } ?? ""
    return try Sluice.shell(
      limit + "\"$SLUICE\" " + arguments.joined(separator: " "), in: folder)
  }

  @Test(arguments: [1_500_000, 3_000_000]) func theNamedBatchFits(bytes: Int) throws {
    let folder = try SmallSales.folder()
    let large = try train(to: "large", "--batch-size", "1024", bytes: bytes, in: folder)
    #expect(large.status == 1)
    #expect(large.errors.contains("no memory for"), "\(large.errors)")
    #expect(large.errors.contains("of its \((bytes + 1 << 20 - 1) >> 20) MiB are in use"))
    #expect(!folder.exists("large/model"))
    let words = large.errors.split(separator: " ")
    let flag = try #require(words.firstIndex(of: "--batch-size"), "\(large.errors)")
    let batch = try #require(Int(words[flag + 1].filter(\.isNumber)))
    #expect(batch > 0 && batch < 1024, "\(large.errors)")
    let small = try train(
      to: "small", "--batch-size", "\(batch)", bytes: bytes, in: folder)
    #expect(small.status == 0, "\(batch): \(small.errors)")
  }

  @Test func aResumedRunShortOfMemoryLosesNothing() throws {
    let folder = try SmallSales.folder()
    #expect(try train(to: "whole", "--epochs", "10", in: folder).status == 0)
    let id = try #require(TestDevice.id)
    try Sluice.runKilled(
      SmallSales.training(to: "run", "--device", id, "--epochs", "10"), output: "run",
      atCheckpoint: 12, in: folder)
    let newest = try #require(folder.newestCheckpoint(of: "run"))
    let file = "run/checkpoints/step-\(newest)/model.safetensors"
    let before = try folder.bytes(file)
    let short = try train(
      to: "run", "--epochs", "10", "--resume", bytes: 150_000, in: folder)
    #expect(short.status == 1)
    #expect(short.errors.contains("no memory for"), "\(short.errors)")
    #expect(folder.newestCheckpoint(of: "run") == newest)
    #expect(try folder.bytes(file) == before)
    #expect(!folder.exists("run/model"))
    let resumed = try train(to: "run", "--epochs", "10", "--resume", in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(
      try folder.bytes("run/model/model.safetensors")
        == folder.bytes("whole/model/model.safetensors"))
  }
}

/// A host whose memory does not suffice: said before it is taken, since afterwards nobody can say it.
struct HostMemoryTests {
  private func train(_ arguments: String, in folder: Folder) throws -> Sluice.Run {
    try Sluice.shell(
      "ulimit -v 2500000; \"$SLUICE\" train sales --device cpu --output run \(arguments)",
      in: folder)
  }

  @Test(arguments: ["--hidden 3000", "--hidden 8000", "--hidden 512 --layers 64"])
  func modelsThatDoNotFit(_ size: String) throws {
    let folder = try SmallSales.folder()
    let run = try train("--data sales.csv --horizon 14 \(size)", in: folder)
    #expect(run.status == 1, "\(run)")
    #expect(run.errors.contains("no memory for"), "\(run.errors)")
    #expect(run.errors.contains("--hidden") || run.errors.contains("smaller model"))
    #expect(!folder.exists("run/model"))
  }

  @Test func filesThatDoNotFit() throws {
    let folder = try SmallSales.folder()
    let endless = try train("--data /dev/zero", in: folder)
    #expect(endless.status == 1, "\(endless)")
    #expect(endless.errors.contains("/dev/zero") && endless.errors.contains("enough for a file of"))
    // Nothing of it is on the disk, and nothing of it is read.
    try folder.write("", to: "large.csv")
    let handle = try FileHandle(forWritingTo: folder.url("large.csv"))
    try handle.truncate(atOffset: 900 << 20)
    try handle.close()
    let large = try train("--data large.csv", in: folder)
    #expect(large.status == 1, "\(large)")
    #expect(large.errors.contains("large.csv") && large.errors.contains("900 MiB or more"))
  }
}
