import Foundation

/// The extent of a chart's axes and where a number lies in the drawing.
struct ChartFrame {
  /// Of the whole drawing, in its own units: about a pixel each.
  static let width = 440.0
  static let height = 260.0
  /// Of letters of the axes.
  static let letter = 6.4

  let horizontal: ClosedRange<Double>
  let vertical: ClosedRange<Double>
  let horizontalTicks: Ticks
  let verticalTicks: Ticks
  let left: Double
  let right = ChartFrame.width - 12
  let top = 24.0
  let bottom = ChartFrame.height - 40
  private let isLogarithmic: (x: Bool, y: Bool)

  init(_ chart: Chart) {
    let (x, y) = (chart.horizontal, chart.vertical)
    let bars = chart.series.contains { $0.mark == .bars }
    horizontal =
      x.names.isEmpty
      ? Self.range(of: chart.series.flatMap(\.x), x, pad: bars ? 0.06 : 0)
      : (bars ? -0.6 : -0.3)...(Double(max(1, x.names.count - 1)) + (bars ? 0.6 : 0.3))
    var values = chart.series.flatMap { ($0.y + $0.low).compactMap { $0 } }
    if bars { values.append(0) }
    vertical = Self.range(of: values, y, pad: 0.04)
    isLogarithmic = (x.isLogarithmic, y.isLogarithmic)
    verticalTicks =
      y.isLogarithmic
      ? .logarithmic(from: vertical.lowerBound, to: vertical.upperBound)
      : .round(from: vertical.lowerBound, to: vertical.upperBound, count: 5)
    let widest = verticalTicks.labels.map(\.count).max() ?? 1
    left = min(90, Double(max(2, widest)) * Self.letter + 14)
    let room = right - left
    if !x.names.isEmpty {
      let longest = Double(min(16, x.names.map(\.count).max() ?? 1)) * Self.letter + 24
      horizontalTicks = .names(x.names, room: Int(room / longest))
    } else if x.isLogarithmic {
      horizontalTicks = .logarithmic(from: horizontal.lowerBound, to: horizontal.upperBound)
    } else {
      horizontalTicks = .round(
        from: horizontal.lowerBound, to: horizontal.upperBound, count: 6)
    }
  }

  /// The extent of some numbers, or as the axis says.
  private static func range(
    of values: [Double], _ axis: Chart.Axis, pad: Double
  ) -> ClosedRange<Double> {
    let known = axis.isLogarithmic ? values.filter { $0 > 0 } : values
    let least = known.min() ?? (axis.isLogarithmic ? 0.1 : 0)
    var lower = axis.lower ?? least
    var upper = axis.upper ?? max(least, known.max() ?? 1)
    if axis.isLogarithmic {
      lower = lower > 0 ? lower : least
      // Far enough from 0 to be halved.
      lower = max(lower, 1e-150)
      if upper <= lower * 1.05 { (lower, upper) = (lower / 2, max(upper, lower) * 2) }
      return lower...upper
    }
    if upper <= lower {
      (lower, upper) = (lower - max(0.5, abs(lower) / 10), lower + max(0.5, abs(lower) / 10))
    }
    let margin = (upper - lower) * pad
    // What touches 0 stays there.
    let low = axis.lower ?? (lower == 0 ? 0 : lower - margin)
    return low...max(low, axis.upper ?? (upper + margin))
  }

  func x(_ value: Double) -> Double {
    left + (right - left) * share(value, horizontal, isLogarithmic.x)
  }

  func y(_ value: Double) -> Double {
    bottom - (bottom - top) * share(value, vertical, isLogarithmic.y)
  }

  private func share(_ value: Double, _ range: ClosedRange<Double>, _ isLogarithmic: Bool) -> Double
  {
    let place =
      isLogarithmic
      ? log(max(value, range.lowerBound) / range.lowerBound)
        / log(range.upperBound / range.lowerBound)
      : (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    return min(1.02, max(-0.02, place))
  }
}

/// A place in a drawing: one decimal is finer than any screen.
///
/// What lies nowhere, on an axis without extent, lies at 0.
func place(_ value: Double) -> String {
  let tenths = value.isNaN ? 0 : Int((max(-1e9, min(1e9, value)) * 10).rounded())
  return tenths % 10 == 0
    ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
}
