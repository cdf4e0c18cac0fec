import Foundation

/// Numbers and durations as people read them.
package enum Format {
  /// `1,234,567`
  package static func count(_ value: Int) -> String { value.grouped }

  /// `12.19`, or `n/a` for what could not be computed.
  package static func decimal(_ value: Double, _ places: Int = 2) -> String {
    value.isFinite ? String(format: "%.\(places)f", value) : "n/a"
  }

  /// `9 s`, `2 min 05 s`, `1 h 02 min`
  package static func duration(_ seconds: Double) -> String {
    guard abs(seconds) < 1e15 else { return "?" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return String(format: "%d min %02d s", whole / 60, whole % 60) }
    return String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60)
  }

  /// `1.5 GiB`
  package static func bytes(_ count: Int) -> String {
    var value = Double(count)
    for unit in ["B", "KiB", "MiB", "GiB"] {
      if value < 1024 || unit == "GiB" {
        return unit == "B" ? "\(count) B" : String(format: "%.1f %@", value, unit as NSString)
      }
      value /= 1024
    }
    return "\(count) B"
  }

  /// Lines of prose broken at spaces so that they fit, what follows the first line of each indented by
  /// two; lines of tables, which have runs of spaces, as they are.
  ///
  /// - Parameter width: In columns.
  package static func folded(_ text: String, width: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard line.count > width, width >= 20, !line.contains("  ") else { return String(line) }
      var lines: [String] = []
      var current = ""
      for word in line.split(separator: " ") {
        if !current.isEmpty, current.count + 1 + word.count > width {
          lines.append(current)
          current = "  \(word)"
        } else {
          current += (current.isEmpty ? "" : " ") + word
        }
      }
      return (lines + [current]).joined(separator: "\n")
    }.joined(separator: "\n")
  }
}
