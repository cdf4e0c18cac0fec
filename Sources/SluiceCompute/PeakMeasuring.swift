/// A back end that can measure what its device does at most.
public protocol PeakMeasuring: Backend {
  /// Measures the device's multiply-add units, all of them at work on what is in registers: the
  /// yardstick that products and steps are held against.
  ///
  /// - Returns: Floating-point operations per second; a multiply-add counts as two.
  /// - Throws: ``ComputeError``.
  /// - Complexity: Takes some tenths of a second.
  func measurePeak() throws(ComputeError) -> Double
}
