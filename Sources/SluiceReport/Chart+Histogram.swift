extension Chart {
  /// How many of some numbers lie in each of a dozen bins of round width.
  ///
  /// - Parameters:
  ///   - label: What the numbers are, with the unit.
  ///   - noun: What is counted: `series`.
  ///   - groups: Numbers by name; what is not finite is left out.
  package static func histogram(
    _ title: String, note: String = "", label: String, noun: String,
    _ groups: [(name: String, values: [Double])]
  ) -> Chart {
    let all = groups.flatMap(\.values).filter(\.isFinite).sorted()
    let low = all.first ?? 0
    // The last hundredth lies in the last bin, so that one number does not flatten all others.
    let high = all.isEmpty ? 1 : max(low, all[(all.count - 1) * 99 / 100])
    let width = max(Ticks.step(from: low, to: high, count: 12), .leastNormalMagnitude)
    let first = (low / width).rounded(.down)
    let count = max(1, Int((high / width).rounded(.down) - first) + 1)
    return Chart(
      title, note: note, horizontal: .init(label), vertical: .init(noun, lower: 0),
      groups.map { name, values in
        var counts = [Double](repeating: 0, count: count)
        for value in values where value.isFinite {
          counts[min(count - 1, max(0, Int((value / width).rounded(.down) - first)))] += 1
        }
        return Series(
          name, .bars, x: counts.indices.map { (first + Double($0) + 0.5) * width }, y: counts)
      })
  }
}
