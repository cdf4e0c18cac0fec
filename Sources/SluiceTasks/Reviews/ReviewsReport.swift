import SluiceReport
import SluiceTables

/// What the page of a run shows of rated reviews: the answers beside the truth, words, and reviews that
/// were rated rightly and wrongly.
struct ReviewsReport {
  let set: ReviewSet
  /// `[scores]`: the rows of the set that were scored.
  let rows: [Int]
  let scores: ReviewScores
  let baseline: BagOfWords
  let scale: RatingScale

  /// Phrases that are listed in each direction, and reviews of each kind.
  private static let mostPhrases = 15
  private static let mostExamples = 6
  /// Letters of a text that are shown.
  private static let mostLetters = 400

  var sections: [ReportSection] {
    guard !rows.isEmpty else { return [] }
    let items =
      switch scores {
      case .classes(let evaluation): RatingReport(evaluation: evaluation).items
      case .means(let evaluation): MeanReport(evaluation: evaluation).items
      }
    return [ReportSection("Ratings", items), words, examples]
  }

  private var words: ReportSection {
    let phrases = PhraseEffects(
      set, rows: rows, scores: scores, baseline: baseline, scale: scale
    ).phrases
    let up = phrases.filter { $0.effect > 0 }.prefix(Self.mostPhrases)
    let down = phrases.reversed().filter { $0.effect < 0 }.prefix(Self.mostPhrases)
    let lists = [("Words that push up", Array(up)), ("Words that push down", Array(down))]
    let prose =
      "By the linear model of words that stands beside the networks and is blended with them: what "
      + "these words add to the expected rating of a text of which they are a fifth. The networks read words in their order; "
      + "the table says what the model expects of the reviews that hold them."
    let table = DataTable(
      "Reviews with these words",
      columns: ["words", "reviews", "effect", "mean rating expected", "mean rating given"],
      (up + down.reversed()).map {
        [
          $0.text, $0.rows.grouped, Significant.text($0.effect), Significant.text($0.expected),
          Significant.text($0.given),
        ]
      })
    return ReportSection(
      "Words", prose: phrases.isEmpty ? ["No word is in enough of the reviews."] : [prose],
      lists.filter { !$0.1.isEmpty }.map { title, found in
        .bars(
          BarChart(
            title, label: "change of the expected rating", series: ["effect"],
            found.map { .init($0.text, [$0.effect]) }))
      } + (phrases.isEmpty ? [] : [.table(table)]))
  }

  // MARK: Examples

  private var examples: ReportSection {
    let (expected, given) = (scores.expected, scores.given)
    var right: [Int]
    var wrong: [Int]
    let sureness: (Int) -> Double
    switch scores {
    case .classes(let evaluation):
      let probabilities = evaluation.answers.probabilities ?? []
      let named = evaluation.answers.named
      sureness = { row in
        let place = row * evaluation.scale.count + named[row]
        return probabilities.indices.contains(place) ? Double(probabilities[place]) : 0
      }
      right = given.indices.filter { named[$0] == evaluation.classes[$0] }
      wrong = given.indices.filter { named[$0] != evaluation.classes[$0] }
    case .means:
      let errors = given.indices.map { abs(expected[$0] - given[$0]) }
      sureness = { errors[$0] }
      let middle = errors.sorted()[errors.count / 2]
      right = given.indices.filter { errors[$0] < middle }
      wrong = given.indices.filter { errors[$0] >= middle }
    }
    // The surest of them, and the first among equals; texts that say nothing are no examples.
    let said = { (row: Int) in !set.texts[rows[row]].isEmpty }
    let isMean = if case .means = scores { true } else { false }
    right = right.filter(said).sorted {
      isMean
        ? (sureness($0), $0) < (sureness($1), $1) : (sureness($0), $1) > (sureness($1), $0)
    }
    wrong = wrong.filter(said).sorted { (sureness($0), $1) > (sureness($1), $0) }
    return ReportSection(
      "Examples",
      [
        table(isMean ? "Closest" : "Rightly rated, the surest", varied(right, given), sureness),
        table(
          isMean ? "Furthest off" : "Wrongly rated, though sure", varied(wrong, given), sureness),
      ].filter { !$0.rows.isEmpty }.map { .table($0) })
  }

  /// The first of each rating that was given, then the first of all.
  private func varied(_ ordered: [Int], _ given: [Double]) -> [Int] {
    var seen: Set<Double> = []
    let firsts = ordered.filter { scale.bounds == nil && seen.insert(given[$0]).inserted }
    let chosen = Array(firsts.prefix(Self.mostExamples))
    let others = ordered.filter { !chosen.contains($0) }
    return chosen + others.prefix(Self.mostExamples - chosen.count)
  }

  private func table(_ title: String, _ chosen: [Int], _ sureness: (Int) -> Double) -> DataTable {
    DataTable(
      title, columns: ["given", "this model", "text"], isText: true,
      chosen.map { row in
        let answer =
          switch scores {
          case .classes(let evaluation):
            "\(evaluation.scale.name(evaluation.answers.named[row])), probability "
              + Significant.text((1000 * sureness(row)).rounded() / 1000)
          case .means: Significant.text(scores.expected[row])
          }
        let text = set.text(of: rows[row])
        let shown = text.count > Self.mostLetters ? text.prefix(Self.mostLetters) + "…" : text[...]
        return [Significant.text(scores.given[row]), answer, String(shown)]
      })
  }
}
