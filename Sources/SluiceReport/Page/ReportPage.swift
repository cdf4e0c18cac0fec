extension RunReport {
  /// The page of the run: one file that needs nothing else. The same report gives the same bytes.
  package var page: String {
    PageParts.document(title: title) { body in
      body.element("h1", title)
      PageParts.facts(facts, into: &body)
      body.element("nav") { nav in
        for (index, section) in sections.enumerated() {
          nav.element("a", ["href": "#s\(index)"], section.title)
        }
      }
      for (index, section) in sections.enumerated() {
        body.element("section", ["id": "s\(index)"]) { section.write(into: &$0) }
        body.raw("\n")
      }
      body.element("section") { part in
        part.element("h2", "Settings")
        part.element("details") { details in
          details.element("summary", "All settings of the run")
          DataTable(
            "Settings", columns: ["setting", "value"], isText: true,
            settings.map { [$0.name, $0.value] }
          ).write(into: &details)
        }
      }
    }
  }
}

extension ReportSection {
  fileprivate func write(into markup: inout Markup) {
    markup.element("h2", title)
    for paragraph in prose { markup.element("p", paragraph) }
    guard !items.isEmpty else { return }
    markup.element("div", ["class": "grid"]) { grid in
      for item in items { PageParts.figure(item, into: &grid) }
    }
  }
}
