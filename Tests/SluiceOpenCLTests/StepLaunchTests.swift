import Foundation
import Logging
import SluiceCompute
import SluiceTables
import SluiceTasks
import SluiceTraining
import Testing

@testable import SluiceOpenCL

/// What a training step of each recipe asks of an OpenCL device: so many launches at most, whatever
/// the number of columns. Each costs microseconds on a GPU, which is what a small step takes in all.
@Suite(.enabled(if: TestDevice.exists)) struct StepLaunchTests {
  /// A task, a recipe of it, and rows.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let most: Int
    let training: @Sendable (any Backend) throws -> any SteppableTraining

    var testDescription: String { name }

    init<Task: LearningTask>(
      _ task: Task.Type, _ recipe: String, _ rows: String = "generated", most: Int,
      csv: @escaping @Sendable () -> String = { Task.sample(seed: 1) },
      change: @escaping @Sendable (inout Task.Settings) -> Void = { _ in }
    ) {
      name = "\(Task.name), \(recipe), \(rows)"
      self.most = most
      training = { backend in
        var settings = try #require(Task.recipes.first { $0.name == recipe }).settings
        change(&settings)
        let table = try Table(bytes: Array(csv().utf8), file: "rows")
        return TaskRun(
          try Task(table, settings) { $0 }, fingerprint: "", on: backend,
          logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      }
    }
  }

  @Test(arguments: cases) func launches(_ step: Case) throws {
    var options = TestDevice.options
    options.kernelsFor = .gpu
    let backend = try TestDevice.openIdle(options)
    let phase = try step.training(backend).makeFirstPhase()
    let trainer = try Trainer(phase.problem, configuration: phase.configuration)
    try trainer.step()
    var most = 0
    for _ in 0..<3 {
      let before = try #require(backend.counts).launches
      try trainer.step()
      most = max(most, try #require(backend.counts).launches - before)
    }
    #expect((1...step.most).contains(most))
  }

  static let cases: [Case] = churn + sales + reviews + ratings + gated

  private static let churn: [Case] = ["default", "stack"].flatMap { recipe in
    [
      Case(ChurnTask.self, recipe, most: 24),
      Case(ChurnTask.self, recipe, "history", most: 24, csv: history) {
        ($0.data.id, $0.data.time) = (["user"], "day")
      },
    ]
  }

  private static let sales: [Case] = [
    ("default", 34), ("residual", 46), ("history", 31), ("stack", 22),
  ].map { Case(SalesTask.self, $0, most: $1) }

  private static let reviews: [Case] =
    [("auto", 25), ("words", 25), ("people", 25), ("characters", 28), ("regression", 20)]
    .map { Case(ReviewsTask.self, $0, most: $1) }
    + [("sentiment", 19), ("deep_sentiment", 26)]
    .map { Case(ReviewsTask.self, $0, "two classes", most: $1, csv: opinions) }

  private static let ratings: [Case] = [Case(RatingsTask.self, "default", most: 37)]

  /// With GRUs, the same tasks take no more launches than with the LSTMs above.
  private static let gated: [Case] = [
    Case(ChurnTask.self, "default", "GRU", most: 24, change: { $0.use(.gru) }),
    Case(SalesTask.self, "default", "GRU", most: 34, change: { $0.use(.gru) }),
    Case(ReviewsTask.self, "auto", "GRU", most: 25, change: { $0.use(.gru) }),
    Case(RatingsTask.self, "default", "GRU", most: 37, change: { $0.use(.gru) }),
  ]

  /// No recipe is left out.
  @Test func allRecipes() {
    func names<Task: LearningTask>(_ task: Task.Type) -> [String] {
      Task.recipes.map { "\(Task.name), \($0.name)" }
    }
    let all = Tasks.all.flatMap { names($0) }
    #expect(all.filter { name in !Self.cases.contains { $0.name.hasPrefix(name + ",") } } == [])
  }

  /// Texts for and against.
  @Sendable private static func opinions() -> String {
    var text = "review,sentiment\n"
    for row in 0..<300 {
      let words = (0..<(3 + row % 11)).map { "word\((row * 7 + $0 * $0) % 97)" }
      text += words.joined(separator: " ")
      text += row % 2 == 0 ? " good,1\n" : " bad,0\n"
    }
    return text
  }

  /// Customers with several rows each: two columns with values of their own, two on a scale.
  @Sendable private static func history() -> String {
    var text = "user,day,kind,place,usage,churned\n"
    for user in 0..<240 {
      for row in 0..<(4 + user % 40) {
        let day = Timestamp(CivilDate(dayNumber: 18_000 + user + 3 * row))
        text += "u\(user),\(DateFormat.iso.string(day)),\(["call", "data"][(user + row) % 2]),"
        text += "p\((user * row) % 9),\((user * 37 + row * 11) % 1000),\(user % 3 == 0 ? 1 : 0)\n"
      }
    }
    return text
  }
}
