/// The error that one more row stays below with a given probability, by the errors of rows like it.
///
/// - SeeAlso: Vovk, Gammerman and Shafer, "Algorithmic learning in a random world", 2005.
package enum ConformalQuantile {
  /// The ⌈(n + 1) · level⌉-th smallest of n errors, or with several errors of each of n windows, the one
  /// of that share among all of them. Where the rows can change places with the new one, this lies
  /// below it with a probability of `level` at least, however few they are.
  ///
  /// - Parameters:
  ///   - level: In 0 ..< 1.
  ///   - windows: n, where that is not the number of errors. Errors of one window come together, so
  ///     there are no more of them to go by than windows.
  /// - Returns: Nil where n < level / (1 − level): no error that was seen can be large enough.
  /// - Complexity: O(m · log m) for m errors.
  package static func of<Value: Comparable>(
    _ errors: [Value], level: Double, windows: Double? = nil
  ) -> Value? {
    let count = Double(errors.count)
    let windows = windows ?? count
    guard count > 0, windows > 0 else { return nil }
    let rank = ((windows + 1) * level * (count / windows) - 1e-9).rounded(.up)
    guard rank <= count else { return nil }
    return errors.sorted()[max(0, Int(rank) - 1)]
  }

  /// The least n for which there is such an error.
  package static func fewest(level: Double) -> Double {
    (level / (1 - level) - 1e-9).rounded(.up)
  }
}
