extension RunReport {
  /// Whether it can be drawn and compared: what stands in a file need not be what was written.
  var isSound: Bool {
    let numbers = scores.flatMap { [$0.value, $0.deviation] }
    return Chart.areModerate(numbers) && outcome?.isSound ?? true
      && sections.allSatisfy { $0.items.allSatisfy(\.isSound) }
  }
}

extension RunReport.Outcome {
  fileprivate var isSound: Bool {
    (0...1 << 48).contains(steps) && (0...1e15).contains(seconds)
      && (0...1e15).contains(sequencesPerSecond) && (0...1 << 48).contains(scored?.count ?? 0)
      && Chart.areModerate(baselines.flatMap(\.scores).flatMap { [$0.value, $0.deviation] })
  }
}

extension ReportItem {
  fileprivate var isSound: Bool {
    switch self {
    case .chart(let chart): chart.isSound
    case .bars(let bars): Chart.areModerate(bars.rows.flatMap(\.values))
    case .matrix(let matrix): Chart.areModerate(matrix.counts.flatMap { $0 })
    case .table: true
    }
  }
}

extension Chart {
  fileprivate var isSound: Bool {
    let ends = [horizontal.lower, horizontal.upper, vertical.lower, vertical.upper]
    return Self.areModerate(ends)
      && series.allSatisfy { series in
        let count = series.x.count
        return series.y.count == count
          && (series.low.count == count || (series.low.isEmpty && series.mark != .band))
          && (0...1000).contains(series.style ?? 0)
          && Self.areModerate(series.x + series.y + series.low)
      }
  }

  /// Whether neither differences nor squares of the numbers overflow.
  fileprivate static func areModerate(_ values: [Double?]) -> Bool {
    values.allSatisfy { abs($0 ?? 0) < 1e150 }
  }
}
