import SluiceExport
import SluicePlatform

extension ExportGraph {
  /// Adds the answers of probabilities `[N, K]`: these, `rating` and `rating_class`.
  func addAnswers(_ probabilities: Value, _ decision: RatingDecision, _ scale: RatingScale) {
    let kept = named("probabilities", probabilities)
    let values = constant("values", [scale.count], scale.values.map { Float($0) })
    let names = (0..<scale.count).map { scale.name($0) }.joined(separator: ", ")
    output("probabilities", ["N", "\(scale.count)"], kept, "of each rating: \(names)")
    output("rating", ["N"], sum(multiply(kept, values)), "the expected rating")
    let factors = decision.priors.map { Float(power($0, -decision.tau)) }
    output(
      "rating_class", as: .int64, ["N"],
      argmax(multiply(kept, constant("rarity", [scale.count], factors))),
      "the place of the rating that is named, from 0")
  }
}

extension ExportExample {
  /// Adds what a model answers in probabilities.
  mutating func add(answers: RatingAnswers, _ scale: RatingScale) {
    let count = answers.named.count
    add(answer: "probabilities", [count, scale.count], answers.probabilities ?? [])
    add(answer: "rating", [count], answers.expected.map { Float($0) })
    add("answers.rating_class", [count], answers.named)
  }
}
