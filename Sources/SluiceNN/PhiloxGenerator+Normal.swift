import SluiceCompute

import SluicePlatform

extension PhiloxGenerator {
  /// A draw from the standard normal distribution.
  ///
  /// - SeeAlso: Box & Muller 1958.
  public mutating func normal() -> Double {
    // 2⁻³³ keeps the logarithm's argument above 0.
    let radius = Double(nextWord()) * 0x1p-32 + 0x1p-33
    let angle = Double(nextWord()) * 0x1p-32
    return (-2 * log(radius)).squareRoot() * cos(2 * Double.pi * angle)
  }
}
