import Foundation
import Logging
import SluiceCPU
import SluicePlatform
import SluiceSettings
import Testing

@testable import SluiceTasks
import SluiceTables

/// The parts of the reviews task, each on its own.
struct ReviewPartsTests {
  @Test func whatIsKnownOfAUserHoldsNotTheRatingItself() {
    // Two users: one always 1 above the mean, one always 1 below; and one who came once.
    let names = (0..<60).map { $0 == 59 ? "once" : $0.isMultiple(of: 2) ? "high" : "low" }
    let deviations = (0..<60).map { Float($0 == 59 ? 5 : $0.isMultiple(of: 2) ? 1 : -1) }
    let rows = Array(0..<60)
    let statistics = IdentityStatistics(
      names, deviations: deviations, rows: rows, shrinkage: 3)
    let known = statistics.features(of: "high")
    #expect(abs(known[0] - 2 * 30 / 33) < 1e-6)
    #expect(abs(known[1] - log1p(Float(30)) / 2) < 1e-6)
    #expect(statistics.features(of: "new") == [0, 0])
    #expect(!statistics.knows("new") && statistics.knows("low"))

    let features = statistics.outOfFoldFeatures(
      names, deviations: deviations, rows: rows, folds: 10, seed: 1)
    #expect(features[59] == [0, 0], "nothing but its own rating is known")
    for row in 0..<59 {
      #expect((features[row][0] > 0) == (deviations[row] > 0))
      #expect(features[row][1] < known[1], "its own part is left out")
    }
    // The same rows and seed, the same features; changing one rating leaves its own unchanged.
    var changed = deviations
    changed[10] = -7
    let others = IdentityStatistics(names, deviations: changed, rows: rows, shrinkage: 3)
      .outOfFoldFeatures(names, deviations: changed, rows: rows, folds: 10, seed: 1)
    #expect(abs(others[10][0] - features[10][0]) < 1e-6)
    #expect((0..<59).contains { abs(others[$0][0] - features[$0][0]) > 0.1 })
  }

  @Test func aUserWithManyReviewsAndNobody() {
    let names = [String](repeating: "busy", count: 10_000) + ["", ""]
    let deviations = [Float](repeating: 0.5, count: 10_002)
    let statistics = IdentityStatistics(
      names, deviations: deviations, rows: Array(names.indices), shrinkage: 3)
    #expect(abs(statistics.features(of: "busy")[0] - 1) < 1e-3)
    #expect(statistics.features(of: "") == [0, 0] && !statistics.knows(""))
  }

  @Test func theDecisionNamesRareRatingsOnlyWhereThatPays() {
    // Rating 0 is rare. Its rows give it 0.4; those of rating 1 give it 0.1.
    let classes = [0, 0] + [Int](repeating: 1, count: 18)
    let probabilities: [Float] = classes.flatMap { $0 == 0 ? [0.4, 0.6] as [Float] : [0.1, 0.9] }
    let decision = RatingDecision(counts: [2, 18], probabilities: probabilities, classes: classes)
    #expect(decision.tau > 0)
    #expect(decision.classes(probabilities) == classes)
    // Where the probabilities say nothing, the most common rating is named.
    let flat: [Float] = classes.flatMap { _ in [0.1, 0.9] as [Float] }
    let plain = RatingDecision(counts: [2, 18], probabilities: flat, classes: classes)
    #expect(plain.classes(flat) == [Int](repeating: 1, count: 20))
  }

  @Test func classWeightsAverageToOne() throws {
    let counts = [10, 30, 60]
    #expect(ClassWeight.none.weights(counts: counts) == nil)
    let balanced = try #require(ClassWeight.balanced.weights(counts: counts))
    #expect(abs(balanced[0] / balanced[2] - 6) < 1e-4)
    let root = try #require(ClassWeight.sqrt.weights(counts: counts))
    #expect(abs(root[0] / root[2] - Float(6).squareRoot()) < 1e-4)
    for weights in [balanced, root] {
      let mean = zip(weights, counts).reduce(0) { $0 + $1.0 * Float($1.1) } / 100
      #expect(abs(mean - 1) < 1e-5)
    }
    #expect(ClassWeight.balanced.weights(counts: [0, 5])?.first == 0)
  }

