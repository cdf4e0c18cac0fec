import SluiceCompute
import SluiceNN
import SluicePlatform

/// Runs a network over pasts and gives the probability of each rating for the rows behind them.
struct HistoryScorer {
  let network: HistoryNetwork
  let parameters: ParameterArena
  /// K.
  let classes: Int
  /// Sequences that run through the network together, at most.
  private static let batchSize = 256
  /// Steps of them, padding included.
  private static let batchSteps = 1 << 16

  /// `[Q, K]`: the probabilities of every query, in the order of the queries.
  ///
  /// - Throws: ``ModelError`` where they are not finite.
  func probabilities(_ data: HistoryDataset) throws -> [Float] {
    let host = data.host
    var firstQueries = [Int](repeating: 0, count: host.sequenceCount + 1)
    for sequence in host.sequences { firstQueries[Int(sequence) + 1] += 1 }
    for index in 0..<host.sequenceCount { firstQueries[index + 1] += firstQueries[index] }
    var probabilities = [Float](repeating: 0, count: host.rows.count * classes)
    // Sequences of similar length together, so that few steps are padding.
    let order = (0..<host.sequenceCount).sorted {
      (host.length($0), $0) < (host.length($1), $1)
    }
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, end - start < Self.batchSize,
        host.length(order[end]) * (end + 1 - start) <= Self.batchSteps
      {
        end += 1
      }
      try score(Array(order[start..<end]), data, firstQueries, into: &probabilities)
      start = end
    }
    guard probabilities.allSatisfy(\.isFinite) else {
      throw ModelError(
        "the probabilities are not finite numbers: the model is damaged. Train anew.")
    }
    return probabilities
  }

  private func score(
    _ sequences: [Int], _ data: HistoryDataset, _ firstQueries: [Int],
    into probabilities: inout [Float]
  ) throws {
    let host = data.host
    let tape = Tape(parameters, mode: .inference)
    let backend = tape.backend
    let batch = try data.batch(sequences.map { Int32($0) }, unknownRate: 0, on: tape)
    let states = try network.states(batch, on: tape)
    var queries: [Int] = []
    var rows: [Int32] = []
    for (n, sequence) in sequences.enumerated() {
      for query in firstQueries[sequence]..<firstQueries[sequence + 1] {
        queries.append(query)
        rows.append(host.steps[query] * Int32(sequences.count) + Int32(n))
      }
    }
    let width = HistoryEncoder.knownCount
    let own = try backend.makeTensor([queries.count, states.value.columns])
    try backend.enqueue(
      GatherRows(
        source: states.value.reshaped([states.value.rows, states.value.columns]),
        rows: backend.makeTensor([rows.count], rows), into: own))
    let logits = try network.ratings(
      tape.constant(own),
      targets: backend.makeTensor([queries.count], queries.map { host.targets[$0] }),
      known: backend.makeTensor(
        [queries.count, width],
        queries.flatMap { host.known[($0 * width)..<(($0 + 1) * width)] }), on: tape)
    let values: [Float] = try backend.read(logits.value)
    for (n, query) in queries.enumerated() {
      let own = values[(n * classes)..<((n + 1) * classes)]
      let highest = own.max() ?? 0
      let powers = own.map { exponential($0 - highest) }
      let sum = powers.reduce(0, +)
      for index in 0..<classes { probabilities[query * classes + index] = powers[index] / sum }
    }
  }
}
