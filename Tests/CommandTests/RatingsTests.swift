import Foundation
import SluicePlatform
import Testing

/// `sluice … ratings`, as a user runs it.
struct RatingsTests {
  private static let settings = """
    task: ratings
    members: 1
    folds: 5
    batch_size: 16
    model:
      embedding: 8
      hidden: 16
      mixed: 16
    training:
      epochs: 3
      learning_rate: 0.01

    """

  private func folder() throws -> Folder {
    let folder = try Folder()
    try folder.write(Self.settings, to: "small.yaml")
    return folder
  }

  private func metrics(_ json: [String: Any]) throws -> [String: Any] {
    try #require(json["metrics"] as? [String: Any])
  }

  @Test func trainEvaluateAndPredict() throws {
    let folder = try folder()
    let train = try Sluice.run(
      ["train", "ratings", "--config", "small.yaml", "--output", "run", "--no-refit", "--json"],
      in: folder)
    #expect(train.status == 0, "\(train.errors)")
    #expect(train.errors.contains("persistent"), "\(train.errors)")
    let report = try #require(try train.json()["validation"] as? [String: Any])
    let trained = try metrics(report)
    let baselines = try #require(report["baselines"] as? [String: [String: Any]])
    #expect(Set(baselines.keys) == ["majority", "biases", "running_biases"])
    let rmse = try #require(trained["rmse"] as? Double)
    #expect(rmse < 0.8 * (baselines["biases"]?["rmse"] as? Double ?? 0))
    #expect(trained["seen"] is [String: Any] && trained["unseen"] is [String: Any])
    #expect(try folder.text("run/config.yaml").contains("user: user_id"))

    // The file that was trained on holds what was held out: the same report.
    let evaluate = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "run/sample.csv", "--json", in: folder)
    #expect(evaluate.status == 0, "\(evaluate.errors)")
    #expect(try metrics(evaluate.json())["rmse"] as? Double == rmse)

    try folder.write(
      "user_id,item_id,timestamp\nU1,B1,1700000000\nNobody,B2,1700000000\n", to: "ask.csv")
    let predict = try Sluice.run(
      "predict", "--model", "run/model", "--data", "ask.csv", in: folder)
    #expect(predict.status == 0, "\(predict.errors)")
    let lines = predict.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0] == "user_id,item_id,timestamp,rating,rating_class,p_1,p_2,p_3,p_4,p_5")
    #expect(predict.errors.contains("1 rows are by users"), "\(predict.errors)")
  }

  @Test func whatIsMissingIsNamed() throws {
    let folder = try folder()
    try folder.write("text,rating\ngood,5\nbad,1\n", to: "texts.csv")
    let none = try Sluice.run(
      "train", "ratings", "--data", "texts.csv", "--output", "run", in: folder)
    #expect(none.status == 1)
    #expect(none.errors.contains("texts.csv:1") && none.errors.contains("--user"))
    #expect(!folder.exists("run"))
    let train = try Sluice.run(
      "train", "ratings", "--config", "small.yaml", "--epochs", "1", "--output", "run",
      "--quiet", in: folder)
    #expect(train.status == 0, "\(train.errors)")
    let nothing = try Sluice.run("predict", "--model", "run/model", in: folder)
    #expect(nothing.status == 64 && nothing.errors.contains("--data"), "\(nothing.errors)")
    try folder.write("user_id,item_id\nU1,B1\n", to: "timeless.csv")
    let timeless = try Sluice.run(
      "predict", "--model", "run/model", "--data", "timeless.csv", in: folder)
    #expect(timeless.status == 1 && timeless.errors.contains("timestamp"), "\(timeless.errors)")
  }

  @Test func killedAndResumedEqualsUninterrupted() throws {
    let folder = try folder()
    try folder.write(
      Self.settings.replacingOccurrences(of: "members: 1", with: "members: 2")
        + "  checkpoint_every: 4\n", to: "small.yaml")
    func training(_ output: String) -> [String] {
      [
        "train", "ratings", "--config", "small.yaml", "--output", output, "--resume", "--quiet",
        "--device", "cpu",
      ]
    }
    #expect(try Sluice.run(training("whole"), in: folder).status == 0)
    // The first is early enough to hit; from then on at any moment.
    let delays = [0.1] + (1..<8).map { _ in Double.random(in: 0.05...1.5) }
    let (run, kills) = try Sluice.runKilled(
      training("killed"), atMost: delays.count, in: folder
    ) { kills in { $0 >= delays[kills] } }
    #expect(run.status == 0, "after \(delays): \(run.errors)")
    #expect(kills > 0)
    for file in ["model.safetensors", "preprocessing.json", "config.yaml"] {
      #expect(
        try folder.bytes("killed/model/\(file)") == folder.bytes("whole/model/\(file)"),
        "\(file) after \(delays)")
    }
  }

  @Test func everyDeviceScoresAlike() throws {
    let folder = try folder()
    guard let id = TestDevice.id else {
      #expect(!TestDevice.isRequired, "no OpenCL device")
      return
    }
    var scores: [Double] = []
    for device in ["cpu", id] {
      let run = try Sluice.run(
        "train", "ratings", "--config", "small.yaml", "--no-refit", "--output", device, "--json",
        "--device", device, "--require-persistent", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let report = try #require(try run.json()["validation"] as? [String: Any])
      scores.append(try #require(try metrics(report)["rmse"] as? Double))
    }
    #expect(abs(scores[0] - scores[1]) < 0.01, "\(scores)")
  }
}
