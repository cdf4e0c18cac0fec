import SluiceCPUInterface
import SluiceCompute
import Synchronization

import SluicePlatform

/// Memory by size class: what is let go of is kept for the next who asks for as much.
final class BufferPool: Sendable {
  /// A stretch of memory on a cache line's boundary.
  struct Block: @unchecked Sendable {
    let start: UnsafeMutableRawPointer
    let sizeClass: Int

    var floats: Floats { start.assumingMemoryBound(to: Float.self) }
  }

  private struct State {
    var free: [Int: [Block]] = [:]
    var use = MemoryUse()
  }

  private let state = Mutex(State())
  /// Bytes that may be in use.
  private let limit = Processor.current.memory

  var use: MemoryUse { state.withLock { $0.use } }

  deinit {
    state.withLock { Self.release(&$0) }
  }

  /// Memory for `count` elements of four bytes, and the read-ahead behind them.
  func take(_ count: Int) throws(ComputeError) -> Block {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: 4)
    guard count >= 0, !overflow, bytes < Int.max / 4 else { throw exhausted(bytes) }
    let sizeClass = Self.sizeClass(bytes + CPUMemory.readAhead * 4)
    let block: Block? = state.withLock { state in
      var found = state.free[sizeClass]?.popLast()
      // More than there is would be given, and the process killed once it is used.
      guard found != nil || state.use.current + sizeClass <= limit else { return nil }
      if found == nil { found = Self.allocate(sizeClass) }
      if found == nil {
        Self.release(&state)
        found = Self.allocate(sizeClass)
      }
      if found != nil {
        state.use.current += sizeClass
        state.use.peak = max(state.use.peak, state.use.current)
      }
      return found
    }
    guard let block else { throw exhausted(bytes) }
    return block
  }

  func give(_ block: Block) {
    state.withLock { state in
      state.use.current -= block.sizeClass
      state.free[block.sizeClass, default: []].append(block)
    }
  }

  /// Eight classes to an octave: at most an eighth is wasted.
  static func sizeClass(_ bytes: Int) -> Int {
    let least = max(bytes, 512)
    let step = 1 << max(6, Int.bitWidth - least.leadingZeroBitCount - 4)
    return (least + step - 1) / step * step
  }

  /// Bytes of a large page of the usual processors.
  private static let hugePage = 2 << 20

  private static func allocate(_ bytes: Int) -> Block? {
    var start: UnsafeMutableRawPointer?
    let isLarge = bytes >= hugePage
    guard posix_memalign(&start, isLarge ? hugePage : 64, bytes) == 0, let start else { return nil }
    #if os(Linux)
      // Fewer addresses to look up. Only a wish: where the system has no such page, nothing is lost.
      if isLarge { madvise(start, bytes, Int32(MADV_HUGEPAGE)) }
    #endif
    // Kernels read, and drop, what lies past the end: it must not be slow to read.
    memset(start + (bytes - CPUMemory.readAhead * 4), 0, CPUMemory.readAhead * 4)
    return Block(start: start, sizeClass: bytes)
  }

  private static func release(_ state: inout State) {
    for block in state.free.values.joined() { free(block.start) }
    state.free = [:]
  }

  private func exhausted(_ bytes: Int) -> ComputeError {
    ComputeError(
      .outOfMemory,
      "no memory for \(bytes.mebibytes) on cpu: \(use.current.mebibytes) of \(limit.mebibytes) are in "
        + "use",
      remedy: "Use a smaller batch, fewer steps or a smaller model.")
  }
}

/// A buffer in main memory.
final class CPUBuffer: Buffer {
  let count: Int
  let elementType: ElementType
  let owner: ObjectIdentifier
  let block: BufferPool.Block
  private let pool: BufferPool

  init(
    count: Int, elementType: ElementType, owner: ObjectIdentifier, pool: BufferPool
  ) throws(ComputeError) {
    self.block = try pool.take(count)
    self.count = count
    self.elementType = elementType
    self.owner = owner
    self.pool = pool
  }

  deinit {
    pool.give(block)
  }
}

/// Memory for the time of one operation.
struct Scratch: ~Copyable {
  let floats: Floats
  private let block: BufferPool.Block
  private let pool: BufferPool

  init(_ count: Int, from pool: BufferPool) throws(ComputeError) {
    self.block = try pool.take(count)
    self.floats = block.floats
    self.pool = pool
  }

  deinit {
    pool.give(block)
  }
}
