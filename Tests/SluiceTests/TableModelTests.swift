import Foundation
import Sluice
import Testing

/// Tasks from Swift: what the command does, without it.
struct TableModelTests {
  private static let settings = """
    horizon: 7
    batch_size: 16
    model: {history: 14, hidden: 8}
    training: {epochs: 2, steps_per_epoch: 10, checkpoint_every: 5}
    """

  private func folder() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
  }

  @Test func trainsReadsAndAnswers() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let model = try #require(
      try TableModel.train("sales", settings: Self.settings, output: folder, device: "cpu"))
    #expect(model.task == "sales" && TableModel.tasks.contains("ratings"))
    let report = try #require(model.report)
    #expect(report.metrics["smape"]?.isFinite == true && report.baselines.count >= 2)
    let forecast = try model.predict()
    #expect(forecast.hasPrefix("date,store,item,prediction,p10,p90\n"))
    let read = try TableModel(folder: model.folder, device: "cpu")
    #expect(try read.predict() == forecast && read.report == nil)
    let again = try read.evaluate(data: folder + "/sample.csv")
    #expect(again.rows > 0 && again.notes.contains { $0.contains("training data") })
  }

  /// Stopped, then gone on with without saying the settings again: the same bytes.
  @Test func stopsAndGoesOn() throws {
    let (whole, parts) = (folder(), folder())
    defer { for path in [whole, parts] { try? FileManager.default.removeItem(atPath: path) } }
    _ = try TableModel.train("sales", settings: Self.settings, output: whole, device: "cpu")
    let stopped = try TableModel.train(
      "sales", settings: Self.settings, output: parts, device: "cpu"
    ) { $0.phase == "validate" && $0.step < 7 }
    #expect(stopped == nil)
    let model = try TableModel.train("sales", output: parts, device: "cpu", resumes: true)
    #expect(model != nil)
    let weights = try [whole, parts].map {
      try Data(contentsOf: URL(fileURLWithPath: $0 + "/model/model.safetensors"))
    }
    #expect(weights[0] == weights[1])
  }

  @Test func mistakesAreTyped() throws {
    let folder = folder()
    let error = #expect(throws: SettingError.self) {
      try TableModel.train("sales", settings: "horizon: 0", output: folder, device: "cpu")
    }
    #expect(error?.setting == "horizon" && error?.place == "settings:1:10")
    #expect {
      try TableModel.train("weather", output: folder, device: "cpu")
    } throws: {
      ($0 as? any SluiceError)?.remedy.contains("ratings") == true
    }
    #expect(!FileManager.default.fileExists(atPath: folder))
  }
}
