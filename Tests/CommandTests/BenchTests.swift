import Foundation
import Sluice
import Testing

@testable import SluiceCommand
import SluicePlatform

/// What `bench` counts, and what it concludes.
@Suite struct BenchTests {
  @Test func aTaskOnTheDeviceIsCounted() throws {
    guard let id = TestDevice.id else {
      #expect(!TestDevice.isRequired, "no OpenCL device")
      return
    }
    let folder = try Folder()
    let run = try Sluice.run("bench", "--device", id, "--shape", "churn", "--json", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json()
    #expect(report["device"] as? String == id)
    let device = try #require((report["devices"] as? [[String: Any]])?.first)
    let peak = try #require(device["peak"] as? [String: Double])
    #expect(try #require(peak["gflops"]) > 1)
    #expect(try #require(peak["copy_gb_per_s"]) > 0.1)
    let result = try #require((report["results"] as? [[String: Any]])?.first)
    #expect(result["shape"] as? String == "churn" && result["device"] as? String == id)
    #expect(result["waits_per_step"] as? Double == 0)
    #expect(try #require(result["launches_per_step"] as? Double) > 10)
    // The indices of a batch, not its rows.
    let uploaded = try #require(result["uploaded_bytes_per_step"] as? Double)
    #expect(uploaded > 0 && uploaded < 65_536)
    #expect(try #require(result["steps"] as? Int) >= 5)
  }

  /// What the PyTorch script reads: every shape with its extents.
  @Test func shapesArePrintedAsJSON() throws {
    let run = try Sluice.run("bench", "--shapes", in: try Folder())
    #expect(run.status == 0)
    let shapes = try JSONDecoder().decode([RaceShape].self, from: Data(run.output.utf8))
    #expect(shapes == RaceShape.all)
    #expect(run.errors.isEmpty, "\(run.errors)")
  }

  /// The script then builds modules of the cell.
  @Test func shapesSayTheirCell() throws {
    for cell in RecurrentCell.allCases {
      let run = try Sluice.run(
        "bench", "--shapes", "--cell", cell.rawValue, "--shape", "sales-2x50-b32", in: Folder())
      let shapes = try JSONDecoder().decode([RaceShape].self, from: Data(run.output.utf8))
      #expect(shapes.map(\.cell) == [cell] && shapes.map(\.name) == ["sales-2x50-b32"])
      // Six products of H rows for each gate: forward, and twice that backward.
      let share = Double(cell.gateCount) / Double(RecurrentCell.lstm.gateCount)
      #expect(shapes[0].operations == share * RaceShape.all[0].operations)
    }
    let wrong = try Sluice.run("bench", "--cell", "gur", in: Folder())
    #expect(wrong.status == 64 && wrong.errors.contains("Did you mean gru?"), "\(wrong.errors)")
  }

  @Test(arguments: ["sales-2x50-b32", "ratings"]) func anyCellIsMeasured(_ shape: String) throws {
    let folder = try Folder()
    let line = ["bench", "--device", "cpu", "--shape", shape, "--cell", "gru"]
    let run = try Sluice.run(line + ["--json"], in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let result = try #require((run.json()["results"] as? [[String: Any]])?.first)
    #expect(result["cell"] as? String == "gru" && result["shape"] as? String == shape)
    #expect(try #require(result["ms_per_step"] as? Double) > 0)
  }

  /// Folding leaves the products of the input for different tokens alone.
  @Test func foldingLeavesFewerOperations() throws {
    let shape = try #require(RaceShape.all.first { $0.vocabulary > 0 })
    let places = shape.steps * shape.batch
    #expect(shape.operations(distinctTokens: places) == shape.operations)
    let recurrence = 24.0 * Double(shape.hidden * shape.hidden * places * shape.layers)
    #expect(shape.layers == 1 && shape.operations(distinctTokens: 0) == recurrence)
  }

  @Test func anUnknownShapeIsToldWhatThereIs() throws {
    let run = try Sluice.run("bench", "--shape", "sale", in: Folder())
    #expect(run.status == 64)
    #expect(run.errors.contains("sales-2x50-b32") && run.errors.contains("reviews"))
  }

  /// A race in which `times` are the milliseconds of a step.
  private func race(_ device: String, _ times: [(String, Double)]) -> DeviceRace {
    DeviceRace(
      device: device, name: device, peak: DevicePeak(gflops: 1, gigabytesPerSecond: 1),
      results: times.map { shape, milliseconds in
        BenchmarkResult(
          shape: shape, device: device, strategy: "persistent", reason: "",
          millisecondsPerStep: milliseconds,
          sequencesPerSecond: 1, peakMemory: 0, steps: 5)
      })
  }

  @Test func theVerdictSaysFromWhichBatchOn() {
    let cpu = race(
      "cpu",
      [
        ("sales-2x50-b32", 2), ("sales-2x50-b256", 20), ("text-e32-2x128-b32", 8),
        ("text-e32-2x128-b256", 60), ("big-1x512-b64", 10), ("sent-e128-64-b32", 3),
        ("sent-e128-64-b256", 9), ("churn", 5), ("reviews", 6),
      ])
    let gpu = race(
      "opencl:0.0",
      [
        ("sales-2x50-b32", 4), ("sales-2x50-b256", 5), ("text-e32-2x128-b32", 2),
        ("text-e32-2x128-b256", 3), ("big-1x512-b64", 20), ("sent-e128-64-b32", 2),
        ("sent-e128-64-b256", 10), ("churn", 10), ("reviews", 2),
      ])
    #expect(BenchVerdict.lines([cpu]) == [])
    #expect(
      BenchVerdict.lines([cpu, gpu]) == [
        "sales-2x50: opencl:0.0 is faster than the CPU from a batch between 32 and 256 on, and "
          + "4.0 times as fast at 256",
        "sent-e128-64: opencl:0.0 is faster than the CPU up to a batch of 32, the CPU at 256",
        "text-e32-2x128: opencl:0.0 is 4.0 times as fast as the CPU at a batch of 32, the smallest "
          + "measured, 20.0 at 256",
        "big-1x512: the CPU is faster than opencl:0.0 up to a batch of 64, the largest measured",
        "churn: the CPU trains it 2.0 times as fast as opencl:0.0",
        "reviews: opencl:0.0 trains it 3.0 times as fast as the CPU",
      ])
  }
}
