import SluiceCompute

/// What a device can do at most, measured: the yardstick of ``Benchmark``.
public struct DevicePeak: Encodable, Sendable {
  /// Multiply-adds that wait for nothing, in GFLOP/s; one counts as two operations.
  public var gflops: Double
  /// Bytes read and written by a copy within the device's memory, in GB/s.
  public var gigabytesPerSecond: Double

  /// Figures measured elsewhere.
  public init(gflops: Double, gigabytesPerSecond: Double) {
    self.gflops = gflops
    self.gigabytesPerSecond = gigabytesPerSecond
  }

  private enum CodingKeys: String, CodingKey {
    case gflops
    case gigabytesPerSecond = "copy_gb_per_s"
  }

  /// Measures a device. Takes about a second.
  ///
  /// - Throws: ``ComputeError``.
  public init(of backend: any Backend) throws(ComputeError) {
    guard let device = backend as? any PeakMeasuring else {
      throw ComputeError(.unsupported, "\(backend.device.id) cannot measure what it does at most")
    }
    gflops = try device.measurePeak() / 1e9
    gigabytesPerSecond = try Self.copyRate(of: backend) / 1e9
  }

  /// Bytes a second: twice those of a copy that no cache holds, in the best of several.
  private static func copyRate(of backend: any Backend) throws(ComputeError) -> Double {
    let largest = 256 << 20
    let count = max(1 << 16, min(largest, backend.device.globalMemory / 16)) / 4
    let input = try backend.makeTensor([count])
    let output = try backend.makeTensor([count])
    for tensor in [input, output] { try backend.enqueue(Fill(tensor, with: 1)) }
    try backend.synchronize()
    let copy = LinearCombination(input, scale: 1, to: output, outputScale: 0)
    let clock = ContinuousClock()
    var best = Double.infinity
    for _ in 0..<8 {
      let start = clock.now
      try backend.enqueue(copy)
      try backend.synchronize()
      best = min(best, (clock.now - start) / .seconds(1))
    }
    return 8 * Double(count) / best
  }
}
