import SluiceCompute

/// Losses and gradient norms on the device, a row for each step, which the host reads once per
/// logging interval.
final class StepLog {
  /// Where one step writes.
  struct Slot {
    /// `[1]`
    var squaredNorm: Tensor
    /// `[2]` for each micro-batch.
    var losses: [Tensor]
    /// All of them, side by side.
    var allLosses: Tensor
  }

  /// What one step wrote.
  struct Entry {
    var squaredNorm: Float
    var losses: [(sum: Float, weight: Float)]

    var isFinite: Bool {
      squaredNorm.isFinite && losses.allSatisfy { $0.sum.isFinite && $0.weight.isFinite }
    }
  }

  /// Rows written since the last read.
  private(set) var pending = 0
  /// Whether there is no row left before a read.
  var isFull: Bool { pending == rows.shape[0] }
  private let backend: any Backend
  private let rows: Tensor
  private let microBatches: Int

  init(capacity: Int, microBatches: Int, on backend: any Backend) throws {
    self.backend = backend
    self.microBatches = microBatches
    rows = try backend.makeTensor([capacity, 1 + 2 * microBatches])
    try backend.enqueue(Fill(rows, with: 0))
  }

  /// Where the next step writes.
  ///
  /// - Precondition: the log is not full.
  var slot: Slot {
    let row = rows.step(pending)
    return Slot(
      squaredNorm: row.columns(0..<1),
      losses: (0..<microBatches).map { row.columns((1 + 2 * $0)..<(3 + 2 * $0)) },
      allLosses: row.columns(1..<(1 + 2 * microBatches)))
  }

  /// Takes note that a step has been enqueued that writes to ``slot``.
  func endStep() { pending += 1 }

  /// Waits for the device and takes the pending rows, the oldest first.
  func take() throws -> [Entry] {
    guard pending > 0 else { return [] }
    let width = rows.columns
    let written = Tensor(buffer: rows.buffer, offset: rows.offset, shape: [pending, width])
    let values: [Float] = try backend.read(written)
    defer { pending = 0 }
    return (0..<pending).map { row in
      let row = values[(row * width)..<((row + 1) * width)]
      let start = row.startIndex
      return Entry(
        squaredNorm: row[start],
        losses: (0..<microBatches).map {
          (sum: row[start + 1 + 2 * $0], weight: row[start + 2 + 2 * $0])
        })
    }
  }

  /// Forgets what is pending.
  func discard() { pending = 0 }
}
