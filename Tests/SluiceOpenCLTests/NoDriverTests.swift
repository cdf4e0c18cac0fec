import Foundation
import Testing

/// The real command where OpenCL is absent or broken: it says so, and the CPU goes on working.
@Suite struct NoDriverTests {
  private struct Run {
    var status: Int32
    var output: String
    var errors: String
  }

  /// The binary lies beside the test bundle.
  private func sluice(_ arguments: [String], _ environment: [String: String]) throws -> Run {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
      .deletingLastPathComponent().appendingPathComponent("sluice")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let told = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Run(status: process.terminationStatus, output: text, errors: told)
  }

  /// A folder for `.icd` files, removed afterwards.
  private func withVendors(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-vendors-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func expectCPUOnly(_ environment: [String: String], reason: String) throws {
    let list = try sluice(["devices"], environment)
    #expect(list.status == 0)
    #expect(list.output.contains("auto: cpu"))
    #expect(list.output.contains(reason))
    #expect(!list.output.contains("opencl:0"))
    // An explicit wish is refused, never met with another device.
    let train = try sluice(
      ["train", "sales", "--device", "opencl", "--output", "/nowhere/run"], environment)
    #expect(train.status == 1)
    #expect(train.errors.contains("there is no device opencl"))
    #expect(train.errors.contains(reason))
  }

  @Test func noLoader() throws {
    try expectCPUOnly(
      ["SLUICE_OPENCL_LIBRARY": "/nowhere/libOpenCL.so.1"], reason: "no OpenCL loader")
  }

  @Test(.enabled(if: TestDevice.exists)) func emptyVendorsFolder() throws {
    try withVendors { folder in
      try expectCPUOnly(
        ["OCL_ICD_VENDORS": folder.path + "/"], reason: "no driver is installed")
    }
  }

  @Test(.enabled(if: TestDevice.exists)) func vendorWithoutItsLibrary() throws {
    try withVendors { folder in
      try Data("/nowhere/libvendor.so\n".utf8).write(to: folder.appendingPathComponent("x.icd"))
      try expectCPUOnly(
        ["OCL_ICD_VENDORS": folder.path + "/"], reason: "no driver is installed")
    }
  }

  /// A limit that is no number must not be taken for no limit.
  @Test(.enabled(if: TestDevice.exists), arguments: ["4G", "0", "-1"])
  func limitsThatAreNone(text: String) throws {
    let environment = ["SLUICE_OPENCL_MEMORY": text]
    let list = try sluice(["devices"], environment)
    #expect(list.status == 0)
    #expect(list.output.contains("SLUICE_OPENCL_MEMORY is \"\(text)\""), "\(list.output)")
    let train = try sluice(
      ["train", "sales", "--device", "opencl", "--output", "/nowhere/run"], environment)
    #expect(train.status == 1)
    #expect(train.errors.contains("not a number of bytes"), "\(train.errors)")
  }

  @Test(.enabled(if: TestDevice.exists)) func unknownDevice() throws {
    let run = try sluice(
      ["train", "sales", "--device", "opencl:9.9", "--output", "/nowhere/run"], [:])
    #expect(run.status == 1)
    #expect(run.errors.contains("there is no device opencl:9.9"))
  }
}
