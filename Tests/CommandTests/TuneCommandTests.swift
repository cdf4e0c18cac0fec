import Foundation
import SluicePlatform
import Testing

/// Kernels that were chosen by measuring, as a user meets them.
@Suite struct TuneCommandTests {
  /// Loops alone: a processor compiles the other kernels for seconds each.
  private func sluice(_ arguments: String, in folder: Folder) throws -> Sluice.Run {
    try Sluice.shell(
      "XDG_CACHE_HOME=$PWD/cache SLUICE_OPENCL_RECURRENCE=looped \(Sluice.binary.path) \(arguments)",
      in: folder)
  }

  @Test func choicesAreKeptShownAndForgotten() throws {
    guard let id = TestDevice.id else {
      #expect(!TestDevice.isRequired, "no OpenCL device")
      return
    }
    let folder = try Folder()
    for (flag, cell) in [("", "lstm"), (" --cell gru", "gru")] {
      let tuned = try sluice(
        "tune --device \(id) --steps 4 --batch 6 --hidden 10 --json\(flag)", in: folder)
      #expect(tuned.status == 0, "\(tuned.errors)")
      let entries = try #require(
        try JSONSerialization.jsonObject(with: Data(tuned.output.utf8)) as? [[String: Any]])
      #expect(
        entries.map { $0["purpose"] as? String }
          == ["\(cell) forward T 4 N 6 H 10", "\(cell) backward T 4 N 6 H 10"])
      #expect(entries.allSatisfy { $0["device"] as? String == id && $0["chosen"] is String })
    }
    let devices = try sluice("devices", in: folder)
    #expect(devices.output.contains("\(id): the kernels of 4 recurrences were chosen by measuring"))
    #expect(try sluice("tune --device \(id) --forget", in: folder).status == 0)
    #expect(!(try sluice("devices", in: folder).output.contains("chosen by measuring")))
  }

  @Test func wrongUsageIsRefused() throws {
    let folder = try Folder()
    for (arguments, word) in [
      ("--steps 3", "go together"), ("--shape no-such", "there is no shape"),
      ("--steps 0 --batch 1 --hidden 1", "1 to 65536"), ("--cell gur", "Did you mean gru?"),
    ] {
      let run = try sluice("tune \(arguments)", in: folder)
      #expect(run.status == 64 && run.errors.contains(word), "\(run.errors)")
    }
  }

  /// A run goes on with the kernels that it was begun with, whatever has been chosen since.
  @Test func aRunKeepsItsKernels() throws {
    guard let id = TestDevice.id else {
      #expect(!TestDevice.isRequired, "no OpenCL device")
      return
    }
    let folder = try SmallSales.folder()
    // The encoder of SmallSales.
    let tune = "tune --device \(id) --steps 14 --batch 8 --hidden 8"
    #expect(try sluice(tune, in: folder).status == 0)
    let train =
      "train sales --data sales.csv --config small.yaml --device \(id) --no-refit"
    #expect(try sluice("\(train) --output whole", in: folder).status == 0)
    let kernels = try String(decoding: folder.bytes("whole/kernels.txt"), as: UTF8.self)
    #expect(kernels.contains("lstm forward T 14 N 8 H 8 = looped"), "\(kernels)")
    let off = try sluice("\(train) --output off --tune off", in: folder)
    #expect(off.status == 0 && !folder.exists("off/kernels.txt"))
    // All of these loops add up in one order.
    #expect(
      try folder.bytes("off/model/model.safetensors")
        == folder.bytes("whole/model/model.safetensors"))

    #expect(try sluice("tune --device \(id) --forget", in: folder).status == 0)
    let again = try sluice(
      "train sales --output whole --device \(id) --resume --quiet", in: folder)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try String(decoding: folder.bytes("whole/kernels.txt"), as: UTF8.self) == kernels)
    try folder.write("sluice kernels 1\n", to: "whole/kernels.txt")
    let damaged = try sluice(
      "train sales --output whole --device \(id) --resume --quiet", in: folder)
    #expect(damaged.status == 1 && damaged.errors.contains("kernels.txt is damaged"))
  }
}
