import SluiceCompute
import SluiceNN

/// Runs a network over many sequences without learning: those of similar length together, so that few
/// steps are padding. Ranks share the batches out.
struct BatchedInference {
  /// Sequences that run together, at most.
  var sequences = 256
  /// Steps of them, padding included, at most.
  var steps = Int.max

  /// Calls `body` for one batch after the other, of those that are this rank's own.
  ///
  /// - Parameters:
  ///   - count: Sequences in all.
  ///   - ranks: Those that take the other batches; what all come to is to be merged.
  ///   - length: The steps of each.
  /// - Complexity: O(count · log count), and what the body does.
  func forEachBatch(
    of count: Int, by ranks: any Collective, length: (Int) -> Int, _ body: ([Int]) throws -> Void
  ) rethrows {
    let order = (0..<count).map { (length: length($0), place: $0) }.sorted {
      ($0.length, $0.place) < ($1.length, $1.place)
    }
    var batch: [Int] = []
    var number = 0
    func take() throws {
      if ranks.owns(number) { try body(batch) }
      number += 1
      batch = []
    }
    for (length, sequence) in order {
      let isFull = batch.count == sequences || (batch.count + 1) * max(1, length) > steps
      if isFull, !batch.isEmpty { try take() }
      batch.append(sequence)
    }
    if !batch.isEmpty { try take() }
  }
}

extension Tape {
  /// What a network answers, on the host.
  ///
  /// - Throws: ``ModelError`` where some of it is no finite number; `ComputeError` with
  ///   `.deviceFailure`.
  /// - Note: Waits for the device.
  func answers(_ output: Variable) throws -> [Float] {
    let values: [Float] = try backend.read(output.value)
    guard values.allSatisfy(\.isFinite) else {
      throw ModelError(
        nil, "the networks' answers are not finite numbers",
        remedy: "Look for rows with numbers far beyond those learned from; if there are none, the "
          + "weights are unsound: train anew.")
    }
    return values
  }
}
