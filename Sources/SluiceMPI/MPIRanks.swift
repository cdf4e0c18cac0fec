import CMPI
import SluiceCompute
import SluicePlatform

/// The processes that `mpirun`, `mpiexec` or `srun` started together, over the MPI of this machine.
///
/// Failures inside MPI end all ranks, with MPI's own message: its standard way.
public final class MPIRanks: Collective {
  public let rank: Int
  public let size: Int
  /// How the library calls itself: `Open MPI v4.1.4, …`.
  public let library: String
  private let functions: MPIFunctions

  /// Joins the ranks that a launcher started this process with.
  ///
  /// - Returns: Nil where no launcher did, or where it started one process alone.
  /// - Throws: ``ComputeError`` with `.unsupported` where there is no MPI, or one of another launcher.
  public static func launched() throws(ComputeError) -> MPIRanks? {
    guard let launch = MPILaunch.current, launch.size != 1 else { return nil }
    if let shared { return shared }
    let ranks = try MPIRanks(launch)
    shared = ranks
    return ranks
  }

  /// A process can join once.
  nonisolated(unsafe) private static var shared: MPIRanks?

  private init(_ launch: MPILaunch) throws(ComputeError) {
    let functions = try Self.load(launch)
    self.functions = functions
    var text = [CChar](repeating: 0, count: Int(MPI_LONGEST_DESCRIPTION))
    var count: Int32 = 0
    _ = functions.getLibraryVersion(&text, &count)
    let version = String(
      decoding: text.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    library = version.split(whereSeparator: \.isNewline).first.map(String.init) ?? "an unnamed MPI"
    var (provided, rank, size): (Int32, Int32, Int32) = (0, 0, 0)
    guard functions.initialize(nil, nil, MPI_FUNNELED, &provided) == MPI_SUCCEEDED,
      functions.getRank(functions.world, &rank) == MPI_SUCCEEDED,
      functions.getSize(functions.world, &size) == MPI_SUCCEEDED
    else {
      throw ComputeError(.unsupported, "\(library) cannot be set up")
    }
    self.rank = Int(rank)
    self.size = Int(size)
    if let expected = launch.size, expected != self.size {
      throw ComputeError(
        .unsupported,
        "\(launch.program) started \(expected) processes, but \(library) sees \(size)",
        remedy:
          "It is the library of another launcher: start sluice with the `mpirun` that belongs to "
          + "it, or name the launcher's own library in \(Self.variable).")
    }
  }

  /// Names the library to load.
  private static let variable = "SLUICE_MPI_LIBRARY"

  private static func load(_ launch: MPILaunch) throws(ComputeError) -> MPIFunctions {
    let named = getenv(variable).map { String(cString: $0) }
    let candidates = named.map { [$0] } ?? launch.libraries
    var reasons: [String] = []
    let functions = UnsafeMutablePointer<MPIFunctions>.allocate(capacity: 1)
    defer { functions.deallocate() }
    for path in candidates {
      guard let reason = mpi_load(path, functions) else { return functions.pointee }
      reasons.append(String(cString: reason))
    }
    throw ComputeError(
      .unsupported,
      "\(launch.program) started this process as one of several, but no MPI library can be loaded",
      remedy: "Install it on every host (Debian: openmpi-bin or mpich), or name it in \(variable). "
        + "Without a launcher none is needed.",
      cause: reasons.joined(separator: "; "))
  }

  public func barrier() throws(ComputeError) {
    try check(functions.barrier(functions.world))
  }

  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int)
    throws(ComputeError)
  {
    guard let base = bytes.baseAddress else { return }
    // MPI counts in 32 bits.
    let largest = 1 << 30
    for start in stride(from: 0, to: bytes.count, by: largest) {
      try check(
        functions.broadcast(
          base + start, Int32(min(largest, bytes.count - start)), functions.bytes, Int32(root),
          functions.world))
    }
  }

  public func exchange(
    _ values: UnsafeBufferPointer<Float>, in blocks: [Range<Int>],
    into received: UnsafeMutableBufferPointer<Float>
  ) throws(ComputeError) {
    let own = blocks[rank].count
    precondition(
      values.count == blocks.last?.upperBound && received.count == size * own,
      "\(values.count) values for blocks to \(blocks.last?.upperBound ?? 0)")
    let (counts, offsets) = try layout(blocks)
    let (ownCounts, ownOffsets) = try layout(
      (0..<size).map { ($0 * own)..<(($0 + 1) * own) })
    try check(
      functions.allToAll(
        address(values), counts, offsets, functions.floats, address(received), ownCounts,
        ownOffsets,
        functions.floats, functions.world))
  }

  public func gather(
    _ block: UnsafeBufferPointer<Float>, of blocks: [Range<Int>],
    into values: UnsafeMutableBufferPointer<Float>
  ) throws(ComputeError) {
    precondition(
      block.count == blocks[rank].count && values.count == blocks.last?.upperBound,
      "\(block.count) of \(values.count) values")
    let (counts, offsets) = try layout(blocks)
    try check(
      functions.gatherToAll(
        address(block), Int32(block.count), functions.floats, address(values), counts, offsets,
        functions.floats, functions.world))
  }

  /// Leaves the others: no call follows. All ranks must come here.
  public func finish() {
    _ = functions.finalize()
  }

  /// Ends all ranks at once, this one with the status.
  public func abort(status: Int32) -> Never {
    _ = functions.abort(functions.world, status)
    exit(status)
  }

  /// Where values lie; somewhere, where there are none.
  private func address(_ values: UnsafeBufferPointer<Float>) -> UnsafeRawPointer {
    values.baseAddress.map { UnsafeRawPointer($0) } ?? UnsafeRawPointer(Self.nowhere)
  }

  private func address(_ values: UnsafeMutableBufferPointer<Float>) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(values.baseAddress ?? Self.nowhere)
  }

  nonisolated(unsafe) private static let nowhere = UnsafeMutablePointer<Float>.allocate(
    capacity: 1)

  private func layout(_ blocks: [Range<Int>]) throws(ComputeError) -> (
    counts: [Int32], offsets: [Int32]
  ) {
    guard let end = blocks.last?.upperBound, end <= Int(Int32.max) else {
      throw ComputeError(
        .unsupported, "MPI sends \(Int32.max) numbers at once, not \(blocks.last?.upperBound ?? 0)",
        remedy: "Use a smaller network.")
    }
    return (blocks.map { Int32($0.count) }, blocks.map { Int32($0.lowerBound) })
  }

  private func check(_ status: Int32) throws(ComputeError) {
    guard status == MPI_SUCCEEDED else {
      throw ComputeError(.deviceFailure, "\(library) reports error \(status)")
    }
  }
}
