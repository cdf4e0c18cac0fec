import SluiceCompute
import SluiceExport
import SluiceNN
import SluiceReport
import SluiceSettings
import SluiceTables
import SluiceTraining

/// A task: something to learn from a table. The value holds the rows, read and ready.
///
/// It brings what it alone can know: which rows a table holds, what is fitted to those it learns from,
/// the networks with their batches and losses, the answers, the evaluation. All else is the same for
/// every task and stands once: ``TaskRun`` trains, ``TrainedModel`` is the folder of a model. The data's
/// way is
///
///     table → rows → fit → data set → batch → network → loss → step → checkpoint → model → answers
///
/// A new task is a folder and a line in ``Tasks``.
package protocol LearningTask {
  /// What `config.yaml` holds.
  associatedtype Settings: TaskSettings
  /// What lies between a table and the networks: what `preprocessing.json` holds.
  associatedtype Fitted: FittedState<Settings>
  associatedtype Network: TaskNetwork
  associatedtype Learning: TaskLearning where Learning.Task == Self
  /// What `evaluate` may be asked besides.
  associatedtype EvaluationOptions: SettingsBlock = NoOptions
  /// What `predict` may be asked besides.
  associatedtype PredictionOptions: SettingsBlock = NoOptions

  /// What it is called: `sales`.
  static var name: String { get }
  static var words: TaskWords { get }
  /// Ready settings; the first ones are the standard.
  static var recipes: [TaskRecipe<Settings>] { get }

  /// A table made up from a seed, as CSV, for those who have none at hand.
  static func sample(seed: UInt64) -> String

  /// Reads the rows of a table.
  ///
  /// - Parameters:
  ///   - settings: As asked for; what they leave open is settled from the rows.
  ///   - asked: What file and flags make of other settings than the standard, where the rows ask for
  ///     others.
  /// - Throws: ``TableError``, ``SettingError``.
  init(_ table: Table, _ settings: Settings, asked: (Settings) throws -> Settings) throws

  /// With everything settled.
  var settings: Settings { get }
  /// What the columns were taken for: `date date, series store × item, target sales`.
  var roles: String { get }
  /// Columns without a role.
  var unusedColumns: [String] { get }
  /// In a line: how much there is to learn from.
  var summary: String { get }
  /// What the user should know of the rows.
  var remarks: [Remark] { get }

  /// What can be learned from, by number: rows, customers, steps.
  var rows: [Int] { get }
  /// At how many cuts in time the settings ask for a report, that of ``heldOut()`` among them.
  var cutCount: Int { get }
  /// The task as it stood at an earlier cut: without the rows behind those that are scored there.
  ///
  /// - Parameter number: 1, the earliest, to ``cutCount``, which is the task itself.
  func atCut(_ number: Int) throws -> Self
  /// What lacks where only some of ``rows`` are learned from: `12 rows have a rating, 20 are needed`;
  /// nil: nothing.
  func shortage(of rows: [Int]) -> String?
  /// Some of ``rows`` to report on, if the settings ask for it.
  func heldOut() throws -> HeldOut?
  /// A training of all networks on some of ``rows``.
  func learning(from rows: [Int], on backend: any Backend) throws -> Learning
  /// How a model that has not seen them does on held-out rows.
  func evaluation(of model: TrainedModel<Self>, on heldOut: HeldOut) throws -> HeldOutEvaluation

  /// A network of a model, with fresh weights to come.
  ///
  /// - Parameter member: Its place in the ensemble.
  static func network(
    member: Int, _ settings: Settings, _ fitted: Fitted, on backend: any Backend
  ) throws -> Network

  /// How a model does on the rows of a table.
  static func evaluate(
    _ model: TrainedModel<Self>, on table: Table, _ options: EvaluationOptions
  ) throws -> EvaluationReport

  /// What a model says of the rows of a table.
  ///
  /// - Parameter table: Nil where none was given.
  static func predict(
    _ model: TrainedModel<Self>, for table: Table?, _ options: PredictionOptions
  ) throws -> Answers

  /// What a model computes, for other programs: from the inputs that its preprocessing makes of rows to
  /// the answers. Where a task does not say, its models cannot be exported.
  static func graph(of model: TrainedModel<Self>) throws -> ExportGraph

  /// The inputs of that graph for the rows of a table, under their names, and the answers, those of the
  /// model itself, under `answers.` + theirs.
  ///
  /// - Parameter table: Nil where none was given.
  static func example(of model: TrainedModel<Self>, for table: Table?) throws -> Safetensors
}

extension LearningTask {
  package typealias Model = TrainedModel<Self>

