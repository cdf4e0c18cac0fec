/// What the page of a run shows: what `report.json` holds and ``ReportPage`` draws.
///
/// It knows nothing of tasks: sections have titles, prose, charts and tables.
package struct RunReport: Codable, Hashable, Sendable {
  /// The newest format that is understood.
  package static let currentFormat = 1

  /// Of `report.json`.
  package var format = RunReport.currentFormat
  package var title: String
  /// What was trained on what, where and for how long, in words.
  package var facts: [Fact]
  /// The metrics of the model, for a comparison with other runs.
  package var scores: [Score]
  package var sections: [ReportSection]
  /// Every setting of the run, by its path: `training.epochs`.
  package var settings: [Fact]
  /// In numbers; nil in reports of versions that did not write it.
  package var outcome: Outcome?

  /// A name and what it stands for.
  package struct Fact: Codable, Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A metric by its title; nil where it cannot be computed.
  package struct Score: Codable, Hashable, Sendable {
    package var name: String
    package var value: Double?
    /// What programs call it: `smape`; nil where nobody said.
    package var key: String?
    /// Nil where nobody said.
    package var aim: Aim?
    /// Of a mean over several cuts; nil where it is none.
    package var deviation: Double?

    package init(
      _ name: String, _ value: Double, key: String? = nil, aim: Aim? = nil,
      deviation: Double? = nil
    ) {
      self.name = name
      self.value = Significant.digits(value)
      self.key = key
      self.aim = aim
      self.deviation = deviation.flatMap(Significant.digits)
    }
  }

  package init(
    title: String, facts: [Fact], scores: [Score], sections: [ReportSection], settings: [Fact],
    outcome: Outcome? = nil
  ) {
    self.title = title
    self.facts = facts
    self.scores = scores
    self.sections = sections
    self.settings = settings
    self.outcome = outcome
  }
}

/// A part of a page: a title, paragraphs, then charts and tables.
package struct ReportSection: Codable, Hashable, Sendable {
  package var title: String
  /// A paragraph each.
  package var prose: [String]
  package var items: [ReportItem]

  package init(_ title: String, prose: [String] = [], _ items: [ReportItem] = []) {
    self.title = title
    self.prose = prose
    self.items = items
  }
}

/// What a section shows below its prose. In JSON an object with one key, the kind.
package enum ReportItem: Hashable, Sendable {
  case chart(Chart)
  case bars(BarChart)
  case matrix(CountMatrix)
  case table(DataTable)

  package var title: String {
    switch self {
    case .chart(let chart): chart.title
    case .bars(let bars): bars.title
    case .matrix(let matrix): matrix.title
    case .table(let table): table.title
    }
  }
}

extension ReportItem: Codable {
  private enum CodingKeys: String, CodingKey {
    case chart, bars, matrix, table
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let chart = try container.decodeIfPresent(Chart.self, forKey: .chart) {
      self = .chart(chart)
    } else if let bars = try container.decodeIfPresent(BarChart.self, forKey: .bars) {
      self = .bars(bars)
    } else if let matrix = try container.decodeIfPresent(CountMatrix.self, forKey: .matrix) {
      self = .matrix(matrix)
    } else {
      self = .table(try container.decode(DataTable.self, forKey: .table))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .chart(let chart): try container.encode(chart, forKey: .chart)
    case .bars(let bars): try container.encode(bars, forKey: .bars)
    case .matrix(let matrix): try container.encode(matrix, forKey: .matrix)
    case .table(let table): try container.encode(table, forKey: .table)
    }
  }
}
