import SluiceTables

/// Turns the cells of one column into what the network reads, fitted on the training rows alone.
///
/// A value of its own (word, yes/no, small whole number) becomes the row of an embedding; 0 is for
/// values that training did not see, and blank cells are a value like any other. A value on a scale
/// (number, date) becomes a piecewise-linear code over quantile bins, its distance from the mean,
/// and a flag for blank.
///
/// - SeeAlso: Gorishniy et al., "On embeddings for numerical features in tabular deep learning",
///   2022.
struct ColumnEncoder: Codable, Hashable, Sendable {
  var name: String
  var kind: ColumnKind
  /// The values that have an embedding, the first of them row 1.
  var levels: [String] = []
  /// Ascending borders of the bins, one more than there are bins.
  var edges: [Double] = []
  /// The mean and the standard deviation of the numbers.
  var centre = 0.0
  var scale = 1.0
  /// Of dates.
  var dateFormat: DateFormat?
  /// What stands before decimals in the training table: `,` or `.`. Other tables are read in the same
  /// way, unless they leave no doubt that they are written in another.
  var hasDecimalComma = false

  /// Embeddings of a column with values of their own, that of unseen ones included.
  var vocabularySize: Int { levels.count + 1 }

  /// Takes the cells of the training rows.
  ///
  /// - Parameters:
  ///   - rows: Of the table.
  ///   - bins: At most; fewer where values repeat.
  ///   - rarest: Values with fewer rows share the embedding of unseen ones.
  /// - Complexity: O(bytes of the column + rows · log rows).
  init(
    _ input: ChurnColumns.Input, fittedTo column: TableColumn, rows: [Int], bins: Int, rarest: Int
  ) {
    name = input.name
    kind = input.kind
    if kind.isContinuous {
      hasDecimalComma = column.notation.point == Byte.comma
      if kind == .date { dateFormat = ColumnProfile(column).dateFormat ?? .iso }
      let values = values(column)
      fit(rows.map { values[$0] }, bins: bins)
    } else {
      let categories = column.categories()
      let names = categories.levels.map(key)
      var counts: [String: Int] = [:]
      for row in rows { counts[names[Int(categories.codes[row])], default: 0] += 1 }
      var seen = Set<String>()
      levels = names.filter { counts[$0, default: 0] >= rarest && seen.insert($0).inserted }
    }
  }

  /// Takes numbers that stand in no column of their own, such as the time between rows.
  init(_ input: ChurnColumns.Input, fittedTo values: [Double], bins: Int) {
    name = input.name
    kind = input.kind
    fit(values, bins: bins)
  }

  private mutating func fit(_ values: [Double], bins: Int) {
    let known = values.filter { !$0.isNaN }.sorted()
    guard let low = known.first, let high = known.last else {
      edges = [0, 1]
      return
    }
    var quantiles: [Double] = []
    for bin in 0...bins {
      // Linear between the two nearest values.
      let place = Double(bin) / Double(bins) * Double(known.count - 1)
      let below = Int(place)
      let above = min(below + 1, known.count - 1)
      let quantile = known[below] + (place - Double(below)) * (known[above] - known[below])
      if quantiles.last.map({ $0 < quantile }) ?? true { quantiles.append(quantile) }
    }
    edges = quantiles.count > 1 ? quantiles : [low, max(high, low + max(1, abs(low)))]
    centre = known.reduce(0, +) / Double(known.count)
    let squares = known.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
    let deviation = (squares / Double(known.count)).squareRoot()
    scale = deviation > 0 ? deviation : 1
  }
}

extension ColumnEncoder {
  /// `[rows]`: the embedding of each cell, for values of their own.
  func codes(_ column: TableColumn) -> [Int32] {
    let places = Dictionary(
      uniqueKeysWithValues: levels.enumerated().map { ($0.element, Int32($0.offset + 1)) })
    let categories = column.categories()
    let codes = categories.levels.map { places[key($0)] ?? 0 }
    return categories.codes.map { codes[Int($0)] }
  }

  /// `[rows]`: the number in each cell, NaN where there is none, for values on a scale.
  func values(_ column: TableColumn) -> [Double] {
    let categories = column.categories()
    let own = column.notation
    let point = own.isCertain ? own.point : hasDecimalComma ? Byte.comma : Byte.point
    let values = categories.levels.map { level -> Double in
      if kind == .date { return days(level) ?? .nan }
      // Beyond this, squares of distances would no longer be finite.
      return NumberText.written(level, point: point).map { min(1e30, max(-1e30, $0)) } ?? .nan
    }
    return categories.codes.map { values[Int($0)] }
  }

  /// Days since 1970; nil where the text is no date.
  private func days(_ text: String) -> Double? {
    guard let date = DateText(Substring(text).utf8) else { return nil }
    var order = date.format.order
    if order == .dayMonthYear, let own = dateFormat?.order, own == .monthDayYear { order = own }
    return date.timestamp(in: order).map { Double($0.seconds) / 86_400 }
  }

  /// The name of a level: `1` for `1.0` where levels are numbers.
  private func key(_ text: String) -> String {
    guard kind != .category, let value = NumberText.value(of: text), value == value.rounded(),
      abs(value) < 1e15
    else { return text }
    return String(Int(value))
  }

  /// Columns of the code of one value on a scale, with room for `bins` bins.
  static func codeSize(bins: Int) -> Int { bins + 2 }

  /// Writes the code of a value: for each bin how far into it the value reaches, then the distance
  /// from the mean in standard deviations (5 at most), then whether it is blank.
  ///
  /// Both are doubled, so that they begin with twice the weight of one bin.
  func encode(_ value: Double, into code: UnsafeMutableBufferPointer<Float>) {
    for index in code.indices { code[index] = 0 }
    guard !value.isNaN else {
      code[code.count - 1] = 2
      return
    }
    for bin in 0..<(edges.count - 1) {
      let share = (value - edges[bin]) / (edges[bin + 1] - edges[bin])
      code[bin] = Float(min(1, max(0, share)))
    }
    code[code.count - 2] = 2 * Float(distance(value))
  }

  /// The distance from the mean in standard deviations, 5 at most.
  func distance(_ value: Double) -> Double {
    min(5, max(-5, (value - centre) / scale))
  }

  /// Whether the parts fit each other, as those of a damaged file may not.
  ///
  /// - Parameter bins: Bins that the network has room for.
  func isPlausible(bins: Int) -> Bool {
    if !kind.isContinuous { return edges.isEmpty && Set(levels).count == levels.count }
    return (2...(bins + 1)).contains(edges.count) && edges.allSatisfy(\.isFinite) && centre.isFinite
      && scale.isFinite
      && scale > 0 && zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 }
  }
}