  package func shortage(of rows: [Int]) -> String? { nil }
  package var cutCount: Int { 1 }
  package func atCut(_ number: Int) throws -> Self { self }

  /// What is held out to report on, which leaves enough on both sides.
  ///
  /// - Throws: ``SettingError`` of `validation` where it does not.
  func soundHeldOut() throws -> HeldOut? {
    guard let heldOut = try heldOut() else { return nil }
    if heldOut.rows.isEmpty {
      throw SettingError(
        "validation", "is so small that nothing of \(rows.count) is held out",
        remedy: "Hold out more, or set it to 0.")
    }
    if let shortage = shortage(of: heldOut.kept) {
      throw SettingError(
        "validation", "leaves too little to learn from: \(shortage)",
        remedy: "Hold out less, or give more rows.")
    }
    return heldOut
  }
}

/// Rows that are not learned from, to report on.
package struct HeldOut {
  /// Those to learn from meanwhile.
  package var kept: [Int]
  package var rows: [Int]
  /// Which these are, for the reader of the report.
  package var note: String
  /// The dates of the first and the last, where rows have dates.
  package var span: (first: String, last: String)?
}

/// The training of a model's networks on some rows: who learns from which of them, and what they make
/// of those that they do not learn from.
package protocol TaskLearning: AnyObject {
  associatedtype Task: LearningTask

  /// A network to train, with fresh weights.
  func begin(member: Int) throws -> BegunNetwork<Task.Network>

  /// Takes in a trained network.
  func finish(member: Int, _ network: TrainedNetwork<Task.Network>) throws

  /// A network besides, trained when all others are: it is not kept, but tells how far they can be
  /// believed. Nil: none.
  func beginCalibration() throws -> BegunNetwork<Task.Network>?

  /// Takes in that network, trained.
  func finishCalibration(_ network: TrainedNetwork<Task.Network>) throws

  /// Ends the training: fits what depends on all networks.
  ///
  /// - Returns: With the report on rows that single networks did not learn from; nil where there are
  ///   none such.
  func conclude(_ networks: [TrainedNetwork<Task.Network>]) throws -> (
    fitted: Task.Fitted, report: EvaluationReport?
  )

  /// What the run's page shows besides of the rows that ``conclude(_:)`` has reported on.
  func sections(of model: TrainedModel<Task>) throws -> [ReportSection]
}

extension TaskLearning {
  package func beginCalibration() throws -> BegunNetwork<Task.Network>? { nil }
  package func finishCalibration(_ network: TrainedNetwork<Task.Network>) throws {}

  package func sections(of model: TrainedModel<Task>) throws -> [ReportSection] { [] }
}

/// A model's answers on held-out rows beside the truth.
package struct HeldOutEvaluation {
  package let report: EvaluationReport
  /// What the run's page shows of the same answers besides, made when it is asked for.
  let sections: () throws -> [ReportSection]

  init(
    _ report: EvaluationReport, sections: @escaping () throws -> [ReportSection] = { [] }
  ) {
    self.report = report
    self.sections = sections
  }
}

/// A network that a task trains.
package protocol TaskNetwork {
  var layout: ParameterLayout { get }
  /// Those that have parameters, for the summary.
  var layers: [any Layer] { get }

  /// How the device runs the recurrent layers for batches of the longest sequences.
  func plans(on backend: any Backend, batch: Int) throws -> [Recurrent.LayerPlan]
}

/// A network with its weights.
package struct TrainedNetwork<Network: TaskNetwork> {
  package let network: Network
  package let parameters: ParameterArena
  /// The optimizer steps after which the weights were reached; 0 where nobody knows.
  package let bestStep: Int

  package init(_ network: Network, _ parameters: ParameterArena, bestStep: Int = 0) {
    self.network = network
    self.parameters = parameters
    self.bestStep = bestStep
  }
}

/// A network about to be trained.
package struct BegunNetwork<Network: TaskNetwork> {
  package let network: Network
  package let problem: any TrainingProblem
  /// With the steps of an epoch settled, and a seed of its own.
  package let configuration: TrainerConfiguration
}

/// What is fitted to rows and kept with a model.
package protocol FittedState<Settings>: Codable {
  associatedtype Settings: TaskSettings

  /// Refuses parts that do not fit each other or the settings: a damaged file is an error when it is
  /// read, not a crash or a wrong answer later.
  func check(_ settings: Settings) throws(Damage)
}

/// Why what is kept with a model cannot be right.
package struct Damage: Error {
  package let part: String

  /// - Parameter part: What cannot be right where the condition does not hold.
  package static func unless(_ holds: Bool, _ part: String) throws(Damage) {
    if !holds { throw Damage(part: part) }
  }
}
