import SluiceCPU
import SluiceCompute
import SluiceOpenCL
import SluicePlatform

extension Devices {
  /// Opens the device of one of several processes that train together.
  ///
  /// Where `id` leaves a choice, the processes of a host take its usable devices of the kind that one
  /// process would take, in turn; those on the CPU share its threads out.
  ///
  /// - Parameters:
  ///   - id: As ``open(_:threads:onDelay:)`` takes it.
  ///   - threads: Of this process; nil: its share of the processors that it may use.
  ///   - ranks: All call this.
  ///   - onDelay: As ``open(_:threads:onDelay:)`` tells it.
  /// - Throws: What ``open(_:threads:onDelay:)`` throws.
  public static func open(
    _ id: String, threads: Int?, ranks: any Collective,
    onDelay: (@Sendable (String) -> Void)? = nil
  ) throws -> any Backend {
    guard ranks.size > 1 else { return try open(id, threads: threads, onDelay: onDelay) }
    let place = try HostPlace(ranks)
    let backend = try open(
      device(of: place, for: id), threads: threads ?? place.threads, onDelay: onDelay)
    backend.ranks = ranks
    return backend
  }

  private static func device(of place: HostPlace, for id: String) -> String {
    guard ["auto", "gpu", "opencl"].contains(id) else { return id }
    let list = OpenCLDevice.all()
    if id == "auto", automatic(list).id == "cpu" { return "cpu" }
    let kind = id == "gpu" ? .gpu : list.preferred?.device.kind
    let usable = list.devices.map(\.device).filter { $0.kind == kind && $0.unusableReason == nil }
    return usable.isEmpty ? id : usable[place.rank % usable.count].id
  }
}

/// A process among those on the same host.
private struct HostPlace {
  /// Which of them it is, from 0.
  let rank: Int
  /// Threads that it has for itself, at least 1.
  let threads: Int

  init(_ ranks: any Collective) throws {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = String(
      decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let processors = CPUBackend.allowedProcessors
    let all = try ranks.gather("\(host)/\(processors.list)")
    rank = all.prefix(ranks.rank).count { $0.hasPrefix(host + "/") }
    // A launcher may have given each rank processors of its own.
    let sharers = all.count { $0 == all[ranks.rank] }
    let before = all.prefix(ranks.rank).count { $0 == all[ranks.rank] }
    let (share, rest) = processors.count.quotientAndRemainder(dividingBy: sharers)
    threads = max(1, share + (before < rest ? 1 : 0))
  }
}
