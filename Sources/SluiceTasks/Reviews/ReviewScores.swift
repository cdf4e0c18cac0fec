/// What was made of some reviews: of ratings that are few, or of many values.
enum ReviewScores {
  case classes(RatingEvaluation)
  case means(MeanEvaluation)

  func report(notes: [String]) -> EvaluationReport {
    switch self {
    case .classes(let evaluation): evaluation.report(notes: notes)
    case .means(let evaluation): evaluation.report(notes: notes)
    }
  }

  /// `[R]`: the ratings that are expected.
  var expected: [Double] {
    switch self {
    case .classes(let evaluation): evaluation.answers.expected
    case .means(let evaluation): evaluation.answers.expected
    }
  }

  /// `[R]`: the ratings that were given.
  var given: [Double] {
    switch self {
    case .classes(let evaluation): evaluation.classes.map { evaluation.scale.values[$0] }
    case .means(let evaluation): evaluation.ratings
    }
  }
}
