import ArgumentParser
import Logging
import Sluice

struct TrainChurnCommand: TrainSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "churn",
    abstract: "Learns which customers leave, from a table of customers.",
    discussion: """
      The CSV has a row for each customer: a column that says who is gone, and whatever else is \
      known. What each column holds is found from its cells; identifiers are left out. With --time, \
      a customer has several rows, and the network reads them as a history.

      The report is on every customer by those members of the ensemble that did not learn from it; \
      --validation holds customers out altogether.
      """)

  @OptionGroup(title: "Columns") var columns: ChurnColumnOptions
  @OptionGroup(title: "Decision") var decision: ChurnDecisionOptions
  @OptionGroup(title: "Training") var training: TrainOptions
  @OptionGroup(title: "Device") var device: DeviceOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    try training.check(hasRecipe: decision.recipe != nil)
  }

  func run() throws { try runTraining() }

  var recipe: ChurnConfiguration? { decision.recipe?.configuration }

  func apply(to configuration: inout ChurnConfiguration) {
    if let target = columns.target { configuration.data.target = target }
    if let positive = columns.positive { configuration.data.positive = positive }
    if let id = columns.id { configuration.data.id = names(id) }
    if let time = columns.time { configuration.data.time = time }
    if let ignore = columns.ignore { configuration.data.ignore = names(ignore) }
    if let threshold = decision.threshold { configuration.decision.threshold = threshold.value }
    if let weight = decision.positiveWeight { configuration.decision.positiveWeight = weight }
    if let validation = decision.validation { configuration.validation = validation }
  }

  func sample(_ configuration: ChurnConfiguration) -> String {
    SampleChurn(seed: configuration.training.seed).csv()
  }

  func makeTask(
    _ configuration: ChurnConfiguration, _ source: TableSource, on backend: any Backend,
    logger: Logger
  ) throws -> (task: ChurnTraining, origin: String) {
    let data = configuration.data
    let columns = try ChurnColumns.find(
      in: source.table,
      ChurnColumnRequest(
        target: data.target, positive: data.positive, identifiers: data.id, time: data.time,
        ignored: data.ignore))
    let task = try ChurnTraining(
      configuration, table: source.table, columns: columns, fingerprint: source.fingerprint,
      on: backend, logger: logger)
    return (
      task,
      source.origin(
        roles: columns.summary, subject: "customers", unused: columns.ignored.map(\.name))
    )
  }

  func advice(model: String) -> String {
    """
    To say who is likely to leave, and why:

      sluice predict --model \(model) --data customers.csv --output predicted.csv --explain
    """
  }
}

/// What the columns of a table of customers mean.
struct ChurnColumnOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The column that says who is gone. (default: recognised by names such as Churn)",
      valueName: "column"))
  var target: String?

  @Option(
    help: ArgumentHelp(
      "The value of it that stands for gone. (default: recognised, such as Yes or 1)",
      valueName: "value"))
  var positive: String?

  @Option(
    help: ArgumentHelp(
      "Columns that tell customers apart and say nothing about them. (default: found)",
      valueName: "columns"))
  var id: String?

  @Option(
    help: ArgumentHelp(
      "The column of time, where each customer of --id has several rows: its history.",
      valueName: "column"))
  var time: String?

  @Option(help: ArgumentHelp("Columns to leave out. (default: none)", valueName: "columns"))
  var ignore: String?
}

/// What is done with probabilities, and how they are checked.
struct ChurnDecisionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The probability from which on a customer counts as gone: auto for the best F1 on rows that "
        + "members did not learn from, or a number. (default: auto)", valueName: "threshold"))
  var threshold: ThresholdArgument?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many customers who stayed one who is gone counts for in training. (default: 1)",
      valueName: "weight"))
  var positiveWeight: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The share of customers to hold out and report on, before the final model is trained on all. "
        + "(default: 0)", valueName: "share"))
  var validation: Double?

  @Option(
    help: ArgumentHelp(
      "Settings to begin with: stack is a plain one, LSTM(50), LSTM(50), one sigmoid unit. (default: "
        + "default)", valueName: "name"))
  var recipe: ChurnRecipe?

  func validate() throws {
    try require(positiveWeight, in: 1e-3...1e3, "--positive-weight")
    try require(validation, in: 0...0.9, "--validation")
  }
}

extension ChurnRecipe: ExpressibleByArgument {}

/// `auto`, or a probability.
struct ThresholdArgument: ExpressibleByArgument {
  /// Nil: auto.
  var value: Double?

  init?(argument: String) {
    if argument == "auto" { return }
    guard let number = Double(argument), (0...1).contains(number) else { return nil }
    value = number
  }
}
