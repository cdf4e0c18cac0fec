import Testing

/// Tables as newcomers have them, without a flag: read, said what they were taken for, and answered in
/// their own notation.
struct RecognitionTests {
  /// A table of two columns.
  private static func csv(_ header: String, _ times: [String], _ value: (Int) -> String) -> String {
    let rows = times.enumerated().map { "\($0.element)\(separator(header))\(value($0.offset))" }
    return ([header] + rows).joined(separator: "\n") + "\n"
  }

  private static func separator(_ header: String) -> String { header.contains(";") ? ";" : "," }

  struct Kind: CustomTestStringConvertible {
    var name: String
    var text: String
    /// What is said of it.
    var said: [String]
    /// The first two times to forecast.
    var ahead: [String]

    var testDescription: String { name }

    static let all: [Kind] = [
      Kind(
        name: "numbered steps",
        text: csv("n,much", (0..<1600).map { "\($0)" }) { "\(50 + $0 % 7)" },
        said: ["date n, series (one), target much", "steps of one unit, 0 to 1599"],
        ahead: ["1600", "1601"]),
      Kind(
        name: "quarters and money",
        text: csv(
          "Quartal;Umsatz", (0..<60).map { "Q\($0 % 4 + 1) \(2000 + $0 / 4)" }
        ) { "\($0 % 5 + 1).\(100 + $0),50 €" },
        said: [
          "date Quartal, series (one), target Umsatz", "steps of one 3 months, Q1 2000 to Q4 2014",
        ],
        ahead: ["Q1 2015", "Q2 2015"]),
      Kind(
        name: "Unix time",
        text: csv("ts,load", (0..<60).map { "\(1_704_067_200 + 3600 * $0)" }) {
          "\(100 + $0 % 24)"
        },
        said: ["date ts, series (one), target load", "steps of one hour"],
        ahead: ["1704283200", "1704286800"]),
      Kind(
        name: "months by name and numbers in doubt",
        text: csv(
          "month;sold",
          (0..<60).map {
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
              $0 % 12]
              + "-\(10 + $0 / 12)"
          }
        ) { $0 % 3 == 0 ? "1.\(500 + $0)" : "\(500 + $0)" },
        said: ["Jan-10 to Dec-14", "\"1.500\" in column \"sold\" is read as 1500, not as 1.5"],
        ahead: ["Jan-15", "Feb-15"]),
    ]
  }

  @Test(arguments: Kind.all)
  func tablesOfNewcomersAreReadAndGoOn(_ kind: Kind) throws {
    let folder = try SmallSales.folder()
    try folder.write(kind.text, to: "sales.csv")
    let run = try Sluice.run(
      "train", "sales", "--data", "sales.csv", "--config", "small.yaml", "--output", "run",
      "--horizon", "4", "--epochs", "1", in: folder)
    #expect(run.status == 0, "\(run.errors)")
    for words in kind.said { #expect(run.errors.contains(words), "\(words) in: \(run.errors)") }
    let predicted = try Sluice.run(
      "predict", "--model", "run/model", "--output", "forecast.csv", in: folder)
    #expect(predicted.status == 0, "\(predicted.errors)")
    let lines = try folder.lines("forecast.csv")
    for (line, time) in zip(lines.dropFirst(), kind.ahead) {
      #expect(line.hasPrefix("\(time),"), "\(line)")
    }
    // Asked for by themselves, and scored.
    let header = kind.text.prefix { $0 != "," && $0 != ";" }
    try folder.write(
      "\(header)\n" + kind.ahead.joined(separator: "\n") + "\n", to: "asked.csv")
    let asked = try Sluice.run(
      "predict", "--model", "run/model", "--data", "asked.csv", "--output", "answers.csv",
      in: folder)
    #expect(asked.status == 0, "\(asked.errors)")
    #expect(try folder.lines("answers.csv").count == 3)
    let scored = try Sluice.run(
      "evaluate", "--model", "run/model", "--data", "sales.csv", in: folder)
    #expect(scored.status == 0, "\(scored.errors)")
  }
}
