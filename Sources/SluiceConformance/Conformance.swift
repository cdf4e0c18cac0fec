import SluiceCompute

/// What every back end must do: one list of cases over all operations, each run on the back end and
/// on a plain one in Double, and compared.
///
/// The tests run it on every back end found; so does `sluice verify` on a user's own machine.
public enum Conformance {
  /// Every case of every operation, operations side by side.
  public static let cases: [ConformanceCase] =
    fillCases + copyCases + concatenateCases + droppingConcatenateCases + columnsToStepsCases
    + linearCombinationCases
    + sumOverStepsCases + columnSumCases + sumOfSquaresCases + matrixProductCases
    + linearBackwardCases + activationForwardCases + activationBackwardCases + dropoutCases
    + recurrentForwardCases + recurrentBackwardCases + bidirectionalForwardCases
    + bidirectionalBackwardCases + embeddingForwardCases + droppingEmbeddingCases
    + embeddingBackwardCases + bagForwardCases
    + bagBackwardCases + columnTokensForwardCases + columnTokensBackwardCases + poolForwardCases
    + poolPartsForwardCases + poolBackwardCases + poolPartsBackwardCases + lossCases
    + optimizerStepCases + gatherWindowsCases + gatherRowsCases + gatherSequencesCases

  /// Runs `cases` and gathers them by operation, in the order of the list.
  ///
  /// A case that throws counts as failed, with what it threw.
  public static func run(_ cases: [ConformanceCase] = cases, on backend: any Backend)
    -> [OperationSummary]
  {
    var summaries: [OperationSummary] = []
    for conformanceCase in cases {
      let last = summaries.last
      if last?.operation != conformanceCase.operation {
        summaries.append(
          OperationSummary(
            operation: conformanceCase.operation, cases: 0, worstError: 0,
            tolerance: conformanceCase.tolerance, failures: []))
      }
      let index = summaries.count - 1
      summaries[index].cases += 1
      do {
        let result = try conformanceCase.run(on: backend)
        summaries[index].worstError = max(summaries[index].worstError, result.worstError)
        if case .failed(let why) = result.verdict {
          summaries[index].failures.append("\(conformanceCase.name): \(why)")
        }
      } catch {
        summaries[index].failures.append("\(conformanceCase.name): \(error)")
      }
    }
    return summaries
  }
}

/// One operation at one size with one set of options.
public struct ConformanceCase: Sendable, CustomStringConvertible {
  /// The operation's own name, for example `matrix product`.
  public let operation: String
  /// Sizes and options, for example `T 7 N 5 C 3 H 17, reverse, lengths`.
  public let name: String
  /// The largest relative error allowed; 0 where results must be equal.
  public let tolerance: Double
  let body: @Sendable (Workspace) throws -> Void

  init(
    _ operation: String, _ name: String, tolerance: Double,
    _ body: @escaping @Sendable (Workspace) throws -> Void
  ) {
    self.operation = operation
    self.name = name
    self.tolerance = tolerance
    self.body = body
  }

  public var description: String { "\(operation): \(name)" }

  /// Runs the case and compares it with the reference.
  ///
  /// - Throws: what the back end throws.
  public func run(on backend: any Backend) throws -> ConformanceResult {
    let workspace = Workspace(backend: backend, seed: description, tolerance: tolerance)
    try body(workspace)
    return try workspace.finish()
  }

  /// Runs the case without the reference, which takes most of the time.
  ///
  /// - Returns: A hash of every bit that would be compared: equal for two runs that gave the same bits.
  /// - Throws: what the back end throws.
  public func digest(on backend: any Backend) throws -> UInt64 {
    let workspace = Workspace(
      backend: backend, seed: description, tolerance: tolerance, isCompared: false)
    try body(workspace)
    return workspace.digest
  }
}

/// How near a back end came to the reference.
public struct ConformanceResult: Sendable {
  public enum Verdict: Hashable, Sendable {
    case passed
    /// Why not: the tensors that differ and by how much, or the memory written out of bounds.
    case failed(String)
  }

  /// The worst relative error of any compared tensor; infinite where NaN stands for a number.
  public let worstError: Double
  public let tolerance: Double
  public let verdict: Verdict
}
