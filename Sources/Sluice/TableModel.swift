import Logging
import SluiceCompute
import SluicePlatform
import SluiceSettings
import SluiceTables
import SluiceTasks
import SluiceTraining

/// A model of one of the tasks: trained on a table, or read from its folder; from Swift what the
/// command `sluice` does.
///
/// ```swift
/// let model = try TableModel.train("churn", data: "customers.csv", output: "run")
/// print(model.report?.metrics["auc"] ?? .nan)
/// let answers = try model.predict(data: "others.csv")
/// ```
public struct TableModel {
  /// How a model did on rows, and how its baselines did.
  public struct Report: Sendable {
    /// Rows that were scored.
    public var rows: Int
    /// By name; NaN where one cannot be computed.
    public var metrics: [String: Double]
    /// The same metrics of each baseline, by its name.
    public var baselines: [String: [String: Double]]
    /// What the reader of the numbers must know.
    public var notes: [String]
    /// The same at each cut in time, the oldest first, where the settings ask for several (`folds: 4`):
    /// the report itself is that of the last. Else empty.
    public var cuts: [Report]
  }

  /// What the task is called.
  public let task: String
  /// The folder that holds the model; it is all that is needed, on any machine.
  public let folder: String
  /// On rows that the model had not seen; nil for a model that was read.
  public let report: Report?
  private let answer: (Table?) throws -> Answers
  private let score: (Table) throws -> EvaluationReport

  /// All tasks there are.
  public static var tasks: [String] { Tasks.all.map { $0.name } }

  /// Reads a model.
  ///
  /// - Parameters:
  ///   - folder: The folder `model` of a run.
  ///   - device: As ``Devices/open(_:threads:)`` takes it.
  /// - Throws: A `SluiceError`: what is wrong, where, and what to do.
  public init(folder: String, device: String = "auto") throws {
    try self.init(Tasks.ofModel(folder), folder, Devices.open(device), report: nil)
  }

  private init<Task: LearningTask>(
    _ type: Task.Type, _ folder: String, _ backend: any Backend, report: Report?
  ) throws {
    let model = try TrainedModel<Task>(folder: folder, on: backend)
    task = Task.name
    self.folder = folder
    self.report = report
    answer = { try Task.predict(model, for: $0, Task.PredictionOptions()) }
    score = { try Task.evaluate(model, on: $0, Task.EvaluationOptions()) }
  }

  /// Trains a model on a table.
  ///
  /// - Parameters:
  ///   - task: One of ``tasks``.
  ///   - data: The CSV file; nil for a sample that is generated from the seed.
  ///   - settings: YAML, as `sluice config TASK` prints it; it may name just a few:
  ///     `"model: {hidden: 32}"`.
  ///   - output: The run's folder.
  ///   - device: As ``Devices/open(_:threads:)`` takes it.
  ///   - resumes: Whether to go on with the run in the folder, to the bit, if there is one.
  ///   - logger: Told what was read, what was taken for what, and warnings.
  ///   - onProgress: Told how far the training is; gives whether to go on. Where it gives false, the
  ///     run ends with a checkpoint to be resumed from.
  /// - Returns: Nil where it was told to stop.
  /// - Throws: A `SluiceError`.
  public static func train(
    _ task: String, data: String? = nil, settings: String = "", output: String,
    device: String = "auto", resumes: Bool = false,
    logger: Logger = Logger(label: "sluice"),
    onProgress: @escaping (TrainingProgress) -> Bool = { _ in true }
  ) throws -> TableModel? {
    guard let type = Tasks.all.first(where: { $0.name == task }) else {
      throw ModelError(nil, "there is no task \(task)", remedy: "There are: \(Tasks.names).")
    }
    func run<Task: LearningTask>(_ type: Task.Type) throws -> TableModel? {
      var request = TrainingRequest<Task>()
      request.settingsText = settings.isEmpty ? nil : settings
      request.output = output
      request.resumes = resumes
      if let data { request.flags = [("data.path", data)] }
      let prepared = try request.prepare(logger: logger) { try Devices.open(device) }
      for remark in prepared.remarks { logger.tell(remark) }
      var isStopped = false
      prepared.training.shouldStop = { isStopped }
      prepared.training.onEvent = { event in
        switch event {
        case .progress(let progress): if !onProgress(progress) { isStopped = true }
        case .data(let text): logger.info("\(text)")
        case .remark(let remark): logger.tell(remark)
        case .model(let summary, _): logger.info("\n\(summary)")
        case .report, .backtest: break
        }
      }
      guard let result = try prepared.training.train(in: prepared.run) else { return nil }
      return try TableModel(
        type, result.model, Devices.open(device), report: result.validation.map { Report($0) })
    }
    return try run(type)
  }

  /// The model's answers for the rows of a table, as `sluice predict` writes them.
  ///
  /// - Parameter data: The CSV file; nil where the task needs none: sales forecasts every series.
  /// - Returns: CSV.
  /// - Throws: A `SluiceError`.
  public func predict(data: String? = nil) throws -> String {
    String(decoding: try answer(data.map { try Table.read($0) }).csv ?? [], as: UTF8.self)
  }

  /// How the model does on the rows of a table, beside its baselines.
  ///
  /// - Parameter data: A CSV file with the truth in it.
  /// - Throws: A `SluiceError`.
  public func evaluate(data: String) throws -> Report { Report(try score(Table.read(data))) }
}

extension TableModel.Report {
  fileprivate init(_ report: EvaluationReport) {
    func named(_ metrics: MetricSet) -> [String: Double] {
      Dictionary(
        metrics.values.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
    self.init(
      rows: report.rows, metrics: named(report.metrics),
      baselines: Dictionary(
        report.baselines.map { ($0.name, named($0.metrics)) },
        uniquingKeysWith: { first, _ in first }), notes: report.notes,
      cuts: (report.backtest?.cuts ?? []).map { TableModel.Report($0.report) })
  }
}

extension Logger {
  fileprivate func tell(_ remark: Remark) {
    switch remark {
    case .note(let text): info("\(text)")
    case .warning(let text): warning("\(text)")
    }
  }
}
