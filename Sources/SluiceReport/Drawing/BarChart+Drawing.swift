extension BarChart {
  private static let thickness = 9.0

  /// Draws the bars as SVG, the names left of them.
  func draw(into markup: inout Markup) {
    let values = rows.flatMap { $0.values.compactMap { $0 } }
    let lower = min(0, values.min() ?? 0)
    let upper = max(0, values.max() ?? 0, lower == 0 ? 1e-12 : 0)
    let ticks = Ticks.round(from: lower, to: upper, count: 4)
    let longest = rows.map { min(26, $0.name.count) }.max() ?? 1
    let left = min(190, Double(longest) * 1.1 * ChartFrame.letter + 10)
    let right = ChartFrame.width - 14
    let rowHeight = Double(max(1, series.count)) * Self.thickness + 8
    let bottom = 8 + Double(rows.count) * rowHeight
    let x = { (value: Double) in left + (right - left) * (value - lower) / (upper - lower) }
    let description = "\(title): \(label) of \(rows.count) names"
    markup.element(
      "svg",
      [
        "viewBox": "0 0 \(place(ChartFrame.width)) \(place(bottom + 40))", "role": "img",
        "aria-label": description,
      ]
    ) { svg in
      svg.element("title", description)
      svg.element("g", ["class": "axis"]) { svg in
        for (value, tick) in zip(ticks.values, ticks.labels) {
          svg.empty(
            "line",
            [
              "class": value == 0 ? "base" : "", "x1": place(x(value)), "x2": place(x(value)),
              "y1": "4", "y2": place(bottom),
            ])
          let isLast = x(value) + Double(tick.count) * ChartFrame.letter / 2 > ChartFrame.width
          svg.element(
            "text",
            [
              "x": place(isLast ? ChartFrame.width - 2 : x(value)), "y": place(bottom + 15),
              "text-anchor": isLast ? "end" : "middle",
            ], tick)
        }
        svg.element(
          "text",
          [
            "class": "label", "x": place((left + right) / 2), "y": place(bottom + 34),
            "text-anchor": "middle",
          ], label.shortened(to: 60))
      }
      for (index, row) in rows.enumerated() {
        let top = 8 + Double(index) * rowHeight
        svg.element("g", ["class": "row"]) { svg in
          svg.element("title", words(row))
          svg.element(
            "text",
            [
              "class": "name", "x": place(left - 6), "y": place(top + rowHeight / 2 - 4),
              "dy": "0.32em", "text-anchor": "end",
            ], row.name.shortened(to: 26))
          for (number, value) in row.values.enumerated() {
            guard let value else { continue }
            let (from, to) = (x(min(0, value)), x(max(0, value)))
            svg.empty(
              "rect",
              [
                "class": "bar \(Chart.style(number))", "x": place(from),
                "y": place(top + Double(number) * Self.thickness),
                "width": place(max(0.7, to - from)), "height": place(Self.thickness - 1),
              ])
          }
        }
      }
    }
  }

  private func words(_ row: Row) -> String {
    "\(row.name) · "
      + zip(series, row.values).map { "\($0): \(Significant.text($1))" }.joined(separator: " · ")
  }

  /// The numbers behind the drawing.
  var table: DataTable {
    DataTable(
      title, columns: [""] + series, rows.map { [$0.name] + $0.values.map(Significant.text) })
  }
}
