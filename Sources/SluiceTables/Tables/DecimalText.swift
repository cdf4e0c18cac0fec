/// Writes numbers with a fixed number of places and never with an exponent.
package enum DecimalText {
  /// `0.025` for 0.02468 and 3 places, rounded half away from 0.
  ///
  /// Numbers that this many places do not fit (10¹⁸ in all) are written as Swift does.
  package static func of(_ value: Double, places: Int) -> String {
    var unit = 1.0
    for _ in 0..<places { unit *= 10 }
    let scaled = (abs(value) * unit).rounded()
    guard scaled < 1e18 else { return "\(value)" }
    let digits = String(Int(scaled))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return sign + padded }
    return "\(sign)\(padded.dropLast(places)).\(padded.suffix(places))"
  }
}
