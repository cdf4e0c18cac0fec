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
  var parts: [String: [String: Double]]?

  /// Floating-point operations that a step of each shape does, after folding; ours alone.
  var operations: [String: Double]?

  enum CodingKeys: String, CodingKey {
    case device, threads, version, results, peak, parts, operations
    case peakMemory = "peak_memory_mib"
  }

  init(_ options: Options) throws {
    let backend = try CPUBackend(threads: options.threads, instructionSet: options.set)
    device = backend.device.name
    threads = options.threads
    peakMemory = 0
    parts = [:]
    operations = [:]
    peak = backend.measurePeak() / 1e9
    for shape in options.shapes {
      let step = try TrainingStep(shape, on: backend)
      let (median, profile) = try Self.measure(step, options.seconds)
      results[shape.name] = median
      operations?[shape.name] = step.operations
      parts?[shape.name] = profile.times.mapValues { $0 * 1e3 }
    }
    var usage = rusage()
    // 0: this process. Its constant is imported as one type and taken as another.
    getrusage(0, &usage)
    peakMemory = Double(usage.ru_maxrss) / 1024
  }

  private static func measure(_ step: TrainingStep, _ seconds: Double) throws
    -> (median: Double, profile: Profile)
  {
    var warmUp = Profile()
    for _ in 0..<3 { try step.run(&warmUp) }
    var profile = Profile()
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    var times: [Double] = []
    while clock.now < end || times.count < 3 {
      let begin = clock.now
      try step.run(&profile)
      times.append((clock.now - begin) / .milliseconds(1))
    }
    return (times.sorted()[times.count / 2], profile)
  }
}

/// The least seconds that each part of a step took: what it takes when nothing else runs.
struct Profile {
  private(set) var times: [String: Double] = [:]

  mutating func time(_ name: String, _ body: () throws -> Void) throws {
    let clock = ContinuousClock()
    let begin = clock.now
    try body()
    let seconds = (clock.now - begin) / .seconds(1)
    times[name] = min(times[name] ?? .infinity, seconds)
  }
}
