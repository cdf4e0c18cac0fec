import Sluice
import SluiceMPI
import SluicePlatform

/// The processes that a launcher started with this one.
enum Ranks {
  /// Those that work together with this process: itself alone where no launcher started it.
  ///
  /// - Throws: `ComputeError` where a launcher did, and MPI cannot be set up.
  static func join() throws -> any Collective {
    guard let ranks = try MPIRanks.launched() else { return OneRank() }
    joined = ranks
    return ranks
  }

  /// Opens this rank's device.
  static func open(_ device: DeviceOptions) throws -> any Backend {
    try Devices.open(device.device, threads: device.threads, ranks: join())
  }

  /// Whether this process leaves it to rank 0 to speak.
  static var isSilent: Bool { (MPILaunch.current?.rank ?? 0) > 0 }

  /// What stands before an error: which rank it is of.
  static var prefix: String {
    guard let rank = MPILaunch.current?.rank, rank > 0 else { return "" }
    return "rank \(rank): "
  }

  /// Says goodbye to the others, all of whom do.
  static func finish() { joined?.finish() }

  /// Waits until rank 0 has had the time to tell of what all ranks meet alike, and to end them.
  static func letRootSpeak() {
    if isSilent { sleep(4) }
  }

  /// Ends all ranks where one of them has failed; returns where there are no others.
  static func abort(status: Int32) {
    joined?.abort(status: status)
  }

  nonisolated(unsafe) private static var joined: MPIRanks?
}