  @Test func theSampleIsTheSameEverywhere() throws {
    var sample = SampleReviews(seed: 1)
    sample.rows = 50
    let text = sample.csv()
    #expect(sample.csv() == text)
    let table = try Table(csv: text)
    let columns = try ReviewColumns.find(in: table)
    #expect(columns.user == "reviewerID" && columns.item == "asin" && columns.text == "reviewText")
    let set = try ReviewSet(table, columns: columns)
    #expect(set.count == 50 && set.ratings.allSatisfy { $0 != nil })
    sample.seed = 2
    #expect(sample.csv() != text)
  }

  /// Rows that repeat a few, enough for a training.
  private func table(_ header: String, _ rows: String...) throws -> Table {
    try Table(csv: header + "\n" + (0..<24).map { rows[$0 % rows.count] + "\n" }.joined())
  }

  @Test func theRecipeIsChosenByTheData() throws {
    func recipe(_ header: String, _ rows: String...) throws -> ReviewRecipe? {
      let table = try table(header, rows[0], rows[1])
      let task = try ReviewsTask(table, ReviewsTask.standard) { $0 }
      var plain = task.settings
      plain.data = ReviewData()
      let chosen = try #require(task.settings.recipe)
      #expect(plain == chosen.settings(rows: 24), "all its settings, not its name alone")
      return chosen
    }
    #expect(try recipe("review,label", "很好用,1", "太差了 bad,0") == .characters)
    #expect(try recipe("review,label", "very good,1", "bad 差,0") == .words)
    #expect(try recipe("review,label,user", "very good,1,a", "bad,0,b") == .people)
  }

  @Test func whatIsAskedForStandsOverTheRecipe() throws {
    let table = try table("review,label", "很好用,1", "太差了,0")
    let task = try ReviewsTask(table, ReviewsTask.standard) { base in
      var asked = base
      asked.model.hidden = 7
      return asked
    }
    #expect(task.settings.recipe == .characters && task.settings.model.hidden == 7)
    #expect(task.settings.model.pairs == 1 << 15)
    // A recipe that is named is not chosen, but suits the number of rows.
    let named = try ReviewsTask(table, ReviewsTask.recipe("words")) { $0 }
    #expect(named.settings.recipe == .words && named.settings.model.pairs == 0)
    #expect(named.settings.training == ReviewRecipe.words.settings(rows: 24).training)
    let plain = try ReviewsTask(table, ReviewsTask.recipe("sentiment")) { _ in
      Issue.record("asked for other settings")
      return ReviewsTask.standard
    }
    #expect(plain.settings.training == ReviewRecipe.sentiment.settings.training)
    let error = #expect(throws: SettingError.self) { try ReviewsTask.recipe("history") }
    #expect(error?.setting == "recipe")
  }

  /// Few rows are passed over more often, many as often as the recipe says.
  @Test func passesSuitTheNumberOfRows() throws {
    for recipe in [ReviewRecipe.words, .people, .characters] {
      #expect(recipe.settings(rows: 1_000_000) == recipe.settings)
      var last = Int.max
      for rows in [20, 500, 3000, 6000] {
        let settings = recipe.settings(rows: rows)
        let learned = rows - rows / settings.folds
        let pass = (learned + settings.batchSize - 1) / settings.batchSize
        let steps = settings.training.epochs * pass
        #expect((480...480 + pass).contains(steps), "\(recipe), \(rows) rows: \(steps) steps")
        #expect(settings.training.epochs <= last)
        last = settings.training.epochs
        guard case .cosine(let warmup, _) = settings.training.schedule else {
          Issue.record("\(settings.training.schedule)")
          continue
        }
        #expect(warmup == steps / 10 && settings.training.validateEvery == steps / 16)
      }
    }
    #expect(ReviewRecipe.sentiment.settings(rows: 20) == ReviewRecipe.sentiment.settings)
    let asked = try ReviewsTask(
      table("review,label", "very good,1", "bad,0"), ReviewsTask.standard
    ) { base in
      var asked = base
      asked.training.epochs = 3
      return asked
    }
    #expect(asked.settings.training.epochs == 3)
    // 22 rows are one step each time: the rate rises within those three.
    #expect(asked.settings.training.schedule == .cosine(warmup: 1, final: 0.02))
    let smaller = ReviewRecipe.words.settings(rows: 1000) { base in
      var asked = base
      asked.batchSize = 8
      return asked
    }
    #expect(smaller.training.epochs == 5, "113 steps in a pass")
  }

