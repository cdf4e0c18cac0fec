import Logging
import SluiceCompute
import SluiceTables
import SluiceTasks

/// A task whose own training steps are measured: its standard model, on the sample that `sluice
/// train` generates, batches assembled as in training.
public enum BenchmarkTask: String, CaseIterable, Sendable {
  case sales, churn, reviews

  /// Its training on one device, rows and all.
  func training(on backend: any Backend) throws -> any SteppableTraining {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    func table(_ text: String) throws -> Table {
      try Table(bytes: Array(text.utf8), file: "generated sample")
    }
    switch self {
    case .sales:
      let configuration = SalesConfiguration.standard
      let data = configuration.data
      let table = try table(SampleSales(seed: configuration.training.seed).csv())
      let columns = try SalesColumns.find(
        in: table, date: data.date, series: data.series, target: data.target,
        covariates: data.covariates)
      let set = try SeriesSet(table, columns: columns, gaps: data.gaps)
      return try SalesTraining(
        configuration, set: set, fingerprint: "", on: backend, logger: logger)
    case .churn:
      let configuration = ChurnConfiguration.standard
      let table = try table(SampleChurn(seed: configuration.training.seed).csv())
      let columns = try ChurnColumns.find(in: table, ChurnColumnRequest())
      return try ChurnTraining(
        configuration, table: table, columns: columns, fingerprint: "", on: backend, logger: logger)
    case .reviews:
      let seed = ReviewsConfiguration.standard.training.seed
      let table = try table(SampleReviews(seed: seed).csv())
      let columns = try ReviewColumns.find(in: table, ReviewsConfiguration.standard.data.request)
      let set = try ReviewSet(table, columns: columns)
      return try ReviewsTraining(
        ReviewRecipe(for: set).configuration(), set: set, fingerprint: "", on: backend,
        logger: logger)
    }
  }
}
