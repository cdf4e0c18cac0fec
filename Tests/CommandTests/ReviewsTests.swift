import Foundation
import SluicePlatform
import Testing

/// Reviews by the real binary, from a CSV to ratings.
@Suite(.serialized)
struct ReviewsTests {
  @Test func trainsEvaluatesAndPredicts() throws {
    let folder = try SmallReviews.folder()
    let trained = try Sluice.run(SmallReviews.training(to: "run", "--json"), in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    let result = try trained.json()
    let strategies = try #require(result["strategy"] as? [String])
    #expect(strategies.count == 2 && strategies.allSatisfy { $0.contains("persistent") })
    let validation = try #require(result["validation"] as? [String: Any])
    #expect(validation["rows"] as? Int == 120)

    let evaluated = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "reviews.csv", "--json", in: folder)
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    let report = try evaluated.json()
    #expect(report["task"] as? String == "reviews")
    let metrics = try #require(report["metrics"] as? [String: Any])
    for name in ["accuracy", "macro_f1", "rmse", "mae"] { #expect(metrics[name] is Double) }
    #expect((metrics["seen"] as? [String: Any])?["rows"] as? Int == 240)
    #expect(metrics["unseen"] != nil)
    let baselines = try #require(report["baselines"] as? [String: [String: Any]])
    #expect(Set(baselines.keys) == ["majority", "bag_of_words"])
    let accuracy = try #require(metrics["accuracy"] as? Double)
    #expect(accuracy > 0.8, "\(accuracy)")

    try folder.write(
      "review,item\n\"It is great, I love it\",i1\nawful and broken,i99\n", to: "new.csv")
    let predicted = try Sluice.run(
      "predict", "--model", "run/model", "--data", "new.csv", "--output", "rated.csv", in: folder)
    #expect(predicted.status == 0, "\(predicted.errors)")
    #expect(predicted.errors.contains("title, user, brand"))
    let lines = try folder.lines("rated.csv")
    #expect(lines[0] == "review,item,rating,rating_class,p_1,p_2,p_3,p_4,p_5")
    #expect(lines.count == 3 && lines[1].hasPrefix("\"It is great, I love it\",i1,"))
    let high = try #require(Double(lines[1].split(separator: ",")[3]))
    let low = try #require(Double(lines[2].split(separator: ",")[2]))
    #expect(high > low + 1, "\(lines)")

    let text = try Sluice.run(
      ["predict", "--model", "run/model", "--text", "perfect, I love it 😍"], in: folder)
    #expect(text.status == 0 && text.output.hasPrefix("rating "), "\(text.errors)")
    #expect(text.output.contains("p_5 "))
    let neither = try Sluice.run("predict", "--model", "run/model", in: folder)
    #expect(neither.status == 64 && neither.errors.contains("--text"))
    let both = try Sluice.run(
      "predict", "--model", "run/model", "--text", "x", "--data", "new.csv", in: folder)
    #expect(both.status == 64 && both.errors.contains("--text"))
  }

  /// Mean scores: a number with an interval in place of a class, in every output.
  @Test func meansAreRatedWithAnInterval() throws {
    let folder = try SmallReviews.folder()
    let rows = try folder.lines("reviews.csv")
    let means = rows.dropFirst().enumerated().map { row, line in
      let cells = line.split(separator: ",")
      let mean = (Double(cells[cells.count - 2]) ?? 0) + Double(row * 37 % 41) / 50
      return "\(cells[2]) \(cells[3].dropFirst()),\(mean)"
    }
    try folder.write((["text,rating"] + means).joined(separator: "\n") + "\n", to: "means.csv")
    let trained = try Sluice.run(
      [
        "train", "reviews", "--data", "means.csv", "--config", "small.yaml", "--output", "run",
        "--device", "cpu",
      ], in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("different ones in 9 bins"), "\(trained.errors)")
    #expect(trained.output.contains("p10–p90 covers") && trained.output.contains("R²"))
    #expect(trained.output.contains("the mean of the training ratings"))

    let evaluated = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "means.csv", "--json", in: folder)
    let report = try evaluated.json()
    let metrics = try #require(report["metrics"] as? [String: Any])
    for name in ["rmse", "mae", "coverage_80"] { #expect(metrics[name] is Double) }
    #expect(metrics["accuracy"] == nil)
    let baselines = try #require(report["baselines"] as? [String: [String: Any]])
    #expect(Set(baselines.keys) == ["mean", "bag_of_words"])

    try folder.write("text\n\"great, I love it\"\nawful and broken\n", to: "new.csv")
    let predicted = try Sluice.run(
      "predict", "--model", "run/model", "--data", "new.csv", "--output", "rated.csv", in: folder)
    #expect(predicted.status == 0, "\(predicted.errors)")
    let lines = try folder.lines("rated.csv")
    #expect(lines[0] == "text,rating,p10,p90" && lines.count == 3)
    let low = lines[2].split(separator: ",").dropFirst().compactMap { Double($0) }
    #expect(low.count == 3 && low[1] <= low[0] && low[0] <= low[2], "\(lines)")
    let text = try Sluice.run(["predict", "--model", "run/model", "--text", "great"], in: folder)
    #expect(text.output.hasPrefix("rating ") && text.output.contains(", p90 "))
  }

  @Test func killedAndResumedEqualsUninterrupted() throws {
    let folder = try SmallReviews.folder()
    #expect(try Sluice.run(SmallReviews.training(to: "whole"), in: folder).status == 0)
    // The first is early enough to hit; from then on at any moment.
    let delays = [0.1] + (1..<8).map { _ in Double.random(in: 0.05...0.9) }
    let (run, kills) = try Sluice.runKilled(
      SmallReviews.training(to: "killed", "--resume"), atMost: delays.count, in: folder
    ) { kills in { $0 >= delays[kills] } }
    #expect(run.status == 0, "after \(delays): \(run.errors)")
    #expect(kills > 0)
    for file in ["model.safetensors", "preprocessing.json", "config.yaml"] {
      #expect(
        try folder.bytes("killed/model/\(file)") == folder.bytes("whole/model/\(file)"), "\(file)")
    }
  }

