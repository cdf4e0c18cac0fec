import ArgumentParser
import Sluice
import SluiceConformance

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", _superCommandName: "sluice",
    abstract: "Checks every operation on this machine's own devices against Double precision.",
    discussion: """
      First the reference itself, by finite differences; then every operation on
      every device against it; then twenty training steps, on each device twice
      and against the CPU. Status 1 when anything is off.
      """)

  @Option(
    help: ArgumentHelp("all, or one device that `sluice devices` lists.", valueName: "device"),
    completion: Completion.devicesOrAll)
  var device = "all"

  @OptionGroup var cpu: ThreadOptions

  @Flag(help: "Print one JSON object on standard output.")
  var json = false

  func run() throws {
    let ids =
      device == "all"
      ? Devices.all().filter { $0.unusableReason == nil }.map(\.id) : [device]
    var report = Report(gradients: gradients(), devices: [])
    let reference = try TrainingCheck.losses(on: Devices.open("cpu", threads: cpu.threads))
    for id in ids {
      Console.note("\(id): \(Conformance.cases.count) cases …")
      let backend = try Devices.open(id, threads: cpu.threads) { Console.note($0) }
      let summaries = Conformance.run(on: backend)
      let losses = try TrainingCheck.losses(on: backend)
      let again = try TrainingCheck.losses(on: Devices.open(id, threads: cpu.threads))
      report.devices.append(
        .init(
          device: backend.device.id, name: backend.device.name,
          operations: summaries.map(Report.Operation.init),
          training: .init(
            difference: TrainingCheck.difference(losses, reference),
            tolerance: TrainingCheck.tolerance, sameBits: losses == again)))
      if !json {
        Console.result("\(backend.device.id), \(backend.device.name)\n")
        Console.result(OperationSummary.table(of: summaries))
        for failure in summaries.flatMap(\.failures) { Console.result("  \(failure)") }
      }
    }
    if json {
      try Console.json(report)
    } else {
      show(report)
    }
    if !report.passed { throw ExitCode.failure }
  }

  /// Finite differences of the reference: every gradient against its own forward.
  private func gradients() -> Report.Gradients {
    let checks = Conformance.gradientChecks
    let errors = checks.map { (check: $0, error: $0.run()) }
    return Report.Gradients(
      checks: checks.count, worstError: errors.map(\.error).max() ?? 0,
      failures: errors.filter { !($0.error <= $0.check.tolerance) }.map {
        "\($0.check): \($0.error)"
      })
  }

  private func show(_ report: Report) {
    let gradients = report.gradients
    Console.result(
      "\nfinite differences of the reference: \(gradients.checks) checks, worst error "
        + "\(OperationSummary.scientific(gradients.worstError)): \(gradients.failures.isEmpty ? "passed" : "FAILED")"
    )
    for failure in gradients.failures { Console.result("  \(failure)") }
    for device in report.devices {
      let training = device.training
      Console.result(
        "twenty training steps on \(device.device): "
          + "\(OperationSummary.scientific(training.difference)) from the CPU, allowed "
          + "\(OperationSummary.scientific(training.tolerance)); run twice, \(training.sameBits ? "the same bits" : "OTHER BITS")"
      )
    }
    Console.result(report.passed ? "\nAll passed." : "\nSomething is off: see above.")
  }
}

/// What `verify` found. The keys of its JSON.
private struct Report: Encodable {
  var gradients: Gradients
  var devices: [Checked]

  var passed: Bool {
    gradients.failures.isEmpty
      && devices.allSatisfy { device in
        device.operations.allSatisfy(\.failures.isEmpty) && device.training.sameBits
          && device.training.difference <= device.training.tolerance
      }
  }

  struct Gradients: Encodable {
    var checks: Int
    var worstError: Double
    var failures: [String]
  }

  struct Checked: Encodable {
    var device: String
    var name: String
    var operations: [Operation]
    var training: Training
  }

  struct Operation: Encodable {
    var operation: String
    var cases: Int
    /// Null where it is not finite.
    var worstError: Double?
    var tolerance: Double
    var failures: [String]

    init(_ summary: OperationSummary) {
      operation = summary.operation
      cases = summary.cases
      worstError = summary.worstError.isFinite ? summary.worstError : nil
      tolerance = summary.tolerance
      failures = summary.failures
    }
  }

  struct Training: Encodable {
    var difference: Double
    var tolerance: Double
    var sameBits: Bool
  }
}
