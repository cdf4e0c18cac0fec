import Sluice

/// How one device did.
struct DeviceRace {
  var device: String
  var name: String
  var peak: DevicePeak
  var results: [BenchmarkResult]
}

/// What `bench --json` prints.
struct BenchReport: Encodable {
  struct Measured: Encodable {
    var device: String
    var name: String
    var peak: DevicePeak
  }

  /// As asked for: `all`, or one.
  var device: String
  var devices: [Measured]
  /// Device by device.
  var results: [BenchmarkResult]

  init(device: String, races: [DeviceRace]) {
    self.device = device
    devices = races.map { Measured(device: $0.device, name: $0.name, peak: $0.peak) }
    results = races.flatMap(\.results)
  }
}

/// Who is faster, and from which batch size on, in plain words.
enum BenchVerdict {
  /// Lines that set every other device against the CPU; none without the CPU.
  static func lines(_ races: [DeviceRace]) -> [String] {
    guard let cpu = races.first(where: { $0.device == "cpu" }) else { return [] }
    return races.filter { $0.device != "cpu" }.flatMap { race in
      shapes(race, cpu) + tasks(race, cpu)
    }
  }

  private static func shapes(_ race: DeviceRace, _ cpu: DeviceRace) -> [String] {
    var families: [String] = []
    for shape in RaceShape.all where !families.contains(shape.family) {
      families.append(shape.family)
    }
    return families.compactMap { family in
      let pairs = RaceShape.all.filter { $0.family == family }.sorted { $0.batch < $1.batch }
        .compactMap { shape in
          speedup(shape.name, race, cpu).map { (batch: shape.batch, speedup: $0) }
        }
      return sentence(pairs, race.device).map { "\(family): \($0)" }
    }
  }

  /// - Parameter pairs: Batch sizes, ascending, and how many times as fast as the CPU the device is.
  private static func sentence(_ pairs: [(batch: Int, speedup: Double)], _ device: String)
    -> String?
  {
    guard let smallest = pairs.first, let largest = pairs.last else { return nil }
    if largest.speedup <= 1 {
      guard let won = pairs.last(where: { $0.speedup > 1 }) else {
        return "the CPU is faster than \(device) up to a batch of \(largest.batch), the largest "
          + "measured"
      }
      return "\(device) is faster than the CPU up to a batch of \(won.batch), the CPU at "
        + "\(largest.batch)"
    }
    guard let lost = pairs.lastIndex(where: { $0.speedup <= 1 }) else {
      let rest = pairs.count > 1 ? ", \(times(largest.speedup)) at \(largest.batch)" : ""
      return "\(device) is \(times(smallest.speedup)) times as fast as the CPU at a batch of "
        + "\(smallest.batch), the smallest measured\(rest)"
    }
    return "\(device) is faster than the CPU from a batch between \(pairs[lost].batch) and "
      + "\(pairs[lost + 1].batch) on, and \(times(largest.speedup)) times as fast at "
      + "\(largest.batch)"
  }

  private static func tasks(_ race: DeviceRace, _ cpu: DeviceRace) -> [String] {
    BenchmarkTask.all.compactMap { task in
      guard let speedup = speedup(task.name, race, cpu) else { return nil }
      return speedup > 1
        ? "\(task): \(race.device) trains it \(times(speedup)) times as fast as the CPU"
        : "\(task): the CPU trains it \(times(1 / speedup)) times as fast as \(race.device)"
    }
  }

  private static func speedup(_ name: String, _ race: DeviceRace, _ cpu: DeviceRace) -> Double? {
    guard let ours = race.results.first(where: { $0.shape == name }),
      let theirs = cpu.results.first(where: { $0.shape == name })
    else { return nil }
    return theirs.millisecondsPerStep / ours.millisecondsPerStep
  }

  private static func times(_ value: Double) -> String { Format.decimal(value, 1) }
}
