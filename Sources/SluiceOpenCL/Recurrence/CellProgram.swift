import SluiceCompute

/// How kernels are made for a cell.
extension RecurrentCell {
  /// Its file of Kernels/, see recurrent.clh.
  var kernelFile: String { "cell_\(rawValue).clh" }

  /// What recurrent.clh is compiled with.
  var kernelOptions: [String: Int] {
    [
      "GATES": gateCount, "SEPARATE": separateGateCount, "CELL_STATE": hasCellState ? 1 : 0,
    ]
  }

  /// Floats that the gates of a unit take in memory, side by side: three lie as four do.
  var lanes: Int { gateCount == 3 ? 4 : gateCount }

  /// Bytes of the recurrent weights, `[G·H, H]`.
  func recurrentBytes(hidden: Int) -> Int { 4 * gateCount * hidden * hidden }

  /// The blocks of what forward keeps that the input has a share of, `[…, G·H]` of `[…, P·H]`.
  func inputShare(of gates: Tensor) -> Tensor {
    gates.columns(0..<gates.columns / blockCount * gateCount)
  }

  /// What belongs to the gates that input and hidden state share, `[…, (G − S)·H]` of `[…, G·H]`.
  func jointShare(of gates: Tensor) -> Tensor {
    gates.columns(0..<gates.columns / gateCount * (gateCount - separateGateCount))
  }

  /// What belongs to the separate gates, `[S·H]` of `[G·H]`; nil where there are none.
  func separateShare(of bias: Tensor) -> Tensor? {
    guard separateGateCount > 0 else { return nil }
    return bias.columns(jointShare(of: bias).columns..<bias.columns)
  }
}
