/// In which order another program keeps the gates of a cell, whose weights are a block of rows for each.
package struct GateOrder: Hashable, Sendable {
  /// For each block there, which of ours it is.
  package let blocks: [Int]

  /// `GateOrder(0, 3, 1, 2)`: ours i, f, g, o stand there as i, o, f, g.
  package init(_ blocks: Int...) {
    self.blocks = blocks
  }

  /// The values of a weight or bias as they stand there.
  ///
  /// - Parameter ours: Of as many values for each gate, one gate behind the other.
  package func there(_ ours: [Float]) -> [Float] {
    let size = ours.count / blocks.count
    return blocks.flatMap { ours[($0 * size)..<(($0 + 1) * size)] }
  }

  /// The values as they stand here.
  package func here(_ theirs: [Float]) -> [Float] {
    let size = theirs.count / blocks.count
    var values = theirs
    for (place, block) in blocks.enumerated() {
      values.replaceSubrange(
        (block * size)..<((block + 1) * size), with: theirs[(place * size)..<((place + 1) * size)])
    }
    return values
  }
}
