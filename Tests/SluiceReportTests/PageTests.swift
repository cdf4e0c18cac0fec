import Foundation
import Testing

@testable import SluiceReport

/// Pages: well-formed, whole, and safe with any text.
struct PageTests {
  /// What somebody may have in a column of names.
  private static let hostile = [
    "</script><b>bold</b>", "\"quoted\" & 'single'", "<img src=x onerror=alert(1)>", "]]>",
    "nul \u{0} bell \u{7} escape \u{1B} del \u{7F}", "emoji 👩🏽‍💻🇩🇪", "right \u{202E}left", "名前 ① é",
    "\u{FFFE}\u{FFFF}", "a\tb\nc\r\nd", "", "&lt;b&gt;", "<!-- -->", "<![CDATA[x]]>",
    String(repeating: "long ", count: 200),
  ]

  @Test(arguments: hostile) func textsAreEscaped(_ text: String) throws {
    let page = SmallReport.make(text).page
    let reader = try PageReader(page)
    #expect(reader.elements["b"] == nil && reader.elements["img"] == nil)
    #expect(reader.elements["script"] == nil)
    #expect(!reader.attributes.contains { $0.name.hasPrefix("on") })
    let known = ["svg", "table", "figure", "details", "polyline", "polygon", "circle", "rect"]
    for name in known { #expect((reader.elements[name] ?? 0) > 0, "\(name)") }
    // The text comes back as it was, but for what no document may hold.
    if text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }),
      !["\u{FFFF}", "\u{202E}"].contains(where: { text.contains($0) })
    {
      #expect(reader.texts.contains(text))
    } else {
      #expect(
        !page.unicodeScalars.contains { [0, 7, 0x1B, 0x7F, 0x202E, 0xFFFF].contains($0.value) })
    }
  }

  @Test func aPageAsksForNothingOutsideItself() throws {
    let page = SmallReport.make().page
    for word in ["http:", "https:", "url(", "@import", "<script", "src="] {
      #expect(!page.contains(word), "\(word)")
    }
    let reader = try PageReader(page)
    let links = reader.attributes.filter { $0.name == "href" }.map(\.value)
    #expect(links.allSatisfy { $0.hasPrefix("#") || $0 == "data:," }, "\(links)")
  }

  @Test func everyChartCanBeReadWithoutSeeing() throws {
    let reader = try PageReader(SmallReport.make().page)
    let drawings = reader.attributes.filter { $0.element == "svg" }
    let hidden = drawings.count { $0.name == "aria-hidden" }
    #expect(drawings.count { $0.name == "role" && $0.value == "img" } == 2)
    #expect(drawings.count { $0.name == "aria-label" && !$0.value.isEmpty } == 2)
    #expect((reader.elements["svg"] ?? 0) == 2 + hidden)
    // One for each chart, and the settings.
    #expect(reader.elements["details"] == 3)
  }

  @Test func chartsOfNothingAreDrawn() throws {
    let nothing = ReportSection(
      "nothing",
      [
        .chart(Chart("no series", horizontal: .init("x"), vertical: .init("y"), [])),
        .chart(
          Chart(
            "no numbers", horizontal: .init("x", isLogarithmic: true),
            vertical: .init("y", isLogarithmic: true), [.init("a", x: [], y: [])])),
        .chart(
          Chart(
            "one number", horizontal: .init("x"), vertical: .init("y"), [.init("a", x: [1], y: [1])]
          )),
        .chart(
          Chart(
            "not finite", horizontal: .init("x"), vertical: .init("y"),
            [.init("a", x: [1, 2], y: [.nan, .infinity])])),
        .bars(BarChart("no bars", label: "x", series: ["a"], [])),
        .bars(BarChart("no value", label: "x", series: ["a"], [.init("a", [.nan])])),
        .matrix(CountMatrix("no kinds", rowLabel: "a", columnLabel: "b", names: [], counts: [])),
        .table(DataTable("no rows", columns: [], [])),
      ])
    let page = RunReport(title: "", facts: [], scores: [], sections: [nothing], settings: []).page
    _ = try PageReader(page)
    #expect(!page.contains("nan") && !page.contains("inf\""))
  }

  @Test func theReportIsDrawnAgainToTheByte() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-report-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let report = SmallReport.make("\u{0}<'\u{202E}\"é")
    try RunReportFile.write(report, to: folder.path)
    let first = try Data(contentsOf: folder.appendingPathComponent("report.html"))
    let again = try RunReportFile.read(from: folder.path)
    #expect(again == report)
    #expect(Data(again.page.utf8) == first)
  }

  @Test func whatIsNoReportIsRefusedWithWhatToDo() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-report-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    func error() -> RunReportError? {
      do {
        _ = try RunReportFile.read(from: folder.path)
        return nil
      } catch { return error as? RunReportError }
    }
    #expect(error()?.what.contains("no run in this folder") == true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data("task: sales\n".utf8).write(to: folder.appendingPathComponent("config.yaml"))
    #expect(error()?.what.contains("no report.json") == true)
    #expect(error()?.remedy.contains("`resume`") == true)
    let file = folder.appendingPathComponent("report.json")
    try Data("{\"format\":99}".utf8).write(to: file)
    #expect(error()?.what.contains("format 99") == true)
    try Data("{\"format\":1,".utf8).write(to: file)
    #expect(error()?.what.contains("damaged") == true)
  }
}

/// Several runs on one page.
struct ComparisonTests {
  @Test func settingsThatDifferStandSideBySide() throws {
    var first = SmallReport.make("one")
    var second = SmallReport.make("two")
    first.settings = [.init("seed", "1"), .init("epochs", "3")]
    second.settings = [.init("seed", "2"), .init("epochs", "3"), .init("hidden", "<8>")]
    second.sections[0].title = "one"
    let page = ComparisonPage([("a", first), ("b<i>", second)]).text
    let reader = try PageReader(page)
    #expect(reader.elements["i"] == nil)
    #expect(reader.texts.contains("seed") && reader.texts.contains("<8>"))
    #expect(!reader.texts.contains("epochs"))
    #expect(reader.texts.contains("a: one") && reader.texts.contains("b<i>: two"))
  }

  @Test func chartsOfOneTitleHaveOneExtent() throws {
    func run(_ most: Double) -> RunReport {
      let chart = Chart(
        "loss", horizontal: .init("step"), vertical: .init("loss"),
        [.init("a", x: [0, 10 * most], y: [0, most])])
      return RunReport(
        title: "", facts: [], scores: [], sections: [.init("curves", [.chart(chart)])], settings: []
      )
    }
    let page = ComparisonPage([("a", run(1)), ("b", run(100))]).text
    _ = try PageReader(page)
    let alone = try PageReader(run(100).page)
    let marks = alone.texts.filter { ["200", "400", "800"].contains($0) }.count
    #expect(marks > 0)
    #expect(page.components(separatedBy: ">800<").count >= 3)
  }
}
