import Foundation
import Testing

@testable import SluiceTraining
import SluicePlatform

@Suite struct MetricsLogTests {
  private func row(_ step: Int) -> [String] {
    ["train", "1", "\(step)", "0.1", "2.5", "1", "10", "0.5"]
  }

  @Test func appendsTruncatesAndGrowsColumns() throws {
    let folder = try TestFolder()
    let path = folder("metrics.csv")
    let log = try MetricsLog(path: path)
    #expect(!FileReader.exists(path))
    try log.append(standard: row(1), validation: [])
    try log.append(standard: row(2), validation: [MetricValue("smape", 12.25)])
    try log.append(standard: row(3), validation: [MetricValue("a,b", 1), MetricValue("smape", 12)])
    try log.append(standard: row(4), validation: [])
    let header = MetricsLog.standardColumns.joined(separator: ",")
    let start = "train,1,"
    let end = ",0.1,2.5,1,10,0.5,"
    let expected = [
      "\(header),smape,a_b", "\(start)1\(end),", "\(start)2\(end)12.25,", "\(start)3\(end)12,1",
      "\(start)4\(end),", "",
    ].joined(separator: "\n")
    #expect(try FileReader.text(of: path) == expected)

    // A row that was cut off in the middle, as by a kill.
    try AtomicFile.write(expected + "train,1,5,0.", to: path)
    let again = try MetricsLog(path: path)
    #expect(again.rows.count == 4)
    #expect(try again.truncate(toRows: 2))
    #expect(
      try FileReader.text(of: path)
        == expected.split(separator: "\n").prefix(3).joined(separator: "\n") + "\n")
    #expect(try !again.truncate(toRows: 3))
    try again.append(standard: row(3), validation: [MetricValue("smape", 1)])
    #expect(try MetricsLog(path: path).rows.count == 3)
  }

  @Test func otherFilesCountAsEmpty() throws {
    let folder = try TestFolder()
    for text in ["", "\n", "a,b\n1,2\n"] {
      try AtomicFile.write(text, to: folder("metrics.csv"))
      let log = try MetricsLog(path: folder("metrics.csv"))
      #expect(log.rows.isEmpty && log.columns == MetricsLog.standardColumns)
    }
  }
}

@Suite struct RunDirectoryTests {
  @Test func newAndResumed() throws {
    let folder = try TestFolder()
    let path = folder("runs/a")
    #expect(throws: RunDirectoryError.self) { _ = try RunDirectory(path, resuming: true) }
    do {
      let run = try RunDirectory(path, resuming: false)
      try AtomicFile.write("task: sales\n", to: run.configurationPath)
      try run.writeModel([("config.yaml", [1])])
      // Held: nobody else may have it.
      let error = #expect(throws: RunDirectoryError.self) {
        _ = try RunDirectory(path, resuming: true)
      }
      #expect(error?.description.contains("another training") == true)
    }
    let error = #expect(throws: RunDirectoryError.self) {
      _ = try RunDirectory(path, resuming: false)
    }
    #expect(error?.description.contains("`resume`") == true)
    try AtomicFile.write("x", to: path + "/.sluice-1-1.partial")
    let run = try RunDirectory(path, resuming: true)
    #expect(!FileReader.exists(path + "/.sluice-1-1.partial"))
    #expect(try FileReader.bytes(of: run.modelPath + "/config.yaml") == [1])
  }

  @Test func whatAKilledStartLeavesIsNoRun() throws {
    let folder = try TestFolder()
    let path = folder("killed")
    try Folder.create(path)
    for name in [".lock", ".sluice-1-1.partial", "log.txt"] {
      try AtomicFile.write("x", to: "\(path)/\(name)")
    }
    _ = try RunDirectory(path, resuming: false)
    #expect(try !Folder.entries(of: path).contains { $0.hasSuffix(".partial") })
  }

  @Test func foldersOfOthers() throws {
    let folder = try TestFolder()
    try AtomicFile.write("x", to: folder("notes.txt"))
    let error = #expect(throws: RunDirectoryError.self) {
      _ = try RunDirectory(folder.path, resuming: false)
    }
    #expect(error?.description.contains("notes.txt") == true)
    #expect(try Folder.entries(of: folder.path) == ["notes.txt"])
    #expect(throws: FileError.self) {
      _ = try RunDirectory(folder("notes.txt/run"), resuming: false)
    }
    #expect(throws: FileError.self) { _ = try RunDirectory("/proc/sluice", resuming: false) }
  }
}

@Suite struct SamplerTests {
  @Test func epochsArePermutations() {
    let sampler = EpochSampler(count: 10, batchSize: 4, seed: 3)
    #expect(sampler.batchesPerEpoch == 3)
    var orders: [[Int32]] = []
    for epoch in 0..<3 {
      let batches = (0..<3).map { sampler.indices(batch: epoch * 3 + $0) }
      #expect(batches.map(\.count) == [4, 4, 2])
      orders.append(batches.flatMap { $0 })
      #expect(Set(orders[epoch]) == Set(0..<10))
    }
    #expect(Set(orders).count == 3)
    // Any batch, in any order, from a fresh sampler.
    let fresh = EpochSampler(count: 10, batchSize: 4, seed: 3)
    #expect(fresh.indices(batch: 7) == sampler.indices(batch: 7))
    #expect(fresh.indices(batch: 1) == sampler.indices(batch: 1))
    #expect(
      EpochSampler(count: 10, batchSize: 4, seed: 4).indices(batch: 0)
        != sampler.indices(batch: 0))
  }

  @Test func dropsLastAndSmallSets() {
    let sampler = EpochSampler(count: 10, batchSize: 4, seed: 3, dropsLast: true)
    #expect(sampler.batchesPerEpoch == 2)
    #expect((0..<6).allSatisfy { sampler.indices(batch: $0).count == 4 })
    let small = EpochSampler(count: 3, batchSize: 4, seed: 3, dropsLast: true)
    #expect(small.batchesPerEpoch == 1 && small.indices(batch: 5).count == 3)
  }

  @Test func randomBatches() {
    let sampler = RandomSampler(count: 5, batchSize: 64, seed: 3)
    #expect(sampler.indices(batch: 2) == sampler.indices(batch: 2))
    #expect(sampler.indices(batch: 2) != sampler.indices(batch: 3))
    #expect(Set(sampler.indices(batch: 0)) == Set(0..<5))
  }
}
