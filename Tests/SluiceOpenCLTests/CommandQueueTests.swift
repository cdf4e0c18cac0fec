import Foundation
import SluiceCompute
import SluiceConformance
import Testing

@testable import SluiceOpenCL

/// Work goes on while kernels are being compiled, and nobody can tell but by the clock.
@Suite(.enabled(if: TestDevice.exists)) struct CommandQueueTests {
  private func open(aside: Bool) throws -> OpenCLBackend {
    var options = TestDevice.options
    options.compilesAside = aside
    return try TestDevice.open(options)
  }

  /// Writes and launches on the same memory stay in their order.
  @Test(arguments: [true, false]) func orderIsKept(aside: Bool) throws {
    let backend = try open(aside: aside)
    let memory = try backend.makeTensor([1000])
    var sums: [Tensor] = []
    for round in 1...3 {
      try backend.write([Float](repeating: Float(round), count: 1000), to: memory)
      let sum = try backend.makeTensor([1])
      try backend.enqueue(SumOfSquares(memory, into: sum))
      sums.append(sum)
      try backend.enqueue(Fill(memory, with: -1))
    }
    if !aside { #expect(backend.queue.isEmpty) }
    #expect(try backend.read(memory) == [Float](repeating: -1, count: 1000))
    #expect(backend.queue.isEmpty)
    for (index, sum) in sums.enumerated() {
      #expect(try backend.read(sum) == [Float(1000 * (index + 1) * (index + 1))])
    }
  }

  /// Memory that was let go of before its launch has been handed to the driver may be used again.
  @Test func memoryIsReused() throws {
    let backend = try open(aside: true)
    var results: [Tensor] = []
    for round in 0..<5 {
      let temporary = try backend.makeTensor([1 << 10])
      try backend.enqueue(Fill(temporary, with: Float(round)))
      let result = try backend.makeTensor([1])
      try backend.enqueue(SumOfSquares(temporary, into: result))
      results.append(result)
    }
    // Of one size class, and one alive at a time.
    #expect(backend.memory.peak < 5 * 4 << 10)
    for (round, result) in results.enumerated() {
      #expect(try backend.read(result) == [Float(round * round << 10)])
    }
  }

  @Test func sameBits() throws {
    let backend = try open(aside: true)
    let aside = try TrainingCheck.losses(on: backend)
    #expect(try TrainingCheck.losses(on: open(aside: false)) == aside)
    // What a training compiles before its first step; each costs a second or so.
    #expect(backend.kernels.programCount <= 20)
  }

  /// A kernel that does not compile is told by the next wait, with the compiler's log, and once.
  @Test func failureIsTold() throws {
    let backend = try open(aside: true)
    let output = try backend.makeTensor([256], [Float](repeating: 3, count: 256))
    // An option that breaks the file.
    let broken = KernelName("fill", ["__kernel": 0])
    let given: KernelArguments = [
      "output": .tensor(output), "columns": .int(256), "count": .int(256), "bits": .uint(0),
    ]
    try? backend.launch(broken, count: 256, given)
    let later = try? backend.makeTensor([2], [Float(1), 2])
    let error = #expect(throws: ComputeError.self) {
      // The launch may have told already, where the compiler was fast.
      try backend.launch(broken, count: 256, given)
      try backend.synchronize()
    }
    #expect(error?.code == .deviceFailure)
    #expect(error?.what.contains("fill") == true)
    #expect(error?.what.contains("elementwise.cl does not compile") == true)
    #expect(error?.cause?.contains("log:") == true)
    // Nothing ran, what was written is there, and it goes on.
    #expect(try backend.read(output) == [Float](repeating: 3, count: 256))
    if let later { #expect(try backend.read(later) == [1, 2]) }
    try backend.enqueue(Fill(output, with: 4))
    #expect(try backend.read(output) == [Float](repeating: 4, count: 256))
  }

  /// A device that is closed while compilers work for it leaves them alone.
  @Test func closedAtWork() throws {
    for _ in 0..<3 {
      let backend = try open(aside: true)
      try backend.enqueue(Fill(try backend.makeTensor([4]), with: 1))
    }
  }

  @Test func longWaitIsTold() throws {
    let backend = try open(aside: true)
    let count = Box()
    backend.queue.patience = 0
    backend.onLongCompilation { count.values.append($0) }
    // No other test compiles it with this.
    let name = KernelName("fill", ["UNSEEN": Int.random(in: 1..<1 << 40)])
    let output = try backend.makeTensor([256])
    for _ in 0..<2 {
      try backend.launch(
        name, count: 256,
        [
          "output": .tensor(output), "columns": .int(256), "count": .int(256), "bits": .uint(0),
        ])
      try backend.synchronize()
    }
    #expect(count.values == [1])
  }

  private final class Box {
    var values: [Int] = []
  }
}

/// Threads that compile.
@Suite struct CompilerThreadsTests {
  @Test func everyJobIsDoneAndNoneAfterTheEnd() {
    let threads = CompilerThreads(limit: 3)
    let done = Counter()
    for _ in 0..<100 { threads.run { done.add() } }
    while done.value < 100 { usleep(100) }
    threads.stop()
    threads.run { done.add() }
    #expect(done.value == 100)
  }

  private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0
    var value: Int { lock.withLock { count } }
    func add() { lock.withLock { count += 1 } }
  }
}
