import Foundation
import Sluice
import SluiceCPU
import SluiceCompute

/// What one process measures and prints as JSON: ours, and the peer's too.
struct Measurement: Codable {
  var device: String
  var threads: Int
  /// The peer's; ours has none.
  var version: String?
  /// The median of each shape, milliseconds per step.
  var results: [String: Double] = [:]
  /// The most memory that the process held, MiB.
  var peakMemory: Double
  /// Multiply-add operations per second at most, 10⁹; ours alone.
  var peak: Double?
  /// Where the time of a step of each shape goes, milliseconds; ours alone.
  var parts: [String: [Part: Double]]?
  /// Floating-point operations that a step of each shape does, after folding; ours alone.
  var operations: [String: Double]?

  enum CodingKeys: String, CodingKey {
    case device, threads, version, results, peak, parts, operations
    case peakMemory = "peak_memory_mib"
  }

  init(_ options: Options) throws {
    let processor = try CPUBackend(threads: options.threads, instructionSet: options.set)
    device = processor.device.name
    threads = options.threads
    peakMemory = 0
    parts = [:]
    operations = [:]
    peak = processor.measurePeak() / 1e9
    for shape in options.shapes {
      let backend = TimedBackend(processor)
      let network = try RaceNetwork(shape, on: backend)
      let trainer = try Trainer(network, configuration: RaceNetwork.configuration)
      let (median, times) = try Self.measure(trainer, on: backend, options.seconds)
      results[shape.name] = median
      operations?[shape.name] = try network.operations()
      parts?[shape.name] = times.mapValues { $0 * 1e3 }
    }
    var usage = rusage()
    // 0: this process. Its constant is imported as one type and taken as another.
    getrusage(0, &usage)
    peakMemory = Double(usage.ru_maxrss) / 1024
  }

  /// - Returns: The median step in milliseconds, and the least seconds that each part of a step took:
  ///   what it takes when nothing else runs.
  private static func measure(_ trainer: Trainer, on backend: TimedBackend, _ seconds: Double)
    throws -> (median: Double, times: [Part: Double])
  {
    for _ in 0..<3 { try trainer.step() }
    // Throws where the loss is no number.
    try trainer.takeLoss()
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    var steps: [Double] = []
    var least: [Part: Double] = [:]
    while clock.now < end || steps.count < 3 {
      _ = backend.takeTimes()
      let begin = clock.now
      try trainer.step()
      try backend.synchronize()
      let step = (clock.now - begin) / .seconds(1)
      steps.append(step * 1e3)
      var times = backend.takeTimes()
      times[.between] = step - times.values.reduce(0, +)
      least.merge(times) { min($0, $1) }
    }
    try trainer.takeLoss()
    return (steps.sorted()[steps.count / 2], least)
  }
}
