extension Chart {
  /// One place of the horizontal axis and what every series has there.
  struct Position {
    var x: Double
    var name: String
    /// One for each series; empty where it has nothing.
    var cells: [String]
  }

  /// The places where any series but those to compare with has a number, ascending.
  ///
  /// - Parameter limit: Of more, every second, third, … is given.
  /// - Complexity: O(n log n)
  func positions(limit: Int) -> [Position] {
    let shown = series.filter { $0.mark != .reference }
    let all = Set(shown.flatMap(\.x)).sorted()
    let every = max(1, (all.count + limit - 1) / max(1, limit))
    let kept = stride(from: 0, to: all.count, by: every).map { all[$0] }
    let numbers = series.map { series in
      Dictionary(
        zip(series.x, series.x.indices).filter { _ in series.mark != .reference },
        uniquingKeysWith: { first, _ in first })
    }
    return kept.map { x in
      Position(
        x: x, name: name(of: x),
        cells: zip(series, numbers).map { series, places in
          guard let index = places[x], let value = series.y[index] else { return "" }
          guard series.mark == .band, let low = series.low[index] else {
            return Significant.text(value)
          }
          return "\(Significant.text(low)) to \(Significant.text(value))"
        })
    }
  }

  private func name(of x: Double) -> String {
    guard let place = Int(exactly: x), horizontal.names.indices.contains(place) else {
      return Significant.text(x)
    }
    return horizontal.names[place]
  }

  /// The numbers behind the drawing.
  var table: DataTable {
    let shown = series.indices.filter { series[$0].mark != .reference }
    return DataTable(
      title, columns: [horizontal.label] + shown.map { series[$0].name },
      positions(limit: 300).map { row in [row.name] + shown.map { row.cells[$0] } })
  }
}
