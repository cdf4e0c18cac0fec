import SluiceConformance

/// ‖actual − expected‖ / ‖expected‖, or ‖actual‖ where zero is expected; in double precision.
/// Infinite where the counts differ, or where one value is not finite.
package func relativeError<Actual: BinaryFloatingPoint, Expected: BinaryFloatingPoint>(
  _ actual: [Actual], _ expected: [Expected]
) -> Double {
  guard actual.allSatisfy(\.isFinite), expected.allSatisfy(\.isFinite) else { return .infinity }
  return Difference.normwise(actual.map { Double($0) }, expected.map { Double($0) })
}
