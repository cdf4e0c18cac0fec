import SluiceReport
import SluiceTraining

/// What models make of some ratings before they are given. R rows.
struct RatingsEvaluation {
  /// `[R]`
  private var classes: [Int] = []
  /// `[R, K]`
  private var probabilities: [Float] = []
  /// `[R]`: whether other rows of the user, of the item were learned from.
  private var knowsUser: [Bool] = []
  private var knowsItem: [Bool] = []
  /// `[R]`: what the biases of user and item expect, as they were fitted and as they stood when the
  /// row came.
  private var biases: [Double] = []
  private var runningBiases: [Double] = []

  /// R
  var count: Int { classes.count }

  /// Takes in some rows with what was made of them.
  ///
  /// - Parameters:
  ///   - probabilities: `[rows, K]`
  ///   - users: Those that were learned from, by number; `items` likewise.
  mutating func add(
    _ rows: [Int], of timeline: RatingTimeline, probabilities: [Float], biases: RatingBiases,
    users: some Collection<Int32>, items: some Collection<Int32>
  ) {
    self.probabilities += probabilities
    for row in rows {
      let user = timeline.events.users[row]
      let item = timeline.events.items[row]
      classes.append(Int(timeline.events.classes[row]))
      knowsUser.append(users.contains(user))
      knowsItem.append(items.contains(item))
      self.biases.append(biases.expected(user: user, item: item))
      runningBiases.append(
        timeline.encoder.rating(deviation: timeline.runningBiases[row]))
    }
  }

  func report(_ scale: RatingScale, _ decision: RatingDecision, notes: [String])
    -> EvaluationReport
  {
    evaluation(scale, decision).report(notes: notes)
  }

  /// What the page of a run shows of them.
  func sections(_ scale: RatingScale, _ decision: RatingDecision) -> [ReportSection] {
    [ReportSection("Ratings", RatingReport(evaluation: evaluation(scale, decision)).items)]
  }

  private func evaluation(_ scale: RatingScale, _ decision: RatingDecision) -> RatingEvaluation {
    func baseline(_ name: String, _ explanation: String, _ expected: [Double]) -> (
      name: String, explanation: String, answers: RatingAnswers
    ) {
      let range = (scale.values.first ?? 0)...(scale.values.last ?? 0)
      let kept = expected.map { min(range.upperBound, max(range.lowerBound, $0)) }
      return (name, explanation, RatingAnswers(expected: kept, scale: scale))
    }
    let all = Array(classes.indices)
    return RatingEvaluation(
      task: RatingsTask.name, scale: scale, classes: classes,
      answers: RatingAnswers(probabilities, decision: decision, scale: scale), decision: decision,
      baselines: [
        baseline("biases", "mean + user + item, of the training", biases),
        baseline("running_biases", "mean + user + item, of all before", runningBiases),
      ],
      parts: [
        .init(
          name: "seen", explanation: "users seen in training", rows: all.filter { knowsUser[$0] }),
        .init(name: "unseen", explanation: "users new", rows: all.filter { !knowsUser[$0] }),
        .init(name: "unseen_items", explanation: "items new", rows: all.filter { !knowsItem[$0] }),
      ], order: .expected)
  }

  /// How ratings are best named by these rows, of which the networks that rated them have learned
  /// from none.
  ///
  /// - Parameter counts: `[K]`: the ratings of the training rows.
  func decision(counts: [Int]) -> RatingDecision {
    RatingDecision(counts: counts, probabilities: probabilities, classes: classes)
  }
}
