import SluiceCompute
import SluiceNN

/// How one device did at one shape.
public struct BenchmarkResult: Encodable, Sendable {
  public var shape: String
  /// Of the recurrent layers, and why.
  public var strategy: String
  public var reason: String
  /// The median step, in milliseconds.
  public var millisecondsPerStep: Double
  public var sequencesPerSecond: Double
  public var gflops: Double
  /// `gflops` over those of a large matrix product on the same device.
  public var shareOfPeak: Double
  /// Kernels enqueued in a step, counted; nil where nothing is.
  public var launchesPerStep: Double?
  /// Times the host waited within a step, counted.
  public var waitsPerStep: Double?
  /// Bytes copied to the device within a step, counted.
  public var uploadedBytesPerStep: Double?
  /// The most device memory held at once, in bytes.
  public var peakMemory: Int
  /// Steps that were timed.
  public var steps: Int

  private enum CodingKeys: String, CodingKey {
    case shape, strategy, reason, gflops, steps
    case millisecondsPerStep = "ms_per_step"
    case sequencesPerSecond = "sequences_per_s"
    case shareOfPeak = "share_of_peak"
    case launchesPerStep = "launches_per_step"
    case waitsPerStep = "waits_per_step"
    case uploadedBytesPerStep = "uploaded_bytes_per_step"
    case peakMemory = "peak_memory"
  }
}

/// Measures devices at the race shapes.
public enum Benchmark {
  /// The rate of a matrix product of 1,024 × 1,024 × 1,024, in GFLOP/s: what the shares of a peak
  /// are taken of. The best of several, after a warm-up.
  public static func peak(of backend: any Backend) throws -> Double {
    let size = 1024
    let left = try backend.makeTensor([size, size])
    let right = try backend.makeTensor([size, size])
    let output = try backend.makeTensor([size, size])
    try backend.enqueue(Fill(left, with: 0.5))
    try backend.enqueue(Fill(right, with: 0.25))
    let product = MatrixProduct(left, right, into: output)
    try backend.enqueue(product)
    try backend.synchronize()
    let clock = ContinuousClock()
    var best = Double.infinity
    let start = clock.now
    repeat {
      let duration = try clock.measure {
        for _ in 0..<4 { try backend.enqueue(product) }
        try backend.synchronize()
      }
      best = min(best, duration / .seconds(4))
    } while start.duration(to: clock.now) < .milliseconds(500)
    return 2 * Double(size * size * size) / best / 1e9
  }

  /// Times training steps of one shape: at least `seconds` of them and at least five, after two to
  /// warm up.
  ///
  /// - Parameter backend: A fresh one, so that its peak memory is that of the shape.
  /// - Throws: ``ComputeError``, `.outOfMemory` where the shape does not fit.
  public static func run(
    _ shape: RaceShape, on backend: any Backend, peak: Double, seconds: Double = 2
  ) throws -> BenchmarkResult {
    let network = try RaceNetwork(shape, on: backend)
    for _ in 0..<2 { try network.enqueueStep() }
    guard try network.loss().isFinite else {
      throw ComputeError(.deviceFailure, "the loss at \(shape.name) is not a number")
    }
    let before = backend.counts
    let clock = ContinuousClock()
    var times: [Double] = []
    let start = clock.now
    while times.count < 5 || start.duration(to: clock.now) < .seconds(seconds) {
      let duration = try clock.measure {
        try network.enqueueStep()
        try backend.synchronize()
      }
      times.append(duration / .milliseconds(1))
    }
    let after = backend.counts
    let count = Double(times.count)
    func perStep(_ value: (DeviceCounts) -> Int) -> Double? {
      guard let before, let after else { return nil }
      return Double(value(after) - value(before)) / count
    }
    let median = times.sorted()[times.count / 2]
    let rate = shape.operations / median / 1e6
    let plan = try network.plan()
    return BenchmarkResult(
      shape: shape.name, strategy: plan.strategy.rawValue, reason: plan.reason,
      millisecondsPerStep: median, sequencesPerSecond: Double(shape.batch) / median * 1000,
      gflops: rate, shareOfPeak: rate / peak, launchesPerStep: perStep(\.launches),
      // One wait of each step is the clock's own.
      waitsPerStep: perStep(\.hostWaits).map { max(0, $0 - 1) },
      uploadedBytesPerStep: perStep(\.uploadedBytes), peakMemory: backend.memory.peak,
      steps: times.count)
  }
}
