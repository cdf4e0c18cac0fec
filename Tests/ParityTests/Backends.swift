import Foundation
import SluiceCPU
import SluiceCompute
import SluiceOpenCL

/// A back end to be tested, by name. Every test makes its own, so that tests run side by side.
struct TestedBackend: Sendable, CustomStringConvertible {
  let description: String
  let make: @Sendable () throws -> any Backend
}

enum Backends {
  /// Every back end that this machine has: the CPU once for each instruction set, and every OpenCL
  /// device that can be used.
  static func all() -> [TestedBackend] {
    cpus(threads: 2) + openCL()
  }

  /// The CPU back end, once for each instruction set that the processor has.
  static func cpus(threads: Int) -> [TestedBackend] {
    InstructionSet.available.map { set in
      TestedBackend(description: "CPU, \(set.displayName), \(threads) threads") {
        try CPUBackend(threads: threads, instructionSet: set)
      }
    }
  }

  /// Every OpenCL device, with no more local memory than any GPU has.
  ///
  /// With `SLUICE_REQUIRE_OPENCL=1` there must be one: without, a back end stands here that fails.
  static func openCL() -> [TestedBackend] {
    let options = OpenCLOptions(localMemoryLimit: 48 << 10)
    let list = OpenCLDevice.all(options)
    let usable = list.devices.filter { $0.device.unusableReason == nil }
    let isRequired = ProcessInfo.processInfo.environment["SLUICE_REQUIRE_OPENCL"] == "1"
    if usable.isEmpty, isRequired {
      return [
        TestedBackend(description: "OpenCL, required") {
          throw ComputeError(.noDevice, "SLUICE_REQUIRE_OPENCL is 1, but \(list.absence)")
        }
      ]
    }
    return usable.map { device in
      TestedBackend(description: "\(device.device.id), \(device.device.name)") {
        try OpenCLBackend(device, options: options)
      }
    }
  }
}
