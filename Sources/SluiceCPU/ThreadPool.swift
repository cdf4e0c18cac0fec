import Synchronization

import SluicePlatform

/// Threads that are made once and then share out the tiles of one operation after another.
///
/// A waiting thread looks for work for some microseconds, then sleeps. Who runs which tile is left
/// to chance; what a tile computes never depends on it.
final class ThreadPool {
  /// Threads that run tiles, the caller's among them.
  let count: Int
  private let shared: Shared
  private var threads: [pthread_t] = []

  init(count: Int) {
    let shared = Shared()
    self.shared = shared
    for worker in 1..<max(1, count) {
      let start = Unmanaged.passRetained(Start(shared: shared, worker: worker))
      #if canImport(Darwin)
        var thread: pthread_t?
      #else
        var thread = pthread_t()
      #endif
      let status = pthread_create(&thread, nil, runWorker, start.toOpaque())
      #if canImport(Darwin)
        guard status == 0, let thread else {
          start.release()
          break
        }
      #else
        guard status == 0 else {
          start.release()
          break
        }
      #endif
      threads.append(thread)
    }
    // A system that gives fewer threads changes the speed, not the results.
    self.count = threads.count + 1
  }

  deinit {
    shared.stop()
    for thread in threads { pthread_join(thread, nil) }
  }

  /// Asked before every tile: once true, those left are not run.
  var isCancelled: (@Sendable () -> Bool)? {
    get { shared.isCancelled }
    set { shared.isCancelled = newValue }
  }

  /// Runs `body` once for each of `0 ..< tiles`, and returns when all are done.
  ///
  /// - Parameter body: is given the tile and the number of the thread, below ``count``.
  func run(_ tiles: Int, _ body: (_ tile: Int, _ thread: Int) -> Void) {
    if threads.isEmpty || tiles < 2 {
      let isCancelled = shared.isCancelled
      for tile in 0..<tiles where isCancelled?() != true { body(tile, 0) }
      return
    }
    withoutActuallyEscaping(body) { shared.run(tiles, $0) }
  }
}

private final class Start {
  let shared: Shared
  let worker: Int

  init(shared: Shared, worker: Int) {
    self.shared = shared
    self.worker = worker
  }
}

private func runWorker(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
  start.shared.work(as: start.worker)
  return nil
}

/// The protocol between the caller and the workers.
///
/// A worker counts itself into `active` before it asks whether the job is open, and the caller
/// closes the job before it waits for `active` to fall to 0. So a worker either sees an open job
/// whose caller waits for it, or leaves the job alone; one that sleeps late delays nobody.
private final class Shared: @unchecked Sendable {
  private static let spins = 20_000
  private static let yields = 20

  private let generation = Atomic<Int>(0)
  private let isOpen = Atomic<Bool>(false)
  private let active = Atomic<Int>(0)
  private let next = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let isStopped = Atomic<Bool>(false)
  // Written only while no job is open and no worker is active.
  private var tiles = 0
  private var body: ((Int, Int) -> Void)?
  /// Set only between jobs.
  var isCancelled: (@Sendable () -> Bool)?
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func run(_ tiles: Int, _ body: @escaping (Int, Int) -> Void) {
    self.tiles = tiles
    self.body = body
    next.store(0, ordering: .relaxed)
    isOpen.store(true, ordering: .sequentiallyConsistent)
    announce()
    take(tiles, body, 0)
    isOpen.store(false, ordering: .sequentiallyConsistent)
    var turns = 0
    while active.load(ordering: .sequentiallyConsistent) > 0 {
      turns += 1
      if turns > Self.spins { sched_yield() }
    }
    self.body = nil
  }

  func stop() {
    isStopped.store(true, ordering: .sequentiallyConsistent)
    announce()
  }

  private func announce() {
    generation.add(1, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      pthread_mutex_lock(mutex)
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
  }

  private func take(_ tiles: Int, _ body: (Int, Int) -> Void, _ thread: Int) {
    let isCancelled = isCancelled
    while true {
      let tile = next.add(1, ordering: .relaxed).oldValue
      if tile >= tiles || isCancelled?() == true { return }
      body(tile, thread)
    }
  }

  func work(as worker: Int) {
    var seen = 0
    while true {
      seen = wait(past: seen)
      if isStopped.load(ordering: .sequentiallyConsistent) { return }
      active.add(1, ordering: .sequentiallyConsistent)
      if isOpen.load(ordering: .sequentiallyConsistent), let body {
        take(tiles, body, worker)
      }
      active.subtract(1, ordering: .sequentiallyConsistent)
    }
  }

  /// Waits until the generation differs from `seen`, and returns it.
  private func wait(past seen: Int) -> Int {
    for _ in 0..<Self.spins {
      let now = generation.load(ordering: .acquiring)
      if now != seen { return now }
    }
    for _ in 0..<Self.yields {
      let now = generation.load(ordering: .acquiring)
      if now != seen { return now }
      sched_yield()
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    sleepers.add(1, ordering: .sequentiallyConsistent)
    defer { sleepers.subtract(1, ordering: .sequentiallyConsistent) }
    while true {
      let now = generation.load(ordering: .sequentiallyConsistent)
      if now != seen { return now }
      pthread_cond_wait(condition, mutex)
    }
  }
}
