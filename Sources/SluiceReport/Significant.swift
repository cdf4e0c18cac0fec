import Foundation

/// Numbers as they are kept and read: no more digits than a chart can show.
package enum Significant {
  /// Six significant digits; nil for what is not finite.
  package static func digits(_ value: Double) -> Double? {
    guard value.isFinite else { return nil }
    return Double(String(format: "%.6g", value))
  }

  /// For people: four significant digits, `1,234`, `0.01235`, `1.235e-07`; `–` for nothing.
  package static func text(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "–" }
    let size = abs(value)
    guard size == 0 || (1e-4..<1e9).contains(size) else { return String(format: "%.3e", value) }
    if size >= 1000 || value == value.rounded() { return grouped(value, places: 0) }
    let places = 3 - Int(log10(max(size, 1e-4)).rounded(.down))
    return trimmed(String(format: "%.\(max(0, places))f", value))
  }

  /// A mean and its spread, as exact as each other: `11.23 ± 1.22`.
  package static func text(_ mean: Double, deviation: Double) -> String {
    guard mean.isFinite, deviation.isFinite else { return text(mean) }
    let size = max(abs(mean), deviation)
    guard (1e-4..<1e9).contains(size) else { return "\(text(mean)) ± \(text(deviation))" }
    let places = max(0, 3 - Int(log10(size).rounded(.down)))
    return "\(grouped(mean, places: places)) ± \(grouped(deviation, places: places))"
  }

  /// `1,234.50` with so many places.
  static func grouped(_ value: Double, places: Int) -> String {
    let text = String(format: "%.\(places)f", abs(value))
    let whole = text.prefix { $0 != "." }
    var groups = ""
    for (index, digit) in whole.enumerated() {
      if index > 0, (whole.count - index) % 3 == 0 { groups += "," }
      groups.append(digit)
    }
    let number = groups + text.dropFirst(whole.count)
    return value < 0 && number.contains { $0 != "0" && $0 != "." && $0 != "," }
      ? "−" + number : number
  }

  private static func trimmed(_ text: String) -> String {
    var text = text
    while text.contains("."), text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text.hasPrefix("-") ? "−" + text.dropFirst() : text
  }
}
