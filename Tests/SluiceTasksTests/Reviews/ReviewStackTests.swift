import Logging
import SluiceCPU
import SluiceNN
import Testing

@testable import SluiceTasks
import SluiceTables

/// Plain stacks of layers, the seeds of this project among them, on generated text.
struct ReviewStackTests {
  /// The sample with two ratings, 1 for those above 3, or with all five.
  private func set(rows: Int, two: Bool) throws -> ReviewSet {
    let sample = try SmallReviews.sample(rows: rows)
    guard two else { return try SmallReviews.set(sample) }
    let overall = try sample.column("overall")
    let text = try sample.column("reviewText")
    var writer = CSVWriter()
    writer.append(["review", "label"])
    for row in 0..<rows {
      writer.append([text.string(row), try overall.float(row) > 3 ? "1" : "0"])
    }
    return try SmallReviews.set(Table(bytes: writer.bytes, file: "two.csv"))
  }

  private func small(_ recipe: ReviewRecipe) -> ReviewsConfiguration {
    var configuration = recipe.configuration()
    configuration.batchSize = 32
    configuration.folds = 4
    configuration.model.tokens = 24
    configuration.training.epochs = 4
    configuration.training.learningRate = 5e-3
    configuration.training.schedule = .constant
    configuration.training.weightAverage = nil
    return configuration
  }

  @Test(arguments: [ReviewRecipe.sentiment, .deepSentiment])
  func theSeedsTellGoodFromBad(recipe: ReviewRecipe) throws {
    let (report, model, _) = try SmallReviews.train(
      small(recipe), set(rows: 500, two: true))
    let accuracy = try #require(report.metrics["accuracy"])
    let majority = try #require(report.baselines.first?.metrics["accuracy"])
    #expect(accuracy > majority + 0.15, "\(accuracy) beside \(majority)")
    #expect(try #require(report.metrics["auc"]) > 0.9)
    let good = try model.rate(text: "Excellent quality. I love it!")
    let bad = try model.rate(text: "It broke after two days. A complete waste of money.")
    #expect(good.expected > bad.expected + 0.3)
    #expect(model.summary.rows.map(\.kind).last == "Linear")
  }

  @Test func theLinearSeedForeseesTheRatingItself() throws {
    let (report, model, _) = try SmallReviews.train(
      small(.regression), set(rows: 500, two: false))
    let rmse = try #require(report.metrics["rmse"])
    let mean = try #require(report.baselines.first?.metrics["rmse"])
    #expect(rmse < 0.75 * mean, "\(rmse) beside \(mean)")
    let rating = try model.rate(text: "Excellent quality. I love it!")
    #expect(rating.expected >= 1 && rating.expected <= 5)
    // What is between two ratings is shared between them.
    #expect(rating.probabilities.count { $0.value > 0 } <= 2)
    #expect(abs(rating.probabilities.reduce(0) { $0 + $1.value } - 1) < 1e-5)
  }

  @Test func aStackOfOnesOwnAndItsFaults() throws {
    let set = try set(rows: 400, two: false)
    func train(_ layers: [StackLayer], _ change: (inout ReviewsConfiguration) -> Void = { _ in })
      throws -> String
    {
      var configuration = small(.sentiment)
      configuration.training.epochs = 1
      configuration.model.stack = StackConfiguration(layers)
      change(&configuration)
      do {
        _ = try SmallReviews.train(configuration, set)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(
      try train([
        .embedding(size: 8), .lstm(8, sequences: true), .pool(.mean),
        .dense(units: 6, activation: .relu),
        .dense(units: 5, activation: .softmax),
      ]) == "")
    let sigmoid = try train([
      .embedding(size: 8), .lstm(8), .dense(units: 1, activation: .sigmoid),
    ])
    #expect(sigmoid.contains("1 sigmoid unit, the data has 5 ratings"), "\(sigmoid)")
    #expect(sigmoid.contains("units: 5, activation: softmax"))
    let open = try train([.embedding(size: 8), .lstm(8)])
    #expect(open.contains("must be dense"), "\(open)")
    let wide = try train([.lstm(8), .dense(units: 5, activation: .softmax)]) {
      $0.model.wide.order = 2
    }
    #expect(wide.contains("`model.stack` stands for the whole network"), "\(wide)")
  }

  @Test func aStackIsReadFromYAML() throws {
    let yaml = """
      recipe: sentiment
      model:
        stack:
          - embedding: 16
          - lstm: {units: 8, bidirectional: true}
          - dense: {units: 5, activation: softmax}
      """
    let configuration = try ConfigurationFile.read(
      yaml, name: "s.yaml", over: ReviewRecipe.sentiment.configuration())
    #expect(configuration.model.stack.layers.count == 3)
    let again = try ConfigurationFile.read(
      ConfigurationFile.yaml(of: configuration), name: "again.yaml",
      over: ReviewsConfiguration.standard, isComplete: true)
    #expect(again == configuration)
  }
}
