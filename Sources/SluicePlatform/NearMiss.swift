/// Finds what a misspelt name was probably meant to be.
package enum NearMiss {
  /// The names closest to `text`, nearest first, no further off than a third of its letters.
  package static func closest(to text: String, among names: [String], limit: Int = 3) -> [String] {
    names.map { (name: $0, distance: distance($0.lowercased(), text.lowercased())) }
      .filter { !$0.name.isEmpty && $0.distance <= max(1, text.count / 3) }
      .sorted { $0.distance < $1.distance }
      .prefix(limit).map(\.name)
  }

  /// What to ask of a name that is none: `Did you mean sales?`; nil where no name is near.
  package static func question(_ text: String, among names: [String]) -> String? {
    closest(to: text, among: names, limit: 1).first.map { "Did you mean \($0)?" }
  }

  /// Letters to insert, remove, replace or swap with their neighbour to get from `a` to `b`.
  ///
  /// - SeeAlso: Damerau 1964.
  package static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a)
    let b = Array(b)
    var beforePrevious: [Int] = []
    var previous = Array(0...b.count)
    for i in a.indices {
      var current = [i + 1]
      for j in b.indices {
        var best = min(previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, current[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, beforePrevious[j - 1] + 1)
        }
        current.append(best)
      }
      beforePrevious = previous
      previous = current
    }
    return previous[b.count]
  }
}