  /// Rows of one text are learned from or reported on together, and the user is told.
  @Test func equalTextsStayInOnePart() throws {
    var rows = "text,rating\n"
    for row in 0..<200 { rows += "text number \(row / 3),\(row % 2)\n" }
    let set = try SmallReviews.set(Table(csv: rows, file: "r.csv"))
    let task = try ReviewsTask(set, SmallReviews.settings(.words))
    let said = task.remarks.map { remark in
      switch remark {
      case .note(let text), .warning(let text): text
      }
    }
    #expect(said.count == 1 && said[0].contains("67 in 200 rows"), "\(said)")
    let learning = task.learning(from: task.rows, on: try CPUBackend(threads: 1))
    for fold in 0..<4 {
      let out = learning.folds.rows(in: fold).map { $0 / 3 }
      #expect(!out.isEmpty)
      #expect(Set(out).isDisjoint(with: learning.folds.rows(outside: fold).map { $0 / 3 }))
    }
    var settings = SmallReviews.settings(.words)
    settings.validation = 0.2
    let held = try #require(try ReviewsTask(set, settings).heldOut())
    #expect(Set(held.rows.map { $0 / 3 }).isDisjoint(with: held.kept.map { $0 / 3 }))
    // A plain stack keeps to its rows as they come.
    let plain = try ReviewsTask(set, ReviewRecipe.sentiment.settings)
    #expect(plain.firstOfEqual == Array(0..<200) && plain.remarks.isEmpty)
  }

