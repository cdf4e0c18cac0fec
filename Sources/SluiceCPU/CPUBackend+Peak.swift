import SluiceCPUInterface
import SluiceCompute

extension CPUBackend {
  /// Measures what the processor's multiply-add units can do at most, all threads at work: the
  /// yardstick that products are held against.
  ///
  /// - Returns: floating-point operations per second; a multiply-add counts as two.
  /// - Complexity: takes about `rounds` · 10 milliseconds.
  public func measurePeak(rounds: Int = 20) -> Double {
    let count = 1 << 20
    let operations = Double(count * 12 * 2 * kernels.lanes * threads.count)
    let clock = ContinuousClock()
    var best = 0.0
    for _ in 0..<max(1, rounds) {
      let begin = clock.now
      threads.run(threads.count) { tile, _ in
        // Of course it is not: but the compiler cannot know.
        if self.kernels.multiplyAddChains(count, 0.5 + Float(tile) * 1e-6) == 0.123 { return }
      }
      best = max(best, operations / ((clock.now - begin) / .seconds(1)))
    }
    return best
  }
}
