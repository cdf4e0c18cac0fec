import Foundation
import SluiceCompute
import Testing

@testable import SluiceOpenCL

/// What Oclgrind has to say: the file that `OCLGRIND_LOG` names.
///
/// It begins anew with every context that is opened, so it is read after every case: whoever read it
/// at the end alone would see nothing but the last context's reports.
///
/// What Oclgrind 21.10 knows of a buffer as written has the extent of the last host write to it, or
/// of an earlier buffer under its number. So here every request gets fresh memory, kept to the end.
/// And it runs on one thread, since the threads lose some of what each other has written.
struct CheckerLog {
  private let path: String

  /// Nil where the suite does not run under Oclgrind.
  static var ofEnvironment: CheckerLog? {
    ProcessInfo.processInfo.environment["OCLGRIND_LOG"].map(CheckerLog.init(path:))
  }

  /// The device must be Oclgrind's: any other one reports nothing.
  func expectChecker(_ backend: OpenCLBackend) throws {
    try #require(backend.device.platform.contains("Oclgrind"), "\(backend.device)")
  }

  /// Records the first reports there are, and fails.
  func expectSilence(after what: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    guard !text.isEmpty else { return }
    let lines = text.split(separator: "\n").prefix(24).joined(separator: "\n")
    throw Reported(description: "\(what):\n\(lines)")
  }

  struct Reported: Error, CustomStringConvertible {
    var description: String
  }

  /// Runs kernels that are wrong, each in its own way: a checker that says nothing about them checks
  /// nothing.
  func expectReports() throws {
    // Every item writes its own number to one place.
    try expectReport(
      "data race", "__kernel void canary(__global int *x) { x[0] = (int)get_global_id(0); }")
    // The neighbour's number is read before a barrier has made it visible.
    try expectReport(
      "data race",
      """
      __kernel void canary(__global int *x) {
        __local int near[4];
        const int i = get_local_id(0);
        near[i] = i;
        x[i] = near[3 - i];
      }
      """)
    try expectReport(
      "ninitialized",
      "__kernel void canary(__global int *x) { int y[2]; y[0] = 1; x[0] = y[get_global_id(0)]; }")
    try expectReport(
      "Invalid read",
      "__kernel void canary(__global int *x) { x[get_global_id(0)] = x[1000000]; }")
  }

  private func expectReport(_ words: String, _ source: String) throws {
    let backend = try TestDevice.open()
    try expectChecker(backend)
    let functions = backend.session.functions
    let program = try backend.kernels.build(Array(source.utf8), file: "canary.cl")
    defer { _ = functions.releaseProgram(program) }
    var status = Int32(0)
    let kernel = try #require(functions.createKernel(program, "canary", &status))
    defer { _ = functions.releaseKernel(kernel) }
    let memory = try backend.pool.take(4)
    var handle: OpaquePointer? = memory.handle
    var count = 4
    #expect(functions.setKernelArg(kernel, 0, MemoryLayout.size(ofValue: handle), &handle) == 0)
    #expect(
      functions.enqueueNDRangeKernel(
        backend.session.queue, kernel, 1, nil, &count, &count, 0, nil, nil) == 0)
    try backend.session.finish()
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try #require(
      text.contains(words) && text.contains("Kernel: canary"), "no \(words) in:\n\(text)")
  }
}
