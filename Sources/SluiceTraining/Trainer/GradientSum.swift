import SluiceCompute
import SluiceNN

/// Adds up the gradients of a step's micro-batches, (g₀ + g₁) + g₂ + …, whichever rank computed each:
/// the sum is the same to the bit, however many ranks there are.
///
/// Each micro-batch is computed on gradients of zero; rank r of R takes those whose number is r modulo R.
/// Where there are several ranks, each adds up its own block of the arena: after every R micro-batches
/// it gets that block from all, and in the end all get all blocks.
///
/// - Complexity: A step sends (⌈M/R⌉ + 1) · (R − 1)/R · W numbers from each rank, for M micro-batches
///   and W weights: with M = R as many as a ring's reduction, which would add in another order.
final class GradientSum {
  /// Whether the last step was given up by a rank, or a rank wants to stop.
  private(set) var stops = false
  /// Seconds spent so far in waiting for other ranks and in sending.
  private(set) var seconds = 0.0

  private let parameters: ParameterArena
  private let count: Int
  private let ranks: any Collective
  /// The sum so far, where one rank computes several micro-batches.
  private let partial: Tensor?
  private var blocks: RankBlocks?

  /// - Parameter microBatches: At least 1.
  /// - Throws: `ComputeError` with `.outOfMemory`.
  init(of parameters: ParameterArena, microBatches: Int, over ranks: any Collective) throws {
    self.parameters = parameters
    self.ranks = ranks
    count = microBatches
    let isAlone = ranks.size == 1
    partial =
      isAlone && microBatches > 1
      ? try parameters.backend.makeTensor(parameters.gradients.shape) : nil
    blocks = isAlone ? nil : RankBlocks(count: parameters.gradients.count, over: ranks)
  }

  /// Computes the gradients of all micro-batches, and leaves their sum in the arena.
  ///
  /// - Parameters:
  ///   - losses: `[2]` for each micro-batch, side by side, written.
  ///   - wantsStop: Asked where there are other ranks, which learn of it.
  ///   - compute: Enqueues a micro-batch, which adds its gradients to the arena and writes its losses.
  /// - Throws: What `compute` throws; `ComputeError` with `.cancelled` where another rank has given the
  ///   step up.
  /// - Note: Waits for the device where there are other ranks.
  func compute(
    losses: Tensor, wantsStop: () -> Bool, _ compute: (_ microBatch: Int) throws -> Void
  ) throws {
    if blocks == nil {
      for microBatch in 0..<count {
        try clear()
        try compute(microBatch)
        try add(microBatch)
      }
    } else {
      try computeShare(losses: losses, wantsStop: wantsStop, compute)
    }
  }

  private func clear() throws {
    try parameters.backend.enqueue(Fill(parameters.gradients, with: 0))
  }

  /// Adds on the device.
  private func add(_ microBatch: Int) throws {
    guard let partial else { return }
    let (backend, gradients) = (parameters.backend, parameters.gradients)
    if microBatch == 0 {
      try backend.enqueue(Copy(gradients, to: partial))
    } else if microBatch < count - 1 {
      try backend.enqueue(LinearCombination(gradients, scale: 1, to: partial, outputScale: 1))
    } else {
      try backend.enqueue(LinearCombination(partial, scale: 1, to: gradients, outputScale: 1))
    }
  }

