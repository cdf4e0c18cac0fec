import ArgumentParser
import Sluice

extension RecurrentCell: WordChoice {}

/// Which cell the layers have that are measured.
struct CellOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What the recurrent layers compute: \(RecurrentCell.names.joined(separator: ", ")).",
      valueName: "cell"), completion: .choices(RecurrentCell.self),
    transform: RecurrentCell.init(word:))
  var cell = RecurrentCell.lstm
}

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", _superCommandName: "sluice",
    abstract: "Races the CPU against every GPU of this machine, at shapes that users train.",
    discussion: """
      A step is forward, loss, backward and optimizer. Medians over at least two
      seconds of each shape, after a warm-up. The shapes named like tasks are
      the tasks' own models on their generated samples, batches
      assembled as in training; the others are layers of fixed extents.

      Started by mpirun, all ranks race together, each with a batch of its own
      in every step.
      """)

  @Option(
    help: ArgumentHelp(
      "all, or one device. OpenCL devices that are only the CPU race when named.",
      valueName: "device"), completion: Completion.devicesOrAll)
  var device = "all"

  @Option(
    help: ArgumentHelp("One shape; without it, all of them.", valueName: "name"),
    completion: .list(Subject.all.map(\.name)))
  var shape: String?

  @OptionGroup var layers: CellOptions

  @OptionGroup var cpu: ThreadOptions

  @Flag(help: "Fail where a shape would lose the fast, persistent path.")
  var requirePersistent = false

  @Flag(help: "Print the extents of the fixed shapes as JSON, and measure nothing.")
  var shapes = false

  @Flag(help: "Print one JSON object on standard output.")
  var json = false

  /// What is measured: the layers of a shape, or a task's own step.
  private enum Subject {
    case race(RaceShape)
    case task(BenchmarkTask)

    static let all = RaceShape.all.map { race($0) } + BenchmarkTask.all.map { task($0) }

    var name: String {
      switch self {
      case .race(let shape): shape.name
      case .task(let task): task.name
      }
    }

    func run(_ cell: RecurrentCell, on backend: any Backend, peak: DevicePeak) throws
      -> BenchmarkResult
    {
      switch self {
      case .race(let shape): try Benchmark.run(shape.with(cell), on: backend, peak: peak)
      case .task(let task): try Benchmark.run(task, cell: cell, on: backend)
      }
    }
  }

  func validate() throws {
    if let shape, !Subject.all.contains(where: { $0.name == shape }) {
      let names = Subject.all.map(\.name)
      throw ValidationError(
        "there is no shape \(shape); there are \(names.joined(separator: ", "))".asking(
          shape, among: names))
    }
    guard !shapes || !(json || requirePersistent || device != "all") else {
      throw ValidationError("--shapes measures nothing: it goes with --shape and --cell alone")
    }
  }

  func run() throws {
    if shapes {
      return try Console.json(
        RaceShape.all.filter { shape == nil || $0.name == shape }.map { $0.with(layers.cell) })
    }
    let subjects = Subject.all.filter { shape == nil || $0.name == shape }
    let ranks = try Ranks.join()
    var races: [DeviceRace] = []
    for id in ids(ranks) {
      races.append(try race(id, subjects, ranks))
    }
    guard ranks.isRoot else { return }
    if json { return try Console.json(BenchReport(device: device, races: races)) }
    for line in BenchVerdict.lines(races) { Console.result(line) }
  }

  private func ids(_ ranks: any Collective) -> [String] {
    guard device == "all" else { return [device] }
    // Each rank has a device of its own.
    guard ranks.size == 1 else { return ["auto"] }
    let others = Devices.all().filter { $0.id != "cpu" && $0.unusableReason == nil }
    for other in others where other.kind == .cpu {
      Console.note("\(other.id) is only the CPU: name it with --device to race it")
    }
    return ["cpu"] + others.filter { $0.kind != .cpu }.map(\.id)
  }

  private func race(_ id: String, _ subjects: [Subject], _ ranks: any Collective) throws
    -> DeviceRace
  {
    func open() throws -> any Backend {
      try Devices.open(id, threads: cpu.threads, ranks: ranks)
    }
    func say(_ text: String) { if ranks.isRoot { Console.note(text) } }
    let backend = try open()
    say("\(backend.device.id): what it can do at most …")
    try ranks.barrier()
    let peak = try DevicePeak(of: backend)
    var race = DeviceRace(
      device: backend.device.id, name: backend.device.name, peak: peak, results: [])
    for subject in subjects {
      say("\(race.device): \(subject.name) …")
      let result = try subject.run(layers.cell, on: open(), peak: peak)
      guard !requirePersistent || result.strategy == RecurrentPlan.Strategy.persistent.rawValue
      else {
        throw ComputeError(
          .unsupported,
          "\(subject.name) runs \(result.strategy) on \(race.device): \(result.reason)")
      }
      race.results.append(result)
    }
    if !json && ranks.isRoot { show(race) }
    return race
  }

  private func show(_ race: DeviceRace) {
    var table = TextTable([
      "shape", "cell", "ms/step", "sequences/s", "GFLOP/s", "of peak", "launches", "waits",
      "to device",
      "memory", "strategy",
    ])
    for result in race.results {
      table.add([
        result.shape, result.cell.title, Format.decimal(result.millisecondsPerStep, 2),
        Format.count(Int(result.sequencesPerSecond)),
        result.gflops.map { Format.decimal($0, 1) } ?? "–",
        result.shareOfPeak.map { Format.decimal($0 * 100, 0) + " %" } ?? "–",
        result.launchesPerStep.map { Format.decimal($0, 0) } ?? "–",
        result.waitsPerStep.map { Format.decimal($0, 0) } ?? "–",
        result.uploadedBytesPerStep.map { Format.bytes(Int($0)) } ?? "–",
        Format.bytes(result.peakMemory), result.strategy,
      ])
    }
    Console.result(
      "\(race.device), \(race.name): at most \(Format.decimal(race.peak.gflops, 0)) GFLOP/s of "
        + "multiply-adds and \(Format.decimal(race.peak.gigabytesPerSecond, 1)) GB/s of copying, "
        + "measured\n")
    Console.result(table.lines + [""])
    if race.results.contains(where: { $0.gflops != nil }) {
      Console.result(
        "GFLOP/s count the recurrent layers as the network is written; where an embedding folds into "
          + "one, less is done.\n")
    }
    for result in race.results {
      guard let share = result.communicationShare else { continue }
      Console.result(
        "\(result.shape): \(result.ranks) ranks; \(Format.decimal(share * 100, 1)) % of the time went "
          + "into sending and into waiting for each other")
    }
    var seen = Set<String>()
    for result in race.results where seen.insert(result.strategy + result.reason).inserted {
      Console.result("\(result.shape) \(result.strategy): \(result.reason)")
    }
    Console.result()
  }
}