  @Test func anOpenCLDeviceLearnsTheSame() throws {
    let folder = try SmallReviews.folder()
    guard let id = TestDevice.id else {
      #expect(!TestDevice.isRequired, "no OpenCL device")
      return
    }
    func loss(_ device: String) throws -> Double {
      let run = try Sluice.run(
        SmallReviews.training(to: device, "--json").map {
          $0 == "cpu" && device != "cpu" ? device : $0
        },
        in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let result = try run.json()
      #expect(result["device"] as? String == device)
      let validation = try #require(result["validation"] as? [String: Any])
      let metrics = try #require(validation["metrics"] as? [String: Any])
      return try #require(metrics["log_loss"] as? Double)
    }
    #expect(abs(try loss("cpu") - loss(id)) < 0.01)
  }

  @Test func withoutDataItLearnsFromASample() throws {
    let folder = try SmallReviews.folder()
    let run = try Sluice.run(
      [
        "train", "reviews", "--config", "small.yaml", "--epochs", "1", "--members", "1",
        "--output", "run", "--device", "cpu",
      ], in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("generated from the seed, not real reviews"))
    #expect(run.output.contains("bag of words"))
    #expect(try folder.lines("run/sample.csv")[0].hasPrefix("reviewerID,asin,summary,reviewText"))
    // The recipe that the data chose, with what the file says over it.
    let settings = try folder.text("run/config.yaml")
    #expect(settings.contains("recipe: people") && settings.contains("weight_decay: 0.05"))
    #expect(settings.contains("hidden: 8"))
  }

  @Test func theConfigurationIsPrintedWhole() throws {
    let folder = try SmallReviews.folder()
    let printed = try Sluice.run("config", "reviews", in: folder)
    #expect(printed.status == 0 && printed.output.contains("recipe: null"))
    try folder.write(printed.output, to: "all.yaml")
    let characters = try Sluice.run(
      "config", "reviews", "--recipe", "characters", in: folder)
    #expect(characters.output.contains("pairs: 32768"))
    let unknown = try Sluice.run("config", "reviews", "--recipe", "nonsense", in: folder)
    #expect(unknown.status == 64 && unknown.errors.contains("characters"))
    let train = try Sluice.run(
      [
        "train", "reviews", "--data", "reviews.csv", "--config", "all.yaml", "--epochs", "1",
        "--members", "1", "--hidden", "8", "--output", "run", "--device", "cpu", "--quiet",
      ], in: folder)
    #expect(train.status == 0, "\(train.errors)")
  }

  @Test(
    arguments: [
      (["--data", "text.csv"], "text.csv:3:1: \"five\" in column \"rating\" is no rating"),
      (["--data", "one.csv"], "one.csv: all ratings in column \"rating\" are 5"),
      (["--data", "reviews.csv", "--text", "revew"], "Did you mean \"review\""),
      (["--data", "reviews.csv", "--target", "title"], "is no rating"),
      (["--data", "none.csv"], "--text"),
      (["--data", "ids.csv"], "column \"rating\" holds 40 different whole numbers in 40 rows"),
      (["--data", "few.csv"], "2 rows have a rating, 20 are needed"),
    ])
  func badRowsAreNamed(arguments: [String], message: String) throws {
    let folder = try SmallReviews.folder()
    try folder.write("rating,review\n5,good\nfive,bad\n", to: "text.csv")
    try folder.write(
      "rating,review\n" + (0..<40).map { "5,good \($0)\n" }.joined(), to: "one.csv")
    try folder.write("rating,a,b\n1,2,3\n", to: "none.csv")
    try folder.write(
      "rating,review\n" + (0..<40).map { "\(1000 + $0),good \($0)\n" }.joined(), to: "ids.csv")
    try folder.write("rating,review\n1,a\n2,b\n", to: "few.csv")
    let run = try Sluice.run(["train", "reviews", "--output", "run"] + arguments, in: folder)
    #expect(run.status == 1)
    #expect(run.errors.contains(message), "\(run.errors)")
    #expect(!folder.exists("run"))
  }

  @Test func aModelOfAnotherTaskOrRatingIsNamed() throws {
    let folder = try SmallReviews.folder()
    #expect(
      try Sluice.run(
        SmallReviews.training(to: "run", "--epochs", "1", "--members", "1"), in: folder
      ).status
        == 0)
    try folder.write("review,rating,user,item,title,brand\nx,7,u,i,t,b\n", to: "seven.csv")
    let other = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "seven.csv", in: folder)
    #expect(other.status == 1 && other.errors.contains("the model knows 1, 2, 3, 4, 5"))
    var bytes = try folder.bytes("run/model/model.safetensors")
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: folder.url("run/model/model.safetensors"))
    let damaged = try Sluice.run(
      "predict", "--model", "run/model", "--text", "x", in: folder)
    #expect(damaged.status == 1 && damaged.errors.contains("the file is damaged"))
  }
}
