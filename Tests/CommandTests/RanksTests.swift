import Foundation
import Testing

/// The real binary on several ranks, by the launchers of both MPIs.
@Suite(.serialized)
struct RanksTests {
  /// A folder and the arguments of a short training in it.
  struct Training: CustomTestStringConvertible {
    let testDescription: String
    let folder: @Sendable () throws -> Folder
    let arguments: @Sendable (_ output: String) -> [String]

    static let sales = Training(testDescription: "sales", folder: { try SmallSales.folder() }) {
      SmallSales.training(to: $0, "--device", "cpu")
    }
    static let churn = Training(testDescription: "churn", folder: { try SmallChurn.folder() }) {
      SmallChurn.training(to: $0, "--device", "cpu")
    }
    static let reviews = Training(testDescription: "reviews", folder: { try SmallReviews.folder() })
    { SmallReviews.training(to: $0) }
  }

  /// The same training on one rank, with so many micro-batches.
  @discardableResult
  private static func trainAlone(
    _ training: Training, microBatches: Int, to output: String, _ more: [String] = [],
    in folder: Folder
  ) throws -> Sluice.Run {
    let text = try folder.text("small.yaml")
    try folder.write(
      text.replacingOccurrences(
        of: "training:\n", with: "training:\n  gradient_accumulation: \(microBatches)\n"),
      to: "small.yaml")
    let run = try Sluice.run(training.arguments(output) + more, in: folder)
    #expect(run.status == 0, "\(run.errors)")
    try folder.write(text, to: "small.yaml")
    return run
  }

