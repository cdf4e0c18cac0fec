import Foundation
import Sluice
import SluicePlatform
import Testing

/// The churn task on every device.
struct ChurnDeviceTests {
  /// Trains on the CPU and on an OpenCL device and scores both on customers that neither has seen.
  private func scores(_ folder: Folder, on id: String, _ flags: String...) throws -> [[String:
    Double]]
  {
    try ["cpu", id].map { device in
      let run = try Sluice.run(
        SmallChurn.training(
          to: device, "--json", "--device", device, "--require-persistent") + flags, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let used = try #require(try run.json()["device"] as? String)
      #expect(used == device)
      let scored = try Sluice.run(
        "evaluate", "--model", "\(device)/model", "--data", "others.csv", "--device", device,
        "--json", in: folder)
      #expect(scored.status == 0, "\(scored.errors)")
      return try #require(try scored.json()["metrics"] as? [String: Double])
    }
  }

  /// Nil where there is none, which fails where one is required.
  private func openCLDevice() -> String? {
    #expect(TestDevice.id != nil || !TestDevice.isRequired, "no OpenCL device")
    return TestDevice.id
  }

  private func expectAlike(_ scores: [[String: Double]]) throws {
    let areas = try scores.map { try #require($0["auc"]) }
    #expect(areas[0] > 0.7, "\(areas)")
    #expect(abs(areas[0] - areas[1]) < 0.01, "\(areas)")
    let losses = try scores.map { try #require($0["log_loss"]) }
    #expect(abs(losses[0] - losses[1]) < 0.01, "\(losses)")
  }

  @Test func anOpenCLDeviceLearnsTheSame() throws {
    let folder = try SmallChurn.folder()
    guard let id = openCLDevice() else { return }
    try folder.write(SmallChurn.csv(600, seed: 3), to: "others.csv")
    try expectAlike(scores(folder, on: id))
  }

  @Test func anOpenCLDeviceLearnsTheSameFromHistories() throws {
    let folder = try SmallChurn.folder()
    guard let id = openCLDevice() else { return }
    try folder.write(SmallChurn.events(400, seed: 1), to: "customers.csv")
    try folder.write(SmallChurn.events(400, seed: 2), to: "others.csv")
    try expectAlike(scores(folder, on: id, "--id", "user", "--time", "day", "--epochs", "8"))
  }
}
