import SluiceCPU
import SluiceCompute

/// Where the time of a step goes.
struct Profile {
  var isOn: Bool
  /// The least that each part took: what it takes when nothing else runs.
  private(set) var times: [(name: String, seconds: Double)] = []

  init(isOn: Bool) {
    self.isOn = isOn
  }

  mutating func time(_ name: String, _ body: () throws -> Void) throws {
    guard isOn else { return try body() }
    let clock = ContinuousClock()
    let begin = clock.now
    try body()
    let seconds = (clock.now - begin) / .seconds(1)
    if let index = times.firstIndex(where: { $0.name == name }) {
      times[index].seconds = min(times[index].seconds, seconds)
    } else {
      times.append((name, seconds))
    }
  }
}

/// Times one training step of the race shapes: `race [--threads N] [--seconds S] [--shape NAME]…
/// [--set baseline|avx2|avx512] [--profile]`. Prints what `peers/race_shapes.py` prints.
@main
struct Race {
  static func main() throws {
    var threads = 2
    var seconds = 2.0
    var names: [String] = []
    var set: InstructionSet?
    var isProfiled = false
    var arguments = Array(CommandLine.arguments.dropFirst())
    func value() -> String { arguments.isEmpty ? "" : arguments.removeFirst() }
    while !arguments.isEmpty {
      switch arguments.removeFirst() {
      case "--threads": threads = Int(value()) ?? threads
      case "--seconds": seconds = Double(value()) ?? seconds
      case "--shape": names.append(value())
      case "--set": set = InstructionSet(rawValue: value())
      case "--profile": isProfiled = true
      case let other: print("unknown: \(other)")
      }
    }
    let backend = try CPUBackend(threads: threads, instructionSet: set)
    if isProfiled { print("peak: \(backend.measurePeak() / 1e9) GFLOP/s") }
    var results: [String] = []
    for shape in RaceShape.all where names.isEmpty || names.contains(shape.name) {
      let milliseconds = try measure(shape, backend, seconds, isProfiled)
      results.append("\"\(shape.name)\": \((milliseconds * 1e4).rounded() / 1e4)")
    }
    print(
      "{\"device\": \"\(backend.device.name)\", \"threads\": \(threads), \"results\": "
        + "{\(results.joined(separator: ", "))}}")
  }

  static func measure(
    _ shape: RaceShape, _ backend: CPUBackend, _ seconds: Double, _ isProfiled: Bool
  ) throws -> Double {
    let step = try TrainingStep(shape, on: backend)
    var silent = Profile(isOn: false)
    for _ in 0..<3 { try step.run(&silent) }
    var profile = Profile(isOn: isProfiled)
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    var times: [Double] = []
    while clock.now < end || times.count < 3 {
      let begin = clock.now
      try step.run(&profile)
      times.append((clock.now - begin) / .milliseconds(1))
    }
    let median = times.sorted()[times.count / 2]
    if isProfiled {
      print(
        "\(shape.name): \(median) ms, at least \(times.min() ?? 0), \(shape.operations / median / 1e6) GFLOP/s, loss",
        try step.loss(), try step.strategy.reason)
      for (name, seconds) in profile.times {
        print("  \(name): \(seconds * 1e3) ms")
      }
    }
    return median
  }
}
