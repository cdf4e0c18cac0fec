extension Chart {
  /// Draws the chart as SVG: what it shows stands in its title, the numbers of each position in a title
  /// that is shown where one points.
  func draw(into markup: inout Markup) {
    let frame = ChartFrame(self)
    markup.element(
      "svg",
      [
        "viewBox": "0 0 \(place(ChartFrame.width)) \(place(ChartFrame.height))", "role": "img",
        "aria-label": description,
      ]
    ) { svg in
      svg.element("title", description)
      drawAxes(frame, into: &svg)
      for (series, style) in zip(series, styles) {
        svg.element("g", ["class": style]) { draw(series, frame, into: &$0) }
      }
      drawPositions(frame, into: &svg)
    }
  }

  /// The class of colour and dashes of each series.
  var styles: [String] {
    var next = 0
    return series.map { series in
      if series.mark == .reference { return "ref" }
      defer { next += 1 }
      return Self.style(series.style ?? next)
    }
  }

  static func style(_ index: Int) -> String {
    "s\(index % styleCount)" + (index < styleCount ? "" : " again")
  }

  /// After so many the styles begin anew, fainter.
  static let styleCount = 8

  /// For those who do not see the drawing.
  private var description: String {
    let names = series.map(\.name).joined(separator: ", ")
    return "\(title): \(vertical.label) over \(horizontal.label), \(names)"
  }

  private func drawAxes(_ frame: ChartFrame, into svg: inout Markup) {
    svg.element("g", ["class": "axis"]) { svg in
      for (value, label) in zip(frame.verticalTicks.values, frame.verticalTicks.labels) {
        let y = place(frame.y(value))
        svg.empty(
          "line", ["x1": place(frame.left), "x2": place(frame.right), "y1": y, "y2": y])
        svg.element(
          "text",
          ["x": place(frame.left - 6), "y": y, "dy": "0.32em", "text-anchor": "end"], label)
      }
      let bottom = place(frame.bottom)
      svg.empty(
        "line",
        [
          "class": "base", "x1": place(frame.left), "x2": place(frame.right), "y1": bottom,
          "y2": bottom,
        ])
      for (value, label) in zip(frame.horizontalTicks.values, frame.horizontalTicks.labels) {
        let x = frame.x(value)
        svg.empty(
          "line",
          [
            "class": "base", "x1": place(x), "x2": place(x), "y1": bottom,
            "y2": place(frame.bottom + 4),
          ])
        let half = Double(label.count) * ChartFrame.letter / 2
        let isFirst = x - half < 0
        let isLast = x + half > ChartFrame.width
        svg.element(
          "text",
          [
            "x": place(isFirst ? 2 : isLast ? ChartFrame.width - 2 : x),
            "y": place(frame.bottom + 17),
            "text-anchor": isFirst ? "start" : isLast ? "end" : "middle",
          ], label.shortened(to: 16))
      }
      svg.element(
        "text",
        [
          "class": "label", "x": place((frame.left + frame.right) / 2),
          "y": place(ChartFrame.height - 5), "text-anchor": "middle",
        ], horizontal.label.shortened(to: 60))
      svg.element(
        "text", ["class": "label", "x": "2", "y": "12"], vertical.label.shortened(to: 64))
    }
  }

  private func draw(
    _ series: Series, _ frame: ChartFrame, into svg: inout Markup
  ) {
    switch series.mark {
    case .line, .reference:
      for run in Self.runs(series.y) {
        if run.count == 1 {
          drawDot(series, run.lowerBound, frame, radius: "2.5", into: &svg)
          continue
        }
        svg.empty(
          "polyline",
          [
            "class": "line",
            "points": run.map { Self.point(series.x[$0], series.y[$0] ?? 0, frame) }
              .joined(separator: " "),
          ])
      }
    case .points:
      for index in series.x.indices where series.y[index] != nil {
        drawDot(series, index, frame, radius: "3", into: &svg)
      }
    case .band:
      for run in Self.runs(zip(series.y, series.low).map { $0 == nil ? nil : $1 }) {
        let upper = run.map { Self.point(series.x[$0], series.y[$0] ?? 0, frame) }
        let lower = run.reversed().map { Self.point(series.x[$0], series.low[$0] ?? 0, frame) }
        svg.empty("polygon", ["class": "band", "points": (upper + lower).joined(separator: " ")])
      }
    case .bars:
      drawBars(series, frame, into: &svg)
    }
  }

  private func drawBars(
    _ series: Series, _ frame: ChartFrame, into svg: inout Markup
  ) {
    let groups = self.series.filter { $0.mark == .bars }
    let gap = zip(series.x, series.x.dropFirst()).map { $1 - $0 }.filter { $0 > 0 }.min() ?? 1
    let whole = min(60, abs(frame.x(series.x.first ?? 0) - frame.x((series.x.first ?? 0) + gap)))
    let width = max(1, whole * 0.8 / Double(groups.count))
    let own = groups.firstIndex(of: series) ?? 0
    let offset = (Double(own) - Double(groups.count) / 2) * width
    for (x, value) in zip(series.x, series.y) {
      guard let value else { continue }
      let (from, to) = (frame.y(max(0, frame.vertical.lowerBound)), frame.y(value))
      svg.empty(
        "rect",
        [
          "class": "bar", "x": place(frame.x(x) + offset), "y": place(min(from, to)),
          "width": place(width), "height": place(max(0.5, abs(from - to))),
        ])
    }
  }

  private func drawDot(
    _ series: Series, _ index: Int, _ frame: ChartFrame, radius: String, into svg: inout Markup
  ) {
    svg.empty(
      "circle",
      [
        "class": "dot", "cx": place(frame.x(series.x[index])),
        "cy": place(frame.y(series.y[index] ?? 0)), "r": radius,
      ])
  }

  private static func point(_ x: Double, _ y: Double, _ frame: ChartFrame) -> String {
    "\(place(frame.x(x))),\(place(frame.y(y)))"
  }

  /// The stretches without a hole.
  private static func runs(_ values: [Double?]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start: Int?
    for index in 0...values.count {
      if index < values.count, values[index] != nil {
        start = start ?? index
      } else if let first = start {
        runs.append(first..<index)
        start = nil
      }
    }
    return runs
  }

  /// Strips over the drawing, one for each position, that say its numbers.
  private func drawPositions(_ frame: ChartFrame, into svg: inout Markup) {
    let rows = positions(limit: 160)
    svg.element("g", ["class": "hits"]) { svg in
      for (index, row) in rows.enumerated() {
        let x = frame.x(row.x)
        let from = index == 0 ? frame.left : (frame.x(rows[index - 1].x) + x) / 2
        let to = index + 1 == rows.count ? frame.right : (frame.x(rows[index + 1].x) + x) / 2
        svg.element("g") { svg in
          svg.empty(
            "rect",
            [
              "x": place(from), "y": place(frame.top), "width": place(max(0.5, to - from)),
              "height": place(frame.bottom - frame.top),
            ])
          svg.empty(
            "line",
            [
              "x1": place(x), "x2": place(x), "y1": place(frame.top), "y2": place(frame.bottom),
            ])
          svg.element("title", words(row))
        }
      }
    }
  }

  private func words(_ row: Position) -> String {
    let numbers = zip(series, row.cells).compactMap { series, cell in
      cell.isEmpty ? nil : "\(series.name): \(cell)"
    }
    return "\(row.name) · " + numbers.joined(separator: " · ")
  }
}

extension String {
  /// The first letters, and a mark where there are more.
  func shortened(to limit: Int) -> String {
    count > limit ? prefix(max(1, limit - 1)) + "…" : self
  }
}
