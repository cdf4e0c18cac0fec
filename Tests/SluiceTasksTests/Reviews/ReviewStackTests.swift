import Logging
import SluiceCPU
import SluiceNN
import SluiceSettings
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

  private func small(_ recipe: ReviewRecipe) -> ReviewsSettings {
    var settings = recipe.settings
    settings.batchSize = 32
    settings.folds = 4
    settings.model.tokens = 24
    settings.training.epochs = 4
    settings.training.learningRate = 5e-3
    settings.training.schedule = .constant
    settings.training.weightAverage = nil
    return settings
  }

  @Test(arguments: [ReviewRecipe.sentiment, .deepSentiment])
  func theSeedsTellGoodFromBad(recipe: ReviewRecipe) throws {
    let (report, model, _) = try SmallReviews.train(
      small(recipe), set(rows: 500, two: true))
    let accuracy = try #require(report.metrics["accuracy"])
    let majority = try #require(report.baselines.first?.metrics["accuracy"])
    #expect(accuracy > majority + 0.15, "\(accuracy) beside \(majority)")
    #expect(try #require(report.metrics["auc"]) > 0.9)
    #expect(model.fitted.blend?.isAlone == true, "nothing is blended into a plain stack")
    #expect(report.notes.contains { $0.hasPrefix("calibrated by such rows: temperature") })
    let good = try model.rate(text: "Excellent quality. I love it!")
    let bad = try model.rate(text: "It broke after two days. A complete waste of money.")
    #expect(good.expected > bad.expected + 0.3)
    #expect(ModelSummary(model.networks[0].network.layers).rows.map(\.kind).last == "Linear")
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
    func error(_ layers: [StackLayer], _ change: (inout ReviewsSettings) -> Void = { _ in })
      throws -> (any Error)?
    {
      var settings = small(.sentiment)
      settings.training.epochs = 1
      settings.model.stack = StackConfiguration(layers)
      change(&settings)
      do {
        _ = try SmallReviews.train(settings, set)
        return nil
      } catch {
        return error
      }
    }
    #expect(
      try error([
        .embedding(size: 8), .lstm(8, sequences: true), .pool(.mean),
        .dense(units: 6, activation: .relu),
        .dense(units: 5, activation: .softmax),
      ]) == nil)
    let sigmoid = try #require(
      try error([.embedding(size: 8), .lstm(8), .dense(units: 1, activation: .sigmoid)])
        as? SettingError)
    #expect(sigmoid.setting == "model.stack" && sigmoid.what.contains("5 ratings"), "\(sigmoid)")
    #expect(sigmoid.remedy.contains("units: 5, activation: softmax"))
    let open = try #require(try error([.embedding(size: 8), .lstm(8)]) as? StackError)
    #expect(open.layer == 1)
    let wide = try #require(
      try error([.lstm(8), .dense(units: 5, activation: .softmax)]) {
        $0.model.wide.order = 2
      } as? SettingError)
    #expect(wide.setting == "model.wide.order" && wide.what.contains("`model.stack`"), "\(wide)")
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
    let settings = try SettingsReader(yaml, name: "s.yaml")
      .settings(over: ReviewRecipe.sentiment.settings)
    #expect(settings.model.stack.layers.count == 3)
    let again = try SettingsReader(SettingsText.yaml(of: settings), name: "again.yaml")
      .settings(over: ReviewsTask.standard, isComplete: true)
    #expect(again == settings)
  }
}
