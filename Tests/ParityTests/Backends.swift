import SluiceCPU
import SluiceCompute

/// A back end to be tested, by name. Every test makes its own, so that tests run side by side.
struct TestedBackend: Sendable, CustomStringConvertible {
  let description: String
  let make: @Sendable () throws -> any Backend
}

enum Backends {
  /// Every back end that this machine has: the CPU once for each instruction set.
  static func all() -> [TestedBackend] {
    cpus(threads: 2)
  }

  /// The CPU back end, once for each instruction set that the processor has.
  static func cpus(threads: Int) -> [TestedBackend] {
    InstructionSet.available.map { set in
      TestedBackend(description: "CPU, \(set.displayName), \(threads) threads") {
        try CPUBackend(threads: threads, instructionSet: set)
      }
    }
  }
}
