import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif
import Testing

@testable import SluiceReport

/// A report with one of everything, its texts chosen freely.
enum SmallReport {
  static func make(_ text: String = "plain") -> RunReport {
    RunReport(
      title: "task: \(text)", facts: [.init(text, text)], scores: [.init(text, 0.5)],
      sections: [
        ReportSection(
          text, prose: [text],
          [
            .chart(
              Chart(
                text, note: text, horizontal: .init(text, names: [text, "b", "c"]),
                vertical: .init(text),
                [
                  .init(text, .band, x: [0, 1, 2], y: [3, 4, 5], low: [1, .nan, 2]),
                  .init("line", x: [0, 1, 2], y: [2, .infinity, 3]),
                  .init("bars", .bars, x: [0, 1, 2], y: [1, 2, -1]),
                  .init("points", .points, x: [0, 2], y: [1, 2]),
                  .init("target", .reference, x: [0, 2], y: [1, 1]),
                ])),
            .bars(
              BarChart(text, label: text, series: [text], [.init(text, [-1]), .init("b", [2])])),
            .matrix(
              CountMatrix(
                text, rowLabel: text, columnLabel: text, names: [text, "b"],
                counts: [[3, 1], [0, 0]])),
            .table(DataTable(text, columns: [text, "x"], isText: true, [[text, text]])),
          ])
      ], settings: [.init(text, text)])
  }
}

/// Reads a page as XML: its elements, texts and attributes.
final class PageReader: NSObject, XMLParserDelegate {
  private(set) var elements: [String: Int] = [:]
  private(set) var texts: [String] = []
  private(set) var attributes: [(element: String, name: String, value: String)] = []
  private var open: [String] = []

  /// - Throws: Where the page is not well-formed.
  init(_ page: String) throws {
    super.init()
    let parser = XMLParser(data: Data(page.utf8))
    parser.delegate = self
    let isSound = parser.parse()
    try #require(isSound, "line \(parser.lineNumber), column \(parser.columnNumber)")
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes own: [String: String]
  ) {
    elements[name, default: 0] += 1
    open.append(name)
    texts.append("")
    for (key, value) in own { attributes.append((name, key, value)) }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if open.last != "style", !texts.isEmpty { texts[texts.count - 1] += string }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    open.removeLast()
    texts.append("")
  }
}
