/// What pages of one run and of several have in common.
enum PageParts {
  /// A whole document: it asks for nothing outside itself, and runs no code.
  static func document(title: String, _ body: (inout Markup) -> Void) -> String {
    var page = Markup()
    page.raw("<!DOCTYPE html>\n")
    page.element("html", ["lang": "en"]) { html in
      html.element("head") { head in
        head.empty("meta", ["charset": "utf-8"])
        head.empty(
          "meta",
          [
            "http-equiv": "Content-Security-Policy",
            "content": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
          ])
        head.empty("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
        // Else browsers ask the host for an icon.
        head.empty("link", ["rel": "icon", "href": "data:,"])
        head.element("title", title)
        head.element("style") { $0.raw(StyleSheet.text) }
      }
      html.raw("\n")
      html.element("body") { body(&$0) }
    }
    page.raw("\n")
    return page.text
  }

  static func facts(_ facts: [RunReport.Fact], into markup: inout Markup) {
    guard !facts.isEmpty else { return }
    markup.element("dl") { list in
      for fact in facts {
        list.element("dt", fact.name)
        list.element("dd", fact.value)
      }
    }
  }

  /// A chart or a table with its title, legend, note and numbers.
  ///
  /// - Parameter owner: Which run it is of, where there are several.
  static func figure(_ item: ReportItem, owner: String? = nil, into markup: inout Markup) {
    markup.element("figure", ["class": item.isWide && owner == nil ? "wide" : ""]) { figure in
      figure.element("figcaption", (owner.map { "\($0): " } ?? "") + item.title)
      switch item {
      case .chart(let chart):
        legend(chart, into: &figure)
        chart.draw(into: &figure)
        note(chart.note, into: &figure)
        numbers(chart.table, into: &figure)
      case .bars(let bars):
        legend(bars, into: &figure)
        bars.draw(into: &figure)
        note(bars.note, into: &figure)
        numbers(bars.table, into: &figure)
      case .matrix(let matrix):
        matrix.write(into: &figure)
        note(matrix.note, into: &figure)
      case .table(let table):
        table.write(into: &figure)
        note(table.note, into: &figure)
      }
    }
    markup.raw("\n")
  }

  private static func note(_ text: String, into markup: inout Markup) {
    if !text.isEmpty { markup.element("p", ["class": "note"], text) }
  }

  private static func numbers(_ table: DataTable, into markup: inout Markup) {
    markup.element("details") { details in
      details.element("summary", "Numbers")
      table.write(into: &details)
    }
  }

  private static func legend(_ chart: Chart, into markup: inout Markup) {
    guard chart.series.count > 1 else { return }
    markup.element("ul", ["class": "legend"]) { list in
      for (series, style) in zip(chart.series, chart.styles) {
        list.element("li") { item in
          sample(series.mark, style: style, into: &item)
          item.element("span", series.name)
        }
      }
    }
  }

  private static func legend(_ bars: BarChart, into markup: inout Markup) {
    guard bars.series.count > 1 else { return }
    markup.element("ul", ["class": "legend"]) { list in
      for (index, name) in bars.series.enumerated() {
        list.element("li") { item in
          sample(.bars, style: Chart.style(index), into: &item)
          item.element("span", name)
        }
      }
    }
  }

  private static func sample(_ mark: Chart.Mark, style: String, into markup: inout Markup) {
    markup.element("svg", ["viewBox": "0 0 28 12", "class": style, "aria-hidden": "true"]) { svg in
      svg.element("g", ["class": style]) { svg in
        switch mark {
        case .line, .reference: svg.empty("polyline", ["class": "line", "points": "0,6 28,6"])
        case .points: svg.empty("circle", ["class": "dot", "cx": "14", "cy": "6", "r": "4"])
        case .band, .bars:
          svg.empty(
            "rect",
            [
              "class": mark == .band ? "band" : "bar", "x": "2", "y": "1", "width": "24",
              "height": "10",
            ])
        }
      }
    }
  }
}

extension ReportItem {
  /// Whether it takes the whole width.
  fileprivate var isWide: Bool {
    switch self {
    case .table(let table): table.isText || table.columns.count > 4
    case .matrix(let matrix): matrix.names.count > 3
    case .chart, .bars: false
    }
  }
}

extension DataTable {
  func write(into markup: inout Markup) {
    markup.element("div", ["class": "scroll"]) { box in
      box.element("table", ["class": isText ? "text" : ""]) { table in
        table.element("thead") { head in
          head.element("tr") { row in
            for name in columns { row.element("th", ["scope": "col"], name) }
          }
        }
        table.element("tbody") { body in
          for cells in rows {
            body.element("tr") { row in
              for cell in cells { row.element("td", cell) }
            }
          }
        }
      }
    }
  }
}

extension CountMatrix {
  func write(into markup: inout Markup) {
    markup.element("div", ["class": "scroll"]) { box in
      box.element("table", ["class": "matrix"]) { table in
        table.element("thead") { head in
          head.element("tr") { row in
            row.element("th", ["class": "side"], "\(rowLabel) ↓ \(columnLabel) →")
            for name in names { row.element("th", ["scope": "col"], name) }
          }
        }
        table.element("tbody") { body in
          for (name, counts) in zip(names, counts) {
            let total = counts.reduce(0, +)
            body.element("tr") { row in
              row.element("th", ["class": "side", "scope": "row"], name)
              for count in counts {
                let share = total > 0 ? count / total : 0
                row.element(
                  "td",
                  [
                    "style": "--share:\(Significant.digits((share * 1000).rounded() / 1000) ?? 0)",
                    "title": "\(Significant.text(100 * share)) % of \(name)",
                  ], Significant.text(count))
              }
            }
          }
        }
      }
    }
  }
}
