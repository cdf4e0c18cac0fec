import ArgumentParser
import Sluice

struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune", _superCommandName: "sluice",
    abstract: "Measures the kernels of this machine's devices, and keeps the best for later runs.",
    discussion: """
      Without sizes, those of the shapes that `sluice bench` races. A training of
      a minute or more measures its own by itself, but only among kernels that
      give the same bits; here all of them are. A run keeps the choices that it
      was begun with. `sluice train --tune off` goes without.
      """)

  @Option(
    help: ArgumentHelp(
      "all, or one device. OpenCL devices that are only the CPU are measured when named.",
      valueName: "device"), completion: Completion.devicesOrAll)
  var device = "all"

  @Option(
    help: ArgumentHelp("One of the shapes of `sluice bench`.", valueName: "name"),
    completion: .list(RaceShape.all.map(\.name)))
  var shape: String?

  @Option(help: ArgumentHelp("T of a layer of your own, with the next two.", valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("Its sequences in a batch.", valueName: "n"))
  var batch: Int?

  @Option(help: ArgumentHelp("Its units.", valueName: "n"))
  var hidden: Int?

  @OptionGroup var layers: CellOptions

  @Flag(help: "Forget what was chosen before, and measure nothing.")
  var forget = false

  @Flag(help: "Print one JSON object on standard output.")
  var json = false

  func validate() throws {
    if let shape, !RaceShape.all.contains(where: { $0.name == shape }) {
      let names = RaceShape.all.map(\.name)
      throw ValidationError(
        "there is no shape \(shape); there are \(names.joined(separator: ", "))".asking(
          shape, among: names))
    }
    let sizes = [steps, batch, hidden].compactMap { $0 }
    guard sizes.isEmpty || (sizes.count == 3 && shape == nil) else {
      throw ValidationError("--steps, --batch and --hidden go together, and without --shape")
    }
    guard sizes.allSatisfy({ (1...65536).contains($0) }) else {
      throw ValidationError("--steps, --batch and --hidden take 1 to 65536")
    }
  }

  private var shapes: [RaceShape] {
    if let steps, let batch, let hidden {
      return [
        RaceShape(
          "T \(steps) N \(batch) H \(hidden)", cell: layers.cell, input: 1, hidden: hidden,
          layers: 1, steps: steps, batch: batch)
      ]
    }
    return RaceShape.all.filter { shape == nil || $0.name == shape }.map { $0.with(layers.cell) }
  }

  func run() throws {
    let ids =
      device == "all"
      ? Devices.all().filter { $0.kind != .cpu && $0.unusableReason == nil }.map(\.id) : [device]
    if ids.isEmpty {
      Console.note(
        "there is no GPU here; `sluice devices` lists what else can be named with --device")
    }
    var report: [Entry] = []
    for id in ids {
      let backend = try Devices.open(id)
      if let remark = backend.kernelChoicesRemark { Console.note(remark) }
      if forget {
        backend.forgetKernelChoices()
        Console.note("\(id): forgotten")
        continue
      }
      for shape in shapes {
        Console.note("\(id): \(shape.name) …")
        let found = try Benchmark.tune(shape, on: backend)
        if found.isEmpty { Console.note("\(id) has no choice of kernels at \(shape.name)") }
        report += found.map { Entry(device: backend.device.id, shape: shape.name, $0) }
        if !json { for measurement in found { show(measurement) } }
      }
    }
    if json { try Console.json(report) }
  }

  private func show(_ measurement: KernelMeasurement) {
    Console.result("\(measurement.purpose)")
    var table = TextTable(["kernels", "µs", "bits", ""])
    for (place, candidate) in measurement.candidates.enumerated() {
      let isChosen = candidate.name == measurement.chosen
      table.add([
        candidate.name, candidate.microseconds.map { Format.decimal($0, 1) } ?? "refused",
        candidate.hasSameBits ? "same" : "others",
        isChosen ? "chosen" : place == 0 ? "unmeasured, it would be this one" : "",
      ])
    }
    Console.result(table.lines)
    Console.result()
  }

  /// What was measured at one shape, forward or backward.
  private struct Entry: Encodable {
    var device: String
    var shape: String
    var purpose: String
    var chosen: String
    var candidates: [Candidate]

    struct Candidate: Encodable {
      var kernels: String
      var microseconds: Double?
      var same_bits: Bool
    }

    init(device: String, shape: String, _ measurement: KernelMeasurement) {
      self.device = device
      self.shape = shape
      purpose = measurement.purpose
      chosen = measurement.chosen
      candidates = measurement.candidates.map {
        Candidate(kernels: $0.name, microseconds: $0.microseconds, same_bits: $0.hasSameBits)
      }
    }
  }
}
