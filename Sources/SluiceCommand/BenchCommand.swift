import ArgumentParser
import Sluice

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Races the CPU against every GPU of this machine, at shapes that users train.",
    discussion: """
      A step is forward, loss, backward and Adam. Medians over at least two
      seconds of each shape, after a warm-up.
      """)

  @Option(
    help: ArgumentHelp(
      "all, or one device. OpenCL devices that are only the CPU race when named.",
      valueName: "device"))
  var device = "all"

  @Option(help: ArgumentHelp("One shape; without it, all of them.", valueName: "name"))
  var shape: String?

  @OptionGroup var cpu: ThreadOptions

  @Flag(help: "Fail where a shape would lose the fast, persistent path.")
  var requirePersistent = false

  @Flag(help: "Print the shapes and their extents as JSON, and measure nothing.")
  var shapes = false

  @Flag(help: "Print one JSON object for each device, as an array, on standard output.")
  var json = false

  func validate() throws {
    if let shape, !RaceShape.all.contains(where: { $0.name == shape }) {
      throw ValidationError(
        "there is no shape \(shape); there are \(RaceShape.all.map(\.name).joined(separator: ", "))"
      )
    }
  }

  func run() throws {
    if self.shapes { return try Console.json(RaceShape.all) }
    let shapes = RaceShape.all.filter { shape == nil || $0.name == shape }
    var races: [Race] = []
    for id in ids() {
      races.append(try race(id, shapes))
    }
    if json {
      guard races.count != 1 else { return try Console.json(races[0]) }
      return try Console.json(races)
    }
    for line in verdict(races) { Console.result(line) }
  }

  /// How one device did.
  private struct Race: Encodable {
    var device: String
    var name: String
    var peak_gflops: Double
    var results: [BenchmarkResult]
  }

  private func ids() -> [String] {
    guard device == "all" else { return [device] }
    let others = Devices.all().filter { $0.id != "cpu" && $0.unusableReason == nil }
    for other in others where other.kind == .cpu {
      Console.note("\(other.id) is only the CPU: name it with --device to race it")
    }
    return ["cpu"] + others.filter { $0.kind != .cpu }.map(\.id)
  }

  private func race(_ id: String, _ shapes: [RaceShape]) throws -> Race {
    let backend = try Devices.open(id, threads: cpu.threads)
    let peak = try Benchmark.peak(of: backend)
    var race = Race(
      device: backend.device.id, name: backend.device.name, peak_gflops: peak, results: [])
    var table = TextTable(
      [
        "shape", "ms/step", "sequences/s", "GFLOP/s", "of peak", "launches", "waits", "memory",
        "strategy",
      ])
    for shape in shapes {
      Console.note("\(race.device): \(shape.name) …")
      let fresh = try Devices.open(id, threads: cpu.threads)
      let result = try Benchmark.run(shape, on: fresh, peak: peak)
      guard !requirePersistent || result.strategy == RecurrentPlan.Strategy.persistent.rawValue
      else {
        throw ComputeError(
          .unsupported, "\(shape.name) runs \(result.strategy) on \(race.device): \(result.reason)")
      }
      race.results.append(result)
      table.add([
        shape.name, Format.decimal(result.millisecondsPerStep, 2),
        Format.count(Int(result.sequencesPerSecond)), Format.decimal(result.gflops, 1),
        Format.decimal(result.shareOfPeak * 100, 0) + " %",
        result.launchesPerStep.map { Format.decimal($0, 0) } ?? "–",
        result.waitsPerStep.map { Format.decimal($0, 0) } ?? "–", Format.bytes(result.peakMemory),
        result.strategy,
      ])
    }
    if !json {
      Console.result(
        "\(race.device), \(race.name): a large matrix product runs at "
          + "\(Format.decimal(peak, 0)) GFLOP/s\n")
      Console.result(table.lines + [""])
      for (strategy, reason) in reasons(race.results) {
        Console.result("\(strategy): \(reason)")
      }
      Console.result()
    }
    return race
  }

  private func reasons(_ results: [BenchmarkResult]) -> [(String, String)] {
    var seen = Set<String>()
    return results.filter { seen.insert($0.strategy + $0.reason).inserted }
      .map { ("\($0.shape) \($0.strategy)", $0.reason) }
  }

  /// From which batch size on another device wins over the CPU, in plain words.
  private func verdict(_ races: [Race]) -> [String] {
    guard let cpu = races.first(where: { $0.device == "cpu" }) else { return [] }
    return races.filter { $0.device != "cpu" }.flatMap { race in
      Dictionary(grouping: RaceShape.all, by: \.family).sorted { $0.key < $1.key }.compactMap {
        family, shapes -> String? in
        let pairs = shapes.sorted { $0.batch < $1.batch }.compactMap { shape -> (Int, Double)? in
          guard let ours = race.results.first(where: { $0.shape == shape.name }),
            let theirs = cpu.results.first(where: { $0.shape == shape.name })
          else { return nil }
          return (shape.batch, theirs.millisecondsPerStep / ours.millisecondsPerStep)
        }
        guard let largest = pairs.last else { return nil }
        guard let first = pairs.first(where: { $0.1 > 1 }) else {
          return "\(family): the CPU is faster than \(race.device) up to a batch of \(largest.0)"
        }
        return
          "\(family): \(race.device) is \(Format.decimal(first.1, 1)) times as fast as the CPU "
          + "from a batch of \(first.0) on"
      }
    }
  }
}
