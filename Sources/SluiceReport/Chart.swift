/// Series of numbers over a common horizontal axis.
package struct Chart: Codable, Hashable, Sendable {
  package var title: String
  /// What there is to see, in a sentence; empty: nothing to add.
  package var note: String
  package var horizontal: Axis
  package var vertical: Axis
  /// Drawn in this order, the first below the others.
  package var series: [Series]

  package struct Axis: Codable, Hashable, Sendable {
    /// With the unit, if there is one.
    package var label: String
    package var isLogarithmic: Bool
    /// What the positions 0, 1, 2, … are called, such as dates; empty: they are numbers.
    package var names: [String]
    /// Where the axis begins and ends; nil: where the numbers do.
    package var lower: Double?
    package var upper: Double?

    package init(
      _ label: String, isLogarithmic: Bool = false, names: [String] = [], lower: Double? = nil,
      upper: Double? = nil
    ) {
      self.label = label
      self.isLogarithmic = isLogarithmic
      self.names = names
      self.lower = lower
      self.upper = upper
    }
  }

  /// How a series is drawn.
  package enum Mark: String, Codable, Hashable, Sendable {
    case line
    case points
    case bars
    /// Between `low` and `y`.
    case band
    /// A thin grey line to compare with: a diagonal, a target, a threshold.
    case reference
  }

  package struct Series: Codable, Hashable, Sendable {
    package var name: String
    package var mark: Mark
    package var x: [Double]
    /// As many as ``x``; nil where there is none.
    package var y: [Double?]
    /// The lower ends of a band, as many as ``x``; else empty.
    package var low: [Double?]
    /// Which colour and dashes it has, so that what belongs together looks alike; nil: the next.
    package var style: Int?

    /// - Parameters:
    ///   - x: Finite.
    ///   - y: What is not finite is left out.
    ///   - low: Of a band alone.
    /// - Precondition: All have the same number of elements.
    package init(
      _ name: String, _ mark: Mark = .line, x: [Double], y: [Double], low: [Double] = [],
      style: Int? = nil
    ) {
      precondition(x.count == y.count && (low.isEmpty || low.count == x.count), "as many as x")
      self.name = name
      self.mark = mark
      self.style = style
      self.x = x.map { Significant.digits($0) ?? 0 }
      self.y = y.map(Significant.digits)
      self.low = low.map(Significant.digits)
    }
  }

  package init(
    _ title: String, note: String = "", horizontal: Axis, vertical: Axis, _ series: [Series]
  ) {
    self.title = title
    self.note = note
    self.horizontal = horizontal
    self.vertical = vertical
    self.series = series
  }
}

/// A horizontal bar, or a few, for each of some names.
package struct BarChart: Codable, Hashable, Sendable {
  package var title: String
  package var note: String
  /// What the bars measure, with the unit.
  package var label: String
  /// What the bars of a name are, in their order.
  package var series: [String]
  package var rows: [Row]

  package struct Row: Codable, Hashable, Sendable {
    package var name: String
    /// One for each series; nil where there is none.
    package var values: [Double?]

    package init(_ name: String, _ values: [Double]) {
      self.name = name
      self.values = values.map(Significant.digits)
    }
  }

  package init(
    _ title: String, note: String = "", label: String, series: [String], _ rows: [Row]
  ) {
    self.title = title
    self.note = note
    self.label = label
    self.series = series
    self.rows = rows
  }
}

/// How many of each kind were taken for each other kind: a square, shaded by the share of its row.
package struct CountMatrix: Codable, Hashable, Sendable {
  package var title: String
  package var note: String
  /// What the rows and the columns are.
  package var rowLabel: String
  package var columnLabel: String
  package var names: [String]
  /// `[K][K]`
  package var counts: [[Double]]

  package init(
    _ title: String, note: String = "", rowLabel: String, columnLabel: String, names: [String],
    counts: [[Double]]
  ) {
    self.title = title
    self.note = note
    self.rowLabel = rowLabel
    self.columnLabel = columnLabel
    self.names = names
    self.counts = counts
  }
}

/// Words and numbers in rows.
package struct DataTable: Codable, Hashable, Sendable {
  package var title: String
  package var note: String
  package var columns: [String]
  /// As many cells as there are columns.
  package var rows: [[String]]
  /// The columns from the second on hold texts to read, not numbers.
  package var isText: Bool

  package init(
    _ title: String, note: String = "", columns: [String], isText: Bool = false, _ rows: [[String]]
  ) {
    self.title = title
    self.note = note
    self.columns = columns
    self.isText = isText
    self.rows = rows
  }
}
