import ArgumentParser
import Sluice
import SluicePlatform
import SluiceReport

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", _superCommandName: "sluice",
    abstract: "Draws the page of a run again from its folder, or several runs side by side.",
    discussion: """
      A page is one file of HTML that needs no network. What it shows lies in the run's report.json, \
      which `train` writes at its end: no data are read.

      Several runs stand side by side, with the settings that differ:

        sluice report first second --output compare.html
      """)

  @Argument(help: ArgumentHelp("The folders of runs.", valueName: "run"), completion: .directory)
  var runs: [String]

  @Option(
    help: ArgumentHelp(
      "The file to write. (default: report.html in the run's folder)", valueName: "file"),
    completion: .file())
  var output: String?

  func validate() throws {
    if output?.isEmpty == true { throw ValidationError("--output needs the name of a file") }
    if runs.count > 1, output == nil {
      throw ValidationError("several runs make a page of their own: name it with --output")
    }
  }

  func run() throws {
    let reports = try runs.map { try RunReportFile.read(from: $0) }
    let path = output ?? "\(runs[0])/\(RunReportFile.pageName)"
    let page =
      reports.count == 1
      ? reports[0].page
      : ComparisonPage(zip(RunNames.short(runs), reports).map { (name: $0, report: $1) }).text
    try withFlags([]) {
      if output != nil {
        let pages = runs.map { "\($0)/\(RunReportFile.pageName)" }
        try InputFiles([], folders: runs, without: pages).refuse(path)
      }
      try AtomicFile.write(page, to: path)
    }
    Console.result(path)
  }
}
