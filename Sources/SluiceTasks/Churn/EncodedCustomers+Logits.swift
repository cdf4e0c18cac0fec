import SluiceCompute
import SluiceNN

extension EncodedCustomers {
  /// The logits of every network for every customer, without learning.
  ///
  /// - Parameters:
  ///   - rows: The rows of each customer, the earliest first.
  ///   - hidden: An input that is hidden from the networks in every row.
  ///   - swapped: An input that is read from other customers' rows.
  /// - Returns: `[networks][N]`
  /// - Note: Waits for the device.
  func logits(
    _ rows: [ArraySlice<Int32>], by networks: [TrainedNetwork<CustomerNetwork>],
    hidden: Int? = nil, swapped: SwappedInput? = nil
  ) throws -> [[Double]] {
    var logits = networks.map { _ in [Double](repeating: 0, count: rows.count) }
    guard let first = networks.first else { return logits }
    // Enough rows on the device at a time to keep it busy.
    let inference = BatchedInference(sequences: 1024, steps: 8192)
    let ranks = first.parameters.backend.ranks
    try inference.forEachBatch(of: rows.count, by: ranks, length: { rows[$0].count }) { customers in
      let batch = try CustomerBatch(
        customers.map { rows[$0] }, of: self, isHistory: first.network.reader.isHistory,
        on: first.parameters.backend, hidden: { _, input in input == hidden },
        swapped: swapped.map { all in
          SwappedInput(input: all.input, rows: customers.map { all.rows[$0] })
        })
      for (index, member) in networks.enumerated() {
        let reader = member.network.reader
        let tape = Tape(member.parameters, mode: .inference)
        let values = try tape.answers(reader(batch, on: tape))
        for (customer, value) in zip(customers, values) {
          logits[index][customer] = reader.output.logit(Double(value))
        }
      }
    }
    for index in logits.indices { try ranks.merge(&logits[index]) }
    return logits
  }
}