  private func computeShare(
    losses: Tensor, wantsStop: () -> Bool, _ compute: (_ microBatch: Int) throws -> Void
  ) throws {
    guard var blocks else { return }
    self.blocks = nil
    defer { self.blocks = blocks }
    let backend = parameters.backend
    var cancellation: ComputeError?
    for first in stride(from: 0, to: count, by: ranks.size) {
      if first + ranks.rank < count, cancellation == nil {
        do {
          try clear()
          try compute(first + ranks.rank)
          try blocks.values.withUnsafeMutableBytes {
            try backend.read(parameters.gradients, into: $0)
          }
        } catch let error as ComputeError where error.code == .cancelled {
          // The others wait for this rank's part: what it sends is thrown away.
          cancellation = error
        }
      }
      try timed {
        try blocks.add(min(ranks.size, count - first), isFirst: first == 0, over: ranks)
      }
    }
    let own: [Float] = try backend.read(losses)
    var notes = StepNotes(
      losses: own, isGivenUp: cancellation != nil, wantsStop: cancellation != nil || wantsStop())
    try timed { try notes.share(over: ranks) }
    stops = notes.wantsStop
    guard !notes.isGivenUp else {
      throw cancellation ?? ComputeError(.cancelled, "another rank has given the step up")
    }
    try backend.write(notes.losses, to: losses)
    try timed { try blocks.gather(over: ranks) }
    try backend.write(blocks.values, to: parameters.gradients)
  }

  private func timed(_ body: () throws -> Void) rethrows {
    let start = ContinuousClock.now
    try body()
    seconds += start.duration(to: .now) / .seconds(1)
  }
}

/// An arena on the host, and the sums of the block of it that is this rank's to add up.
private struct RankBlocks {
  /// `[W]`
  var values: [Float]
  private let blocks: [Range<Int>]
  private var received: [Float] = []
  private var sums: [Float] = []

  init(count: Int, over ranks: any Collective) {
    values = [Float](repeating: 0, count: count)
    blocks = ranks.blocks(of: count)
  }

  /// Adds the values of the first `senders` ranks, in their order, to the block's sums.
  mutating func add(_ senders: Int, isFirst: Bool, over ranks: any Collective) throws {
    let width = blocks[ranks.rank].count
    if received.isEmpty {
      received = [Float](repeating: 0, count: ranks.size * width)
      sums = [Float](repeating: 0, count: width)
    }
    try values.withUnsafeBufferPointer { own in
      try received.withUnsafeMutableBufferPointer {
        try ranks.exchange(own, in: blocks, into: $0)
      }
    }
    sums.withUnsafeMutableBufferPointer { sums in
      received.withUnsafeBufferPointer { received in
        for sender in 0..<senders {
          let part = received[(sender * width)..<((sender + 1) * width)]
          if isFirst && sender == 0 {
            _ = sums.update(fromContentsOf: part)
          } else {
            Self.add(UnsafeBufferPointer(rebasing: part), to: sums)
          }
        }
      }
    }
  }

  private static func add(
    _ part: UnsafeBufferPointer<Float>, to sums: UnsafeMutableBufferPointer<Float>
  ) {
    for place in sums.indices { sums[place] += part[place] }
  }

  /// Puts the sums of all blocks in the arena.
  mutating func gather(over ranks: any Collective) throws {
    try sums.withUnsafeBufferPointer { own in
      try values.withUnsafeMutableBufferPointer { try ranks.gather(own, of: blocks, into: $0) }
    }
  }
}

/// What ranks tell each other of a step besides gradients.
private struct StepNotes {
  /// `[2 · M]`: each rank's own micro-batches; of all, once shared.
  var losses: [Float]
  /// Whether this rank has given the step up; any, once shared.
  var isGivenUp: Bool
  /// Whether this rank wants to stop; any, once shared.
  var wantsStop: Bool

  mutating func share(over ranks: any Collective) throws {
    let own = losses + [isGivenUp ? 1 : 0, wantsStop ? 1 : 0]
    let width = own.count
    var all = [Float](repeating: 0, count: ranks.size * width)
    try own.withUnsafeBufferPointer { own in
      try all.withUnsafeMutableBufferPointer {
        try ranks.gather(
          own, of: (0..<ranks.size).map { ($0 * width)..<(($0 + 1) * width) }, into: $0)
      }
    }
    for place in losses.indices {
      losses[place] = all[place / 2 % ranks.size * width + place]
    }
    isGivenUp = (0..<ranks.size).contains { all[$0 * width + losses.count] != 0 }
    wantsStop = (0..<ranks.size).contains { all[$0 * width + losses.count + 1] != 0 }
  }
}