  /// The linear model knows words that it never met by their characters.
  @Test func theBagOfWordsReadsCharacters() throws {
    let good = ["lovely", "lovable", "loving", "loved", "lover", "loves"]
    let bad = ["broken", "breaking", "breaks", "broke", "breakable", "breakage"]
    var rows = "text,rating\n"
    for row in 0..<60 {
      rows += "\(row.isMultiple(of: 2) ? good[row % 6] : bad[row % 6]),\(row % 2)\n"
    }
    rows += "lovability,0\nunbreakable,1\n"
    let set = try SmallReviews.set(Table(csv: rows))
    let learned = Array(0..<60)
    let features = TextFeatures(
      set, rows: learned, classCount: 2, wide: WideSettings(), words: nil)
    #expect(features.words.features(of: set.texts[60]).columns.isEmpty)
    let own = features.rows(learned, of: set)
    #expect(own.columnCount == features.count && features.characters != nil)
    func fit(_ penalty: Double, _ isByRatio: Bool, from start: BagOfWords? = nil) -> BagOfWords {
      BagOfWords(
        features, rows: own, labels: learned.map { $0 % 2 }, classCount: 2,
        BagOfWords.Regularisation(penalty: penalty, isByRatio: isByRatio), start: start)
    }
    for isByRatio in [false, true] {
      let loose = fit(0.1, isByRatio)
      let new = loose.probabilities(set, rows: [60, 61])
      #expect(new[0] > 0.7 && new[3] > 0.7, "\(new)")
      // A fit that begins at another ends where one of its own does.
      let later = fit(0.1, isByRatio, from: fit(1, isByRatio)).probabilities(set, rows: [60, 61])
      #expect(zip(new, later).allSatisfy { abs($0 - $1) < 0.01 })
      let stored = try JSONDecoder().decode(BagOfWords.self, from: JSONEncoder().encode(loose))
      #expect(
        stored.probabilities(set, rows: [60, 61]) == new
          && stored.isPlausible(RatingScale(values: [0, 1])))
      #expect(!stored.isPlausible(RatingScale(values: [0, 1, 2])))
    }
  }

  /// Two words tell the classes apart, one always, the other mostly; the rest is noise. Held down as
  /// strongly, weights by ratio trust the sure word more.
  @Test func whatStandsInOneClassAloneIsHeldDownLess() throws {
    var text = "text,rating\n"
    for row in 0..<80 {
      let isGood = row.isMultiple(of: 2)
      let sure = row % 8 == 0 ? "splendid" : row % 8 == 1 ? "dreadful" : "plain"
      let likely = (row % 5 == 0) == isGood ? "maybe" : "perhaps"
      text += "\(sure) \(likely) word\(row % 7),\(isGood ? 1 : 0)\n"
    }
    text += "splendid,1\nmaybe,0\n"
    let set = try SmallReviews.set(Table(csv: text))
    let learned = Array(0..<80)
    let features = TextFeatures(
      set, rows: learned, classCount: 2, wide: WideSettings(), words: nil)
    let own = features.rows(learned, of: set)
    let found = [false, true].map { isByRatio in
      BagOfWords(
        features, rows: own, labels: learned.map { ($0 + 1) % 2 }, classCount: 2,
        BagOfWords.Regularisation(penalty: 1, isByRatio: isByRatio)
      ).probabilities(set, rows: [80])[1]
    }
    #expect(found[1] > found[0] + 0.03 && found[0] > 0.6, "\(found)")
    // It is to choose from where there are two classes.
    let offers = [[0, 1], [1, 2, 3]].map { values in
      BagOfWords.Regularisation.candidates(RatingScale(values: values)).map(\.isByRatio)
    }
    #expect(offers[0].contains(true) && !offers[1].contains(true))
  }

  @Test func whatARequestAsksForIsSettledByTheData() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-request-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Folder.create(folder)
    let table = try table("review,label", "很好用,1", "太差了,0")
    try AtomicFile.write(table.bytes, to: "\(folder)/zh.csv")
    func prepared(_ name: String, recipe: String? = nil, file: String? = nil) throws
      -> ReviewsSettings
    {
      var request = TrainingRequest<ReviewsTask>()
      request.recipe = recipe
      request.output = "\(folder)/\(name)"
      request.flags = [("data.path", "\(folder)/zh.csv"), ("model.hidden", "7")]
      if let file {
        try AtomicFile.write(file, to: "\(folder)/\(name).yaml")
        request.settingsFile = "\(folder)/\(name).yaml"
      }
      return try request.prepare(logger: Logger(label: "test")) { try CPUBackend(threads: 1) }
        .training.task.settings
    }
    let plain = try prepared("plain")
    #expect(plain.recipe == .characters && plain.model.pairs == 1 << 15)
    #expect(plain.model.hidden == 7 && plain.data.text == "review")
    // The open recipe is no other than none.
    #expect(try prepared("auto", recipe: "auto") == plain)
    let words = try prepared("words", recipe: "words")
    #expect(words.recipe == .words && words.model.pairs == 0 && words.model.hidden == 7)
    let some = try prepared("some", file: "model: {hidden: 9, embedding: 8}")
    #expect(some.recipe == .characters && some.model.hidden == 7 && some.model.embedding == 8)
    let other = #expect(throws: SettingError.self) { try prepared("other", file: "task: sales") }
    #expect(other?.setting == "task")
  }

  @Test func rowsAreEncodedAsTheirNetworkReadsThem() throws {
    let table = try Table(
      csv: """
        review,title,label,brand,age
        good good fit,ok,1,x,20
        ,,0,y,
        bad fit,ok,0,x,40
        """)
    let set = try ReviewSet(table, columns: ReviewColumns.find(in: table))
    var model = ReviewModelSettings()
    model.minimumCount = 1
    model.wide.minimumCount = 1
    model.tokens = 4
    model.pairs = 100
    let encoder = ReviewEncoder(
      set, rows: [0, 1, 2], deviations: [1, -1, -1], moments: (mean: 0.3, deviation: 0.5),
      model: model)
    let encoded = encoder.encode(set, rows: [2, 1, 0], classes: [1, 0, 0], model: model)
    // The first row is cut off after four tokens; an empty one has its separator alone.
    #expect(encoded.starts == [0, 4, 5, 9])
    #expect(encoded.classes == [0, 0, 1])
    #expect(encoded.pairs.count == 9 && encoded.pairs.allSatisfy { (1...100).contains($0) })
    #expect(encoded.categories == [[1, 2, 1]])
    #expect(encoded.sideCount == 1 && encoded.side == [1, 0, -1])
    #expect(encoded.sequences.count == 3 && encoded.sequences.columnCount == encoder.ngrams?.count)
    let stored = try JSONDecoder().decode(
      ReviewEncoder.self, from: JSONEncoder().encode(encoder))
    #expect(stored == encoder)
  }
}