  private static func expectSameModel(_ run: String, _ other: String, in folder: Folder) throws {
    for file in ["config.yaml", "model/model.safetensors", "model/preprocessing.json"] {
      #expect(
        try folder.bytes("\(run)/\(file)") == folder.bytes("\(other)/\(file)"), "\(file) of \(run)")
    }
  }

  @Test(arguments: [
    (Training.sales, 2, Launcher.openMPI), (Training.churn, 2, Launcher.openMPI),
    (Training.reviews, 2, Launcher.mpich), (Training.sales, 4, Launcher.mpich),
  ])
  func ranksAreMicroBatchesToTheBit(
    _ training: Training, ranks: Int, launcher: Launcher
  ) throws {
    guard launcher.exists else { return }
    let folder = try training.folder()
    let alone = try Self.trainAlone(training, microBatches: ranks, to: "alone", in: folder)
    for output in ["first", "second"] {
      let run = try launcher.run(ranks, training.arguments(output), in: folder)
      #expect(run.status == 0 && run.output == alone.output, "\(run.errors)")
      try Self.expectSameModel(output, "alone", in: folder)
    }
  }

  @Test func answersAreSharedOut() throws {
    guard Launcher.openMPI.exists else { return }
    let folder = try SmallChurn.folder()
    #expect(try Sluice.run(SmallChurn.training(to: "run", "--epochs", "1"), in: folder).status == 0)
    // Three batches.
    try folder.write(SmallChurn.csv(2500, seed: 3), to: "many.csv")
    let rows = ["--model", "run/model", "--data", "many.csv", "--device", "cpu"]
    let predict = { (output: String) in ["predict", "--output", output] + rows }
    let evaluate = ["evaluate", "--json"] + rows
    let scores = try Sluice.run(evaluate, in: folder)
    #expect(try Sluice.run(predict("alone.csv"), in: folder).status == 0)
    for ranks in [2, 3] {
      let output = "\(ranks).csv"
      let predicted = try Launcher.openMPI.run(ranks, predict(output), in: folder)
      #expect(predicted.status == 0, "\(predicted.errors)")
      #expect(predicted.errors.components(separatedBy: "Wrote 2,500").count == 2)
      #expect(try folder.bytes(output) == folder.bytes("alone.csv"))
    }
    let evaluated = try Launcher.openMPI.run(2, evaluate, in: folder)
    #expect(evaluated.status == 0 && evaluated.output == scores.output, "\(evaluated.errors)")
  }

  @Test func onePlaceSpeaks() throws {
    guard Launcher.openMPI.exists else { return }
    let folder = try SmallSales.folder()
    let loud = SmallSales.training(to: "run").filter { $0 != "--quiet" } + ["--device", "cpu"]
    let run = try Launcher.openMPI.run(2, loud, in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("2 ranks: 2 micro-batches of 8 a step"), "\(run.errors)")
    #expect(run.errors.contains("rank 1: cpu, "), "\(run.errors)")
    #expect(run.errors.components(separatedBy: "The model is in run/model").count == 2)
    #expect(run.output.components(separatedBy: "this model").count == 2, "\(run.output)")
  }

  @Test func killedRanksEndAllAndGoOnToTheBit() throws {
    guard Launcher.openMPI.exists else { return }
    let folder = try SmallSales.folder()
    let more = ["--epochs", "6"]
    try Self.trainAlone(.sales, microBatches: 3, to: "alone", more, in: folder)
    let arguments = Training.sales.arguments("run") + more
    for kill in 0..<3 {
      let begin = Date()
      let started = try Launcher.openMPI.start(3, arguments + ["--resume"], in: folder)
      while started.process.isRunning && (folder.newestCheckpoint(of: "run") ?? 0) < 8 + 24 * kill {
        usleep(1000)
      }
      // Each of them once.
      let ranks = started.ranks
      #expect(ranks.count == 3, "after \(Date().timeIntervalSince(begin)) s")
      if ranks.count == 3 { Foundation.kill(ranks[kill], SIGKILL) }
      let killed = Date()
      let ended = try Sluice.finish(started)
      #expect(ended.status != 0 && Date().timeIntervalSince(killed) < 10, "\(ended.errors)")
    }
    // And on another number of ranks.
    let run = try Launcher.openMPI.run(
      2, ["train", "sales", "--output", "run", "--resume", "--quiet"], in: folder)
    #expect(run.status == 0, "\(run.errors)")
    try Self.expectSameModel("run", "alone", in: folder)
  }

  @Test func oneThatIsToldToStopStopsAll() throws {
    guard Launcher.openMPI.exists else { return }
    let folder = try SmallSales.folder()
    let more = ["--epochs", "6"]
    try Self.trainAlone(.sales, microBatches: 2, to: "alone", more, in: folder)
    let started = try Launcher.openMPI.start(
      2, Training.sales.arguments("run") + more, in: folder)
    while started.process.isRunning && (folder.newestCheckpoint(of: "run") ?? 0) < 8 {
      usleep(1000)
    }
    if let last = started.ranks.last { kill(last, SIGTERM) }
    let stopped = try Sluice.finish(started)
    #expect(stopped.status == 1)
    #expect(
      stopped.errors.components(separatedBy: "`--resume` with --output run goes on").count == 2,
      "\(stopped.errors)")
    #expect(!folder.exists("run/model"))
    let run = try Sluice.run(
      ["train", "sales", "--output", "run", "--resume", "--quiet"], in: folder)
    #expect(run.status == 0, "\(run.errors)")
    try Self.expectSameModel("run", "alone", in: folder)
  }

  @Test func whatAllMeetIsToldOnce() throws {
    guard Launcher.openMPI.exists else { return }
    let folder = try SmallSales.folder()
    for arguments in [
      Training.sales.arguments("run") + ["--target", "profit"],
      Training.sales.arguments("run") + ["--hidden", "none"],
    ] {
      let run = try Launcher.openMPI.run(2, arguments, in: folder)
      #expect(run.status != 0)
      #expect(run.errors.components(separatedBy: "Error: ").count == 2, "\(run.errors)")
      #expect(!run.errors.contains("rank 1: "), "\(run.errors)")
    }
  }

  @Test func otherRowsOnARankAreRefused() throws {
    guard Launcher.openMPI.exists else { return }
    let folder = try Folder()
    for (place, days) in [("here", 160), ("there", 161)] {
      try FileManager.default.createDirectory(
        at: folder.url(place), withIntermediateDirectories: true)
      try folder.write(SmallSales.csv(days: days), to: "\(place)/sales.csv")
      try folder.write(SmallSales.configuration, to: "\(place)/small.yaml")
    }
    let arguments = Training.sales.arguments("run")
    let parts = ["here", "there"].map { place in
      ["-np", "1", "-wdir", folder.path(place), Sluice.binary.path] + arguments
    }
    let run = try Launcher.openMPI.run(parts.joined(separator: [":"]).map { $0 }, in: folder)
    #expect(run.status != 0)
    #expect(run.errors.contains("rank 1 has read other rows in"), "\(run.errors)")
    #expect(!folder.exists("here/run") && !folder.exists("there/run"))
  }

  @Test func anMPIThatIsMissingOrAnotherIsNamed() throws {
    guard Launcher.mpich.exists, Launcher.openMPI.exists else { return }
    let folder = try SmallSales.folder()
    let missing = try Launcher.openMPI.run(
      2, Training.sales.arguments("run"), environment: ["SLUICE_MPI_LIBRARY": "libnone.so.1"],
      in: folder)
    #expect(missing.status != 0)
    #expect(
      missing.errors.contains("no MPI library can be loaded (libnone.so.1")
        && missing.errors.contains("Install it on every host"), "\(missing.errors)")
    let wrong = try Launcher.mpich.run(
      2, Training.sales.arguments("run"), environment: ["SLUICE_MPI_LIBRARY": "libmpi.so.40"],
      in: folder)
    #expect(wrong.status != 0)
    #expect(
      wrong.errors.contains("mpiexec started 2 processes, but Open MPI"), "\(wrong.errors)")
    #expect(!folder.exists("run"))
  }

  @Test func onAnOpenCLDevice() throws {
    guard Launcher.openMPI.exists else { return }
    guard let id = TestDevice.id else {
      #expect(!TestDevice.isRequired, "no OpenCL device")
      return
    }
    let folder = try SmallSales.folder()
    let more = ["--device", id, "--epochs", "1"]
    let training = Training(testDescription: "sales", folder: { try SmallSales.folder() }) {
      SmallSales.training(to: $0)
    }
    try Self.trainAlone(training, microBatches: 2, to: "alone", more, in: folder)
    let run = try Launcher.openMPI.run(2, training.arguments("run") + more, in: folder)
    #expect(run.status == 0, "\(run.errors)")
    try Self.expectSameModel("run", "alone", in: folder)
  }
}
