import Foundation
import SluicePlatform
import Testing

/// The real command on a device that fails, or that never answers.
@Suite(.serialized, .enabled(if: TestDevice.exists)) struct FailingTrainingTests {
  private struct Run {
    var status: Int32
    var errors: String
  }

  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("sluice-failing-\(UUID().uuidString)")

  /// Runs `body` in a folder with a small table and settings.
  private func withFolder(_ body: () throws -> Void) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var rows = "date,sales\n"
    for month in 1...4 {
      for day in 1...28 {
        let sold = 20 + [0, 1, 2, 3, 5, 8, 6][day % 7] + day * month % 5
        rows += String(format: "2021-%02d-%02d,%d\n", month, day, sold)
      }
    }
    try Data(rows.utf8).write(to: folder.appendingPathComponent("sales.csv"))
    let settings = """
      horizon: 7
      batch_size: 8
      refit: false
      data:
        gaps: zero
      model:
        history: 14
        hidden: 8
        head: 8
        members: 1
      training:
        epochs: 1
        steps_per_epoch: 20
        checkpoint_every: 4

      """
    try Data(settings.utf8).write(to: folder.appendingPathComponent("small.yaml"))
    try body()
  }

  private func start(_ output: String, _ more: [String], _ orders: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
      .deletingLastPathComponent().appendingPathComponent("sluice")
    process.arguments =
      [
        "train", "sales", "--data", "sales.csv", "--config", "small.yaml", "--output", output,
        "--report", "off", "--tune", "off",
      ] + more
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(
      [
        "SLUICE_OPENCL_LIBRARY": try FailingDriver.path.get(), "SLUICE_FAIL": orders,
        "SWIFT_BACKTRACE": "enable=no",
      ]) { $1 }
    let errors = folder.appendingPathComponent("errors.txt")
    try Data().write(to: errors)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    return process
  }

  private func finish(_ process: Process) throws -> Run {
    process.waitUntilExit()
    let isSignal = process.terminationReason == .uncaughtSignal
    return Run(
      status: isSignal ? -process.terminationStatus : process.terminationStatus,
      errors: told)
  }

  private var told: String {
    let text = try? String(contentsOf: folder.appendingPathComponent("errors.txt"), encoding: .utf8)
    return text ?? ""
  }

  private func train(_ output: String, _ more: String..., orders: String = "") throws -> Run {
    try finish(start(output, more, orders))
  }

  private func model(_ run: String) throws -> Data {
    try Data(contentsOf: folder.appendingPathComponent("\(run)/model/model.safetensors"))
  }

  /// Of each row what was not measured by the clock.
  private func metrics(_ run: String) throws -> [[Substring]] {
    let path = folder.appendingPathComponent("\(run)/metrics.csv")
    return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map {
      Array($0.split(separator: ",", omittingEmptySubsequences: false).prefix(6))
    }
  }

  private func newestCheckpoint(_ run: String) -> Int? {
    let path = folder.appendingPathComponent("\(run)/checkpoints").path
    let names = try? FileManager.default.contentsOfDirectory(atPath: path)
    return names?.compactMap { Int($0.dropFirst("step-".count)) }.max()
  }

  /// The device is lost in the middle: the last checkpoint is whole, on the device the run goes on to the
  /// bit, on another one only where the user says so.
  @Test func aLostDeviceIsResumedToTheBit() throws {
    try withFolder {
      let whole = try train("whole", "--device", "opencl")
      #expect(whole.status == 0, "\(whole.errors)")
      let lost = try train(
        "lost", "--device", "opencl", orders: "clEnqueueNDRangeKernel=-9999@500+")
      #expect(lost.status == 1, "\(lost.errors)")
      #expect(lost.errors.contains("clEnqueueNDRangeKernel: OpenCL status -9999"), "\(lost.errors)")
      #expect(lost.errors.contains("--resume"), "\(lost.errors)")
      #expect((newestCheckpoint("lost") ?? 0) >= 4, "\(lost.errors)")
      try FileManager.default.copyItem(
        at: folder.appendingPathComponent("lost"), to: folder.appendingPathComponent("moved"))
      let resumed = try train("lost", "--resume", "--device", "opencl")
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(!resumed.errors.contains("last digits"), "\(resumed.errors)")
      #expect(try model("lost") == model("whole"))
      // `auto` is the CPU where OpenCL has no GPU.
      let chosen = try train("moved", "--resume")
      #expect(chosen.status == 1)
      #expect(chosen.errors.contains("was on opencl:0.0"), "\(chosen.errors)")
      #expect(chosen.errors.contains("--device opencl:0.0"), "\(chosen.errors)")
      let named = try train("moved", "--resume", "--device", "cpu")
      #expect(named.status == 0, "\(named.errors)")
      #expect(named.errors.contains("will differ in its last digits"), "\(named.errors)")
    }
  }

  /// With `--on-device-lost resume` the run goes on by itself, to the bit: from its start where there is no
  /// checkpoint yet, also where the device cannot be opened at once, and from the newest one.
  @Test func aLostDeviceIsOpenedAnew() throws {
    try withFolder {
      let whole = try train("whole", "--device", "opencl")
      #expect(whole.status == 0, "\(whole.errors)")
      let lost = try train(
        "lost", "--device", "opencl", "--on-device-lost", "resume",
        orders: "clEnqueueNDRangeKernel=-9999@40,clCreateContext=-2@2,clSetKernelArg=-5@13000")
      #expect(lost.status == 0, "\(lost.errors)")
      let told = lost.errors.split(separator: "\n").filter { $0.contains("restart ") }
      let words = [
        ["clEnqueueNDRangeKernel: OpenCL status -9999", "restart 1 of 3, in a fresh context"],
        ["clCreateContext: CL_DEVICE_NOT_AVAILABLE", "restart 2 of 3, in a fresh context, in 1 s"],
        ["restart 2 of 3: the run goes on from the start, on opencl:0.0"],
        [
          "steps were taken with what there was (clSetKernelArg: CL_OUT_OF_RESOURCES)",
          "restart 3 of 3",
        ],
        ["restart 3 of 3: the run goes on from step ", " of validate, on opencl:0.0"],
      ]
      try #require(told.count == words.count, "\(lost.errors)")
      for (line, words) in zip(told, words) {
        for word in words { #expect(line.contains(word), "\(line)") }
      }
      #expect(try model("lost") == model("whole"))
      // What was told once is not told again.
      #expect(lost.errors.components(separatedBy: "1 series of up to").count == 2)
      #expect(try metrics("lost") == metrics("whole"))
    }
  }

  /// One that keeps failing ends the run after the last restart, its checkpoint whole.
  @Test func aDeviceThatStaysLostIsGivenUp() throws {
    try withFolder {
      let lost = try train(
        "lost", "--device", "opencl", "--on-device-lost", "resume",
        orders: "clEnqueueNDRangeKernel=-9999@500+")
      #expect(lost.status == 1, "\(lost.errors)")
      #expect(lost.errors.contains("restart 3 of 3"), "\(lost.errors)")
      #expect(lost.errors.contains("after 3 restarts in a fresh context"), "\(lost.errors)")
      #expect(lost.errors.contains("clEnqueueNDRangeKernel: OpenCL status -9999"))
      let kept = try #require(newestCheckpoint("lost"), "\(lost.errors)")
      #expect(kept >= 4)
      let resumed = try train("lost", "--resume", "--device", "opencl")
      #expect(resumed.status == 0, "\(resumed.errors)")
    }
  }

  /// A device that never answers: once there is something to lose the first signal cannot be answered, and
  /// the second one ends the process; before that the first one does.
  @Test(arguments: ["clBuildProgram=hang@1+", "clEnqueueNDRangeKernel=hang@500"])
  func aDeviceThatHangsIsLeft(orders: String) throws {
    try withFolder {
      let process = try start("hung", ["--device", "opencl"], orders)
      defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
      func wait(seconds: Double = 60, _ isDone: () -> Bool) -> Bool {
        let end = Date().addingTimeInterval(seconds)
        while !isDone(), Date() < end { usleep(10_000) }
        return isDone()
      }
      #expect(wait { told.contains("the failing driver hangs") }, "\(told)")
      kill(process.processIdentifier, SIGINT)
      #expect(wait { told.contains("once more ends at once") || !process.isRunning }, "\(told)")
      if orders.hasSuffix("@500") {
        #expect(!wait(seconds: 0.5) { !process.isRunning }, "\(told)")
        #expect((newestCheckpoint("hung") ?? 0) >= 4, "\(told)")
      }
      if process.isRunning { kill(process.processIdentifier, SIGINT) }
      #expect(wait(seconds: 20) { !process.isRunning }, "\(told)")
      if !process.isRunning { #expect(try finish(process).status == -SIGINT) }
    }
  }
}
