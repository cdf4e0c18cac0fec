import SluiceCompute
import SluiceNN
import SluiceReport
import SluiceSettings
import SluiceTables
import SluiceTraining

/// Ratings of reviews by their text, and by who wrote them about what.
///
/// The model is several networks, each trained on other rows; what can be learned from are the rows that
/// have a rating.
package struct ReviewsTask: LearningTask {
  package let settings: ReviewsSettings
  package let unusedColumns: [String]
  package let rows: [Int]
  let set: ReviewSet
  private(set) var scale: RatingScale
  /// `[R]`: the class of each row's rating; −1 where it has none.
  private(set) var classes: [Int32]
  /// `[R]`: for each row, the first one of the same text. Beside a plain stack every row is one of its
  /// own.
  let firstOfEqual: [Int]

  package static let name = "reviews"

  package static let words = TaskWords(
    abstract: "Learns to rate reviews by their text, and by who wrote them about what.",
    discussion: """
      The CSV has a row for each review: a column of texts, a column of ratings such as 1 to 5 or \
      0 and 1, or of numbers such as mean scores or points out of 100; a title, the user, the item, \
      categories and numbers if there are. Well-known column names are recognised; others are named \
      by flags, "" for none.

      English and other texts of words, Chinese and other scripts without blanks, and mixtures of \
      them: the settings that fit are chosen by the data.

      Few reviews are passed over more often than many, until validation says that it is enough; \
      --epochs asks for a number.

      The model is several networks; each leaves out a part of the rows and is reported on by it. A \
      linear model of words and characters is blended in as suits rows that neither learned from. \
      --validation holds rows out strictly, reports on them, and then trains on all rows.
      """,
    subject: "reviews",
    evaluation: """
      every row is scored; give rows that the model was not trained on, for its score on others says \
      little.
      """,
    prediction: """
      a row for each review; appended are rating, rating_class and the probability of each rating; \
      where ratings are of more than 21 values, rating, p10 and p90. One text alone: --text "…".
      """,
    advice: { model in
      """
      To score reviews with it:

        sluice predict --model \(model) --data reviews.csv --output rated.csv
        sluice predict --model \(model) --text "…"
      """
    })

  package static func sample(seed: UInt64) -> String { SampleReviews(seed: seed).csv() }

  package init(
    _ table: Table, _ settings: ReviewsSettings, asked: (ReviewsSettings) throws -> ReviewsSettings
  ) throws {
    let columns = try ReviewColumns.find(in: table, settings.data)
    let set = try ReviewSet(table, columns: columns)
    // The settings that fit the data stand below what is asked for.
    let recipe = settings.recipe ?? ReviewRecipe(for: set)
    let rated = set.ratings.count { $0 != nil }
    let settings =
      recipe.isPlain ? settings : try recipe.settings(rows: rated, asked: asked)
    try self.init(set, settings, unusedColumns: columns.unused(in: table))
  }

  /// Rows that a training needs at least.
  private static let fewestRows = 20

  /// - Throws: ``TableError`` where there are too few rows, or where their ratings are no scale.
  init(_ set: ReviewSet, _ settings: ReviewsSettings, unusedColumns: [String] = []) throws {
    var settings = settings
    settings.data = settings.data.settled(for: set.columns)
    try settings.validate()
    self.settings = settings
    self.set = set
    self.unusedColumns = unusedColumns
    scale = try set.ratingScale()
    classes = scale.classes(of: set.ratings)
    rows = set.ratings.indices.filter { set.ratings[$0] != nil }
    firstOfEqual =
      settings.model.stack.isEmpty ? set.texts.firstOfEqual() : Array(0..<set.count)
    if let shortage = shortage(of: rows) {
      throw TableError(file: set.file, what: shortage, remedy: "Give more rows.")
    }
  }

  package func shortage(of rows: [Int]) -> String? {
    let needed = max(Self.fewestRows, 2 * settings.folds)
    return rows.count < needed ? "\(rows.count) rows have a rating, \(needed) are needed" : nil
  }

  package var roles: String {
    let columns = set.columns
    var roles = "text \((columns.titles + [columns.text]).joined(separator: " + "))"
    roles += ", rating \(columns.target)"
    for (role, name) in [("user", columns.user), ("item", columns.item)] {
      if let name { roles += ", \(role) \(name)" }
    }
    for (role, names) in [("categories", columns.categories), ("numbers", columns.numbers)] {
      if !names.isEmpty { roles += ", \(role) \(names.joined(separator: " and "))" }
    }
    return roles
  }

  package var summary: String {
    let tokens = set.texts.tokens.count
    let empty = (0..<set.count).count { set.texts[$0].isEmpty }
    return "\(rows.count) reviews of \(tokens / max(1, set.count)) tokens in the mean"
      + (empty > 0 ? ", \(empty) without text" : "")
      + "; ratings " + (scale.bounds.map(summary(ofBins:)) ?? shares.joined(separator: ", "))
  }

  /// How many rows have each rating.
  private var shares: [String] {
    counts(of: rows).enumerated().map { "\(scale.name($0)): \($1)" }
  }

  /// What ratings of many values there are.
  private func summary(ofBins bounds: [Double]) -> String {
    let different = Set(rows.compactMap { set.ratings[$0] }).count
    return
      "from \(bounds[0]) to \(bounds[bounds.count - 1]), \(different.grouped) different ones in "
      + "\(scale.count) bins"
  }

  package var remarks: [Remark] {
    var remarks: [Remark] = []
    if rows.count < set.count {
      remarks.append(
        .warning(
          "left out \(set.count - rows.count) rows without a rating in column "
            + set.columns.target))
    }
    let different = Set(rows.map { firstOfEqual[$0] }).count
    if different < rows.count {
      remarks.append(
        .note(
          "different texts: \(different.grouped) in \(rows.count.grouped) rows; equal ones are kept "
            + "in one part of the rows"))
    }
    return remarks
  }

  /// `[K]`: how many of the rows have each rating.
  func counts(of rows: [Int]) -> [Int] {
    var counts = [Int](repeating: 0, count: scale.count)
    for row in rows { counts[Int(classes[row])] += 1 }
    return counts
  }

  package func heldOut() -> HeldOut? {
    guard settings.validation > 0 else { return nil }
    let split = StratifiedFolds.split(
      labels: rows.map { Int(classes[$0]) }, groups: rows.map { firstOfEqual[$0] },
      holdingOut: settings.validation,
      seed: settings.training.seed)
    return HeldOut(
      kept: split.kept.map { rows[$0] }, rows: split.heldOut.map { rows[$0] },
      note: "on \(split.heldOut.count) rows held out at random, not seen in training")
  }

  package func learning(from rows: [Int], on backend: any Backend) -> ReviewsLearning {
    ReviewsLearning(binned(by: rows), from: rows, on: backend)
  }

  /// The same, where ratings of many values are put into bins by no others than those of some rows.
  private func binned(by rows: [Int]) -> ReviewsTask {
    guard scale.bounds != nil else { return self }
    var task = self
    task.scale = RatingScale(binning: rows.compactMap { set.ratings[$0] })
    task.classes = task.scale.classes(of: set.ratings)
    return task
  }

  package func evaluation(of model: Model, on heldOut: HeldOut) throws -> HeldOutEvaluation {
    let scores = try model.scores(set, rows: heldOut.rows, classes: classes)
    return HeldOutEvaluation(scores.report(notes: [heldOut.note])) {
      ReviewsReport(
        set: set, rows: heldOut.rows, scores: scores, baseline: model.fitted.baseline,
        scale: model.fitted.scale
      ).sections
    }
  }

  package static func network(
    member: Int, _ settings: ReviewsSettings, _ fitted: ReviewsPreprocessing,
    on backend: any Backend
  ) throws -> ReviewRater {
    try ReviewRater(
      settings.model, encoder: fitted.encoders[member], columns: fitted.columns,
      scale: fitted.scale, on: backend)
  }
}
