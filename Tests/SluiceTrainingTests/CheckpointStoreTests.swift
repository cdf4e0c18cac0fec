import Foundation
import Testing

@testable import SluiceTraining
import SluicePlatform

@Suite struct CheckpointStoreTests {
  private func checkpoint(_ step: Int, value: Float = 1) -> Checkpoint {
    var state = TrainingState(
      phase: "validate", firstGlobalStep: 100, seed: 5, dataFingerprint: "abc")
    state.step = step
    state.taskState = ["checksum": "\"checksum\" : \"0123456789abcdef", "k": "v"]
    state.validation = [MetricValue("mse", .nan), MetricValue("x", 0.1)]
    return Checkpoint(
      state: state, model: Safetensors([.init("w", [2], [value, Float(step)])]),
      optimizer: Safetensors([.init("moment_1.w", [2], [0, value])]))
  }

  private func filled(_ folder: TestFolder, keep: Int = 3) throws -> CheckpointStore {
    let store = try CheckpointStore(folder: folder("checkpoints"), keep: keep)
    for step in [1, 2, 3] { try store.write(checkpoint(step)) }
    return store
  }

  @Test func roundTripAndKeepLast() throws {
    let folder = try TestFolder()
    let store = try CheckpointStore(folder: folder("checkpoints"), keep: 2)
    #expect(try store.newest() == nil)
    for step in [1, 2, 10] { try store.write(checkpoint(step)) }
    #expect(try Folder.entries(of: folder("checkpoints")) == ["step-102", "step-110"])
    #expect(
      try Folder.entries(of: folder("checkpoints/step-110"))
        == ["model.safetensors", "optimizer.safetensors", "state.json"])
    let newest = try #require(try store.newest())
    let written = checkpoint(10)
    #expect(newest.model == written.model && newest.optimizer == written.optimizer)
    #expect(newest.state.taskState == written.state.taskState)
    #expect(newest.state.validation[0].value.isNaN && newest.state.validation[1].value == 0.1)
    // The same step again takes the place of the first.
    try store.write(checkpoint(10, value: 7))
    #expect(try store.newest()?.model["w"]?.values == .float32([7, 10]))
    #expect(try store.steps() == [102, 110])
  }

  @Test(arguments: ["model.safetensors", "optimizer.safetensors", "state.json"])
  func damageFallsBackToTheOneBefore(_ name: String) throws {
    let folder = try TestFolder()
    let store = try filled(folder)
    let path = folder("checkpoints/step-103/\(name)")
    let whole = try FileReader.bytes(of: path)
    var generator = SystemRandomNumberGenerator()
    var damaged: [[UInt8]?] = [nil, [], Array(whole.dropLast()), whole + [0]]
    for _ in 0..<40 {
      var bytes = whole
      bytes[Int.random(in: 0..<(bytes.count - 1), using: &generator)] ^=
        1 << UInt8.random(in: 0..<8, using: &generator)
      damaged.append(bytes)
    }
    for bytes in damaged {
      unlink(path)
      if let bytes { try AtomicFile.write(bytes, to: path) }
      var reports: [String] = []
      let newest = try store.newest { reports.append($0) }
      #expect(
        newest?.state.step == 2,
        "damage passed: \(bytes.map { String(decoding: $0, as: UTF8.self) } ?? "none")")
      #expect(reports.count == 1 && reports.first?.contains("step-103") == true)
    }
    try AtomicFile.write(whole, to: path)
    #expect(try store.newest()?.state.step == 3)
  }

  @Test func noneWhole() throws {
    let folder = try TestFolder()
    let store = try filled(folder)
    for step in [101, 102, 103] { unlink(folder("checkpoints/step-\(step)/state.json")) }
    let error = #expect(throws: CheckpointError.self) { try store.newest() }
    #expect(error?.description.contains("none of its 3") == true)
  }

  @Test func halfWrittenOnesAreRemoved() throws {
    let folder = try TestFolder()
    _ = try filled(folder)
    try Folder.create(folder("checkpoints/.step-104.partial"))
    try AtomicFile.write("x", to: folder("checkpoints/.step-104.partial/model.safetensors"))
    try Folder.create(folder("checkpoints/step-notes"))
    let store = try CheckpointStore(folder: folder("checkpoints"), keep: 3)
    #expect(try store.newest()?.state.step == 3)
    #expect(!FileReader.exists(folder("checkpoints/.step-104.partial")))
    #expect(FileReader.exists(folder("checkpoints/step-notes")))
  }

  @Test func aRenamedFolderIsNotBelieved() throws {
    let folder = try TestFolder()
    let store = try filled(folder)
    try Folder.rename(folder("checkpoints/step-103"), to: folder("checkpoints/step-999"))
    #expect(try store.newest()?.state.step == 2)
  }

  @Test func aNewerFormatIsRefused() throws {
    let folder = try TestFolder()
    let store = try filled(folder)
    let manifest = CheckpointManifest(files: [:], state: checkpoint(3).state)
    var newer = manifest
    newer.format = 99
    try AtomicFile.write(newer.encoded(), to: folder("checkpoints/step-103/state.json"))
    let error = #expect(throws: CheckpointError.self) { try store.newest() }
    #expect(error?.description.contains("format 99") == true)
    // One whose layout is not known at all.
    try AtomicFile.write("{\"format\": 7}", to: folder("checkpoints/step-103/state.json"))
    #expect(throws: CheckpointError.self) { try store.newest() }
  }

  @Test func aFailedWriteLeavesTheOthers() throws {
    let folder = try TestFolder()
    let store = try filled(folder)
    // Something is in the way that cannot be written through.
    try Folder.rename(folder("checkpoints"), to: folder("aside"))
    try AtomicFile.write("x", to: folder("checkpoints"))
    let error = #expect(throws: FileError.self) { try store.write(checkpoint(4)) }
    #expect(error?.description.contains("checkpoints") == true)
    unlink(folder("checkpoints"))
    try Folder.rename(folder("aside"), to: folder("checkpoints"))
    #expect(try store.newest()?.state.step == 3)
    #expect(try store.steps() == [101, 102, 103])
  }
}
