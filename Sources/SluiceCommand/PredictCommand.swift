import ArgumentParser
import Sluice
import SluicePlatform

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Writes a model's answers beside the rows they are for.",
    discussion: """
      The columns of --data are repeated, and the answers appended.

      sales: a row for each date and series to forecast; appended are prediction, p10, p90, the \
      median and the bounds between which 8 of 10 true values should lie. A series that the model \
      has not seen is forecast from what it learned about new ones; a warning names it.

      churn: a row for each customer, or several over time; appended are churn_probability and \
      churn, and with --explain the three columns that moved the probability the most.

      reviews: a row for each review; appended are rating, rating_class and the probability of each \
      rating. One text alone: --text "…".
      """)

  @Option(help: ArgumentHelp("The `model` folder of a run.", valueName: "dir"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "The rows to answer for, a CSV. (default: for sales all series, the whole horizon)",
      valueName: "file"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "Where the answers go, a CSV; - for standard output.", valueName: "file"))
  var output = "-"

  @Option(help: "Reviews: one text to rate, instead of a file of them.")
  var text: String?

  @Flag(
    help: "Sales: write `id,sales` as the store-item competition takes it; needs a column `id`.")
  var kaggle = false

  @Flag(help: "Churn: append the three columns that moved each probability the most.")
  var explain = false

  @OptionGroup var device: DeviceOptions

  @Flag(help: "No preview and no notes; warnings and errors only.")
  var quiet = false

  func validate() throws {
    if output.isEmpty { throw ValidationError("--output needs the name of a file, or -") }
    if kaggle && data == nil {
      throw ValidationError("--kaggle needs --data with the rows to forecast, such as test.csv")
    }
  }

  func run() throws {
    let task = try TaskName(ofModel: model)
    try task.refuse([
      ("--kaggle", kaggle, .sales), ("--explain", explain, .churn),
      ("--text", text != nil, .reviews),
    ])
    let backend = try Devices.open(device.device, threads: device.threads)
    switch task {
    case .sales: try predictSales(on: backend)
    case .churn: try predictChurn(on: backend)
    case .reviews:
      guard (text == nil) != (data == nil) else {
        throw ValidationError("a model of reviews takes --data FILE, or --text \"…\"")
      }
      try predictReviews(on: backend)
    }
  }

  /// Writes the result: to the file, or to standard output.
  func write(_ bytes: [UInt8]) throws {
    if toStandardOutput {
      Console.write(bytes, to: 1)
    } else {
      try AtomicFile.write(bytes, to: output)
    }
  }

  var toStandardOutput: Bool { output == "-" }
}
