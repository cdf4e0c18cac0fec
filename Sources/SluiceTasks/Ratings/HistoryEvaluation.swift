import SluiceTraining

/// What models make of some ratings before they are given. R rows.
struct HistoryEvaluation {
  let scale: RatingScale
  let decision: RatingDecision
  /// `[R]`
  var classes: [Int] = []
  /// `[R, K]`
  var probabilities: [Float] = []
  /// `[R]`: whether other rows of the user, of the item were learned from.
  var knowsUser: [Bool] = []
  var knowsItem: [Bool] = []
  /// `[R]`: what the biases of user and item expect, as they were fitted and as they stood when the
  /// row came.
  var biases: [Double] = []
  var runningBiases: [Double] = []

  init(scale: RatingScale, decision: RatingDecision) {
    self.scale = scale
    self.decision = decision
  }

  /// R
  var count: Int { classes.count }

  func report(notes: [String]) -> EvaluationReport {
    let all = Array(classes.indices)
    return RatingEvaluation(
      scale: scale, classes: classes,
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
      ], order: .expected
    ).report(notes: notes)
  }

  /// A baseline that expects a rating, on the scale.
  private func baseline(_ name: String, _ explanation: String, _ expected: [Double]) -> (
    name: String, explanation: String, answers: RatingAnswers
  ) {
    let lowest = scale.values.first ?? 0
    let highest = scale.values.last ?? 0
    let kept = expected.map { min(highest, max(lowest, $0)) }
    return (name, explanation, RatingAnswers(expected: kept, scale: scale))
  }
}
