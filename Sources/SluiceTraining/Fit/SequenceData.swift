import SluiceCompute

/// Sequences on the host, of features or of tokens, with what a network is to say about each.
///
/// Rows may be of different length; a row of length 0 is allowed. What a user has as a rule comes batch
/// first, so that is what these initialisers take; ``SequenceLayout/timeMajor`` is for those who have
/// `[T, N, C]`.
///
/// ```swift
/// let waves: [[[Float]]] = …                         // [N][T][C]
/// let data = try SequenceData(waves, targets: .classes(labels))
/// ```
public struct SequenceData: Sendable {
  /// What stands at a step.
  enum Content: Sendable {
    /// `[total, width]`: the steps of all rows, one row after the other.
    case features([Float], width: Int)
    /// `[total]`
    case tokens([Int32])
  }

  let content: Content
  /// Where each row begins in the content, and the end: `[R + 1]`.
  let offsets: [Int]
  /// Nil where there are none: such data can be predicted, not learned.
  public let targets: SequenceTargets?

  /// Rows.
  public var count: Int { offsets.count - 1 }

  /// The steps of each row.
  public var lengths: [Int] { (0..<count).map { offsets[$0 + 1] - offsets[$0] } }

  /// C: the features of a step; nil where steps are tokens.
  public var featureCount: Int? {
    if case .features(_, let width) = content { width } else { nil }
  }

  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.invalidArgument` or `.indexOutOfRange`.
  init(_ content: Content, offsets: [Int], targets: SequenceTargets?) throws(ComputeError) {
    self.content = content
    self.offsets = offsets
    self.targets = targets
    guard offsets.count > 1 else {
      throw ComputeError(
        .invalidArgument, "there are no sequences", remedy: "Give one row at least")
    }
    guard offsets.last ?? 0 < Int32.max else {
      throw ComputeError(
        .invalidArgument, "\(offsets.last ?? 0) steps in all are too many for one data set",
        remedy: "Train on parts of it, each below 2,147,483,647 steps")
    }
    try checkTargets()
  }

  private func checkTargets() throws(ComputeError) {
    guard let targets else { return }
    guard targets.count == count else {
      throw ComputeError(
        .shapeMismatch, "there are \(targets.count) targets for \(count) sequences",
        remedy: "Give one target for each sequence")
    }
    switch targets {
    case .classes(let classes):
      for (row, value) in classes.enumerated() where value < 0 || value > Int(Int32.max) {
        throw ComputeError(
          .indexOutOfRange, "row \(row) is of the class \(value)", remedy: "Number classes from 0")
      }
    case .values: break
    case .vectors(let vectors):
      let width = vectors[0].count
      for (row, vector) in vectors.enumerated() where vector.count != width || width == 0 {
        throw ComputeError(
          .shapeMismatch,
          "the target of row \(row) has \(vector.count) numbers, that of row 0 \(width)",
          remedy: "Give as many for each row, at least one")
      }
    }
  }
}

/// Which way flat arrays lie.
public enum SequenceLayout: Hashable, Sendable {
  /// `[N, T, C]` or `[N, T]`: a sequence is one piece. As data frames and PyTorch's `batch_first`.
  case batchFirst
  /// `[T, N, C]` or `[T, N]`: a step of all sequences is one piece. As networks run here.
  case timeMajor
}
