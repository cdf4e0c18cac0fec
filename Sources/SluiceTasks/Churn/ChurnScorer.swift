import SluiceCompute
import SluiceNN

/// One network of an ensemble with its weights.
struct ChurnMember {
  let network: any CustomerReader
  let parameters: ParameterArena
}

/// Runs the members of an ensemble over customers, without learning.
struct ChurnScorer {
  let members: [ChurnMember]

  /// Rows of customers on the device at a time: enough to keep it busy.
  private static let rowsAtATime = 8192
  private static let customersAtATime = 1024

  /// The logits of every member for every customer.
  ///
  /// - Parameters:
  ///   - rows: The rows of each customer, the earliest first.
  ///   - hidden: An input that is hidden from the network in every row.
  /// - Returns: `[members][N]`
  /// - Note: Waits for the device.
  func logits(
    _ rows: [ArraySlice<Int32>], of cells: EncodedCustomers, hidden: Int? = nil
  ) throws -> [[Double]] {
    var logits = members.map { _ in [Double](repeating: 0, count: rows.count) }
    guard let first = members.first else { return logits }
    for customers in chunks(rows) {
      let batch = try CustomerBatch(
        customers.map { rows[$0] }, of: cells, isHistory: first.network.isHistory,
        on: first.parameters.backend,
        hidden: { _, input in input == hidden })
      for (index, member) in members.enumerated() {
        let output = try member.network(batch, on: Tape(member.parameters, mode: .inference))
        let values: [Float] = try member.parameters.backend.read(output.value)
        for (customer, value) in zip(customers, values) {
          logits[index][customer] = member.network.output.logit(Double(value))
        }
      }
    }
    return logits
  }

  /// The customers in parts that fit the device, those of similar length together.
  private func chunks(_ rows: [ArraySlice<Int32>]) -> [[Int]] {
    let order = rows.indices.sorted { (rows[$0].count, $0) < (rows[$1].count, $1) }
    var chunks: [[Int]] = []
    for customer in order {
      let length = max(1, rows[customer].count)
      if let last = chunks.indices.last,
        chunks[last].count < Self.customersAtATime,
        (chunks[last].count + 1) * length <= Self.rowsAtATime
      {
        chunks[last].append(customer)
      } else {
        chunks.append([customer])
      }
    }
    return chunks
  }
}
