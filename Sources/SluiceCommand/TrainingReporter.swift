import Foundation
import Logging
import Sluice

/// Shows a training as it goes: what was read, the network, progress, the report, what to do next.
final class TrainingReporter {
  private let logger: Logger
  private let output: OutputOptions
  private let flags: [SettingFlag]
  private let bar = ProgressBar()
  private var report: EvaluationReport?

  /// - Parameter flags: What messages call settings by.
  init(logger: Logger, output: OutputOptions, flags: [SettingFlag]) {
    self.flags = flags
    self.logger = logger
    self.output = output
  }

  func show(_ remark: Remark) {
    switch remark {
    case .note(let text): logger.info("\(translated(text, flags))")
    case .warning(let text): logger.warning("\(translated(text, flags))")
    }
  }

  func show(_ event: TrainingEvent) {
    switch event {
    case .data(let text):
      logger.info("\(text)")
    case .remark(let remark):
      show(remark)
    case .model(let summary, let strategies):
      logger.info("\n\(summary)\n")
      for strategy in strategies { logger.info("\(strategy)") }
    case .progress(let progress):
      if !output.quiet { bar.show(progress) }
    case .report(let report):
      bar.finish()
      self.report = report
      show(ReportTable.lines(report, modelName: "this model"))
    case .backtest(let backtest):
      bar.finish()
      show(BacktestTable.lines(backtest))
    }
  }

  /// Shows tables: they are the result, unless an object is.
  private func show(_ lines: [String]) {
    if output.json {
      logger.info("\n\(lines.joined(separator: "\n"))\n")
    } else {
      Console.result([""] + lines.map(Console.folded) + [""])
    }
  }

  /// Ends a line of progress that is being redrawn.
  func finish() {
    bar.finish()
  }

  /// - Parameter advice: What to do with the model.
  func show(_ result: RunResult, advice: String) throws {
    if output.json { return try Console.json(result) }
    if output.quiet { return }
    let report = result.report.map { "The report is in \($0).\n" } ?? ""
    Console.note(
      """
      Trained \(Format.count(result.steps)) steps in \(Format.duration(result.seconds)), \
      \(Format.count(Int(result.sequencesPerSecond))) sequences/s on \(result.device).
      \(report)The model is in \(result.model). \(advice)
      """)
  }
}
