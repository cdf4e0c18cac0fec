import Foundation
import Logging
import SluiceCPU
import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceSettings
import SluiceTasks
import Testing

/// `model.cell`: which cell the recurrent layers are of, and how far the word reaches.
@Suite struct CellSettingTests {
  /// What a request on the generated sample comes to.
  private func settled<Task: LearningTask>(
    _ task: Task.Type, recipe: String? = nil, cell: String? = nil, text: String? = nil
  ) throws -> TaskRun<Task> {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-cell-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var request = TrainingRequest<Task>()
    request.recipe = recipe
    request.output = folder
    request.settingsText = text
    request.flags = cell.map { [("model.cell", $0)] } ?? []
    return try request.prepare(logger: Logger(label: "test")) { try CPUBackend(threads: 1) }
      .training
  }

  private func cells<Task: LearningTask>(of run: TaskRun<Task>) throws -> Set<RecurrentCell> {
    Set(try run.makeFirstPhase().plans.map(\.descriptor.cell))
  }

  /// - Parameter recipes: Those whose networks suit the generated sample.
  private func reaches<Task: LearningTask>(_ task: Task.Type, recipes: [String]) throws {
    for recipe in recipes {
      let run = try settled(task, recipe: recipe, cell: "gru")
      #expect(run.task.settings.cell == .gru, "\(Task.name) \(recipe)")
      #expect(try cells(of: run) == [.gru], "\(Task.name) \(recipe)")
    }
    for recipe in Task.recipes {
      #expect(recipe.settings.cell == .lstm, "\(Task.name) \(recipe.name)")
      for cell in RecurrentCell.allCases {
        var settings = recipe.settings
        settings.use(cell)
        #expect(settings.cell == cell)
        #expect(settings.plainStack.cells.isSubset(of: [cell]))
        // What is written down reads back, and an older file, which says nothing, means an LSTM.
        let text = try SettingsText.yaml(of: settings)
        let reader = SettingsReader<Task.Settings>(text, name: "c.yaml")
        #expect(try reader.settings(over: Task.standard, isComplete: true) == settings)
        let old = text.split(separator: "\n").filter { !$0.contains(" cell: ") }
        let older = SettingsReader<Task.Settings>(old.joined(separator: "\n"), name: "c.yaml")
        let found = try older.settings(over: Task.standard, isComplete: true)
        #expect(found.cell == .lstm && found.plainStack == settings.plainStack)
      }
    }
  }

  @Test func itReachesSales() throws {
    try reaches(SalesTask.self, recipes: ["default", "residual", "stack"])
  }

  @Test func itReachesChurn() throws {
    try reaches(ChurnTask.self, recipes: ["default", "stack"])
  }

  @Test func itReachesReviews() throws {
    try reaches(ReviewsTask.self, recipes: ["auto", "words", "regression"])
  }

  @Test func itReachesRatings() throws { try reaches(RatingsTask.self, recipes: ["default"]) }

  /// Names of tensors follow the cell, those of an LSTM are what they were.
  @Test func tensorsAreNamedByTheCell() throws {
    for cell in RecurrentCell.allCases {
      let run = try settled(ChurnTask.self, text: "model: {cell: \(cell.rawValue), hidden: 8}")
      let layout = try run.makeFirstPhase().problem.parameters.layout
      let found = try #require(layout.parameters.first { $0.name.hasSuffix(".weight_hh_l0") })
      #expect(found.name == "\(cell.rawValue).weight_hh_l0")
      #expect(found.shape == [8 * cell.gateCount, 8])
    }
  }

  /// The layers that a file names stay what it says; a cell that does not reach them is refused.
  @Test func layersOfOnesOwnNameTheirCells() throws {
    let stack = "model: {stack: [{gru: {units: 4, sequences: true}}, {lstm: 4}, {dense: 1}]}"
    let run = try settled(ChurnTask.self, text: stack)
    #expect(run.task.settings.cell == .lstm)
    #expect(run.task.settings.model.stack.cells == [.gru, .lstm])
    for cell in ["lstm", "gru", "rnn"] {
      let error = #expect(throws: SettingError.self) {
        try settled(ChurnTask.self, cell: cell, text: stack)
      }
      #expect(error?.source == .flag("--cell"), "\(String(describing: error))")
      #expect(error?.what == "--cell is \(cell), but the layers of `model.stack` name other cells")
    }
    let file = #expect(throws: SettingError.self) {
      try settled(ChurnTask.self, text: "model: {cell: gru, stack: [{lstm: 4}, {dense: 1}]}")
    }
    #expect(file?.place == "settings:1:15" && file?.setting == "model.cell")
    let pooled = #expect(throws: SettingError.self) {
      try settled(ChurnTask.self, cell: "gru", text: "model: {stack: [{pool: mean}, {dense: 1}]}")
    }
    #expect(pooled?.what.contains("has no recurrent layer") == true)
    let same = try settled(
      ChurnTask.self, cell: "gru", text: "model: {stack: [{gru: 4}, {dense: 1}]}")
    #expect(same.task.settings.model.stack.cells == [.gru])
  }

  @Test func aCellThatThereIsNotIsRefused() throws {
    let error = #expect(throws: SettingError.self) { try settled(SalesTask.self, cell: "gur") }
    #expect(error?.what == "--cell is gur, it takes one of: lstm, gru, rnn, rnn_relu")
    #expect(error?.remedy == "Did you mean gru?")
    #expect(error?.setting == "model.cell")
  }
}
