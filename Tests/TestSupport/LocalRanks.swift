import Foundation
import SluiceCompute

/// Ranks that are threads of one process.
///
/// Every call is a meeting: all ranks lay down what they have, wait for the last one, take what they
/// need, and wait again before anything is laid down anew.
package final class LocalRanks: @unchecked Sendable {
  private let size: Int
  private let condition = NSCondition()
  private var laidDown: [[Float]]
  private var bytes: [UInt8] = []
  private var arrived = 0
  private var meeting = 0
  private var isBroken = false

  private init(_ size: Int) {
    self.size = size
    laidDown = [[Float]](repeating: [], count: size)
  }

  /// Runs `body` on so many ranks at once.
  ///
  /// - Returns: What each gave, by rank.
  /// - Throws: The error of the first rank that failed; the others, which wait for it, fail likewise.
  package static func run<Result: Sendable>(
    _ size: Int, _ body: @escaping @Sendable (any Collective) throws -> Result
  ) throws -> [Result] {
    let ranks = LocalRanks(size)
    let results = Outcomes<Result>(size)
    let ended = DispatchGroup()
    for rank in 0..<size {
      ended.enter()
      let thread = Thread {
        let result = Swift.Result { try body(Member(of: ranks, rank: rank)) }
        results.take(result, of: rank)
        if case .failure = result { ranks.breakUp() }
        ended.leave()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    ended.wait()
    return try results.values()
  }

  /// Waits for all ranks.
  private func meet() throws(ComputeError) {
    condition.lock()
    defer { condition.unlock() }
    let current = meeting
    arrived += 1
    if arrived == size {
      arrived = 0
      meeting += 1
      condition.broadcast()
    }
    while meeting == current, !isBroken { condition.wait() }
    if meeting == current { throw ComputeError(.deviceFailure, "another rank is gone") }
  }

  private func breakUp() {
    condition.withLock {
      isBroken = true
      condition.broadcast()
    }
  }

  /// One of them.
  private final class Member: Collective {
    let rank: Int
    private let ranks: LocalRanks

    init(of ranks: LocalRanks, rank: Int) {
      self.ranks = ranks
      self.rank = rank
    }

    var size: Int { ranks.size }

    func barrier() throws(ComputeError) { try ranks.meet() }

    func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws(ComputeError) {
      if rank == root { ranks.bytes = Array(bytes) }
      try ranks.meet()
      if rank != root { bytes.copyBytes(from: ranks.bytes) }
      try ranks.meet()
    }

    func exchange(
      _ values: UnsafeBufferPointer<Float>, in blocks: [Range<Int>],
      into received: UnsafeMutableBufferPointer<Float>
    ) throws(ComputeError) {
      ranks.laidDown[rank] = Array(values)
      try ranks.meet()
      let own = blocks[rank]
      for sender in 0..<size {
        for (place, index) in own.enumerated() {
          received[sender * own.count + place] = ranks.laidDown[sender][index]
        }
      }
      try ranks.meet()
    }

    func gather(
      _ block: UnsafeBufferPointer<Float>, of blocks: [Range<Int>],
      into values: UnsafeMutableBufferPointer<Float>
    ) throws(ComputeError) {
      ranks.laidDown[rank] = Array(block)
      try ranks.meet()
      for (sender, range) in blocks.enumerated() {
        for (place, index) in range.enumerated() { values[index] = ranks.laidDown[sender][place] }
      }
      try ranks.meet()
    }
  }

  /// What ranks came to, in the order in which they ended.
  private final class Outcomes<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var results: [Result<Value, any Error>?]
    private var failure: (any Error)?

    init(_ count: Int) { results = [Result<Value, any Error>?](repeating: nil, count: count) }

    func take(_ result: Result<Value, any Error>, of rank: Int) {
      lock.withLock {
        results[rank] = result
        if case .failure(let error) = result { failure = failure ?? error }
      }
    }

    func values() throws -> [Value] {
      if let failure { throw failure }
      return try results.compactMap { try $0?.get() }
    }
  }
}
