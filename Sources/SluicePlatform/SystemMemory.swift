/// The main memory that this process may use: of the machine, of its container, of its own limits.
package enum SystemMemory {
  /// Bytes that the process may have in all; what limits it the most.
  package static var limit: Int {
    min(physical, addressLimit, containerLimit ?? .max)
  }

  /// Bytes that it can still take, without swapping; about.
  package static var available: Int {
    var left = [addressLimit == .max ? .max : addressLimit - inUse(line: "VmSize:")]
    if let limit = containerLimit, let used = number(in: containerUses) {
      left.append(limit - used)
    }
    if let free = kibibytes("MemAvailable:", in: "/proc/meminfo") { left.append(free) }
    return max(0, left.min() ?? .max)
  }

  private static var physical: Int {
    let pages = max(0, sysconf(Int32(_SC_PHYS_PAGES)))
    let bytes = pages.multipliedReportingOverflow(by: max(0, sysconf(Int32(_SC_PAGESIZE))))
    return bytes.overflow || bytes.partialValue == 0 ? .max : bytes.partialValue
  }

  /// `ulimit -v`.
  private static var addressLimit: Int {
    var limit = rlimit()
    #if os(Linux)
      guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { return .max }
    #else
      guard getrlimit(RLIMIT_AS, &limit) == 0 else { return .max }
    #endif
    return Int(clamping: limit.rlim_cur)
  }

  /// Of control groups, version 2 and 1.
  private static var containerLimit: Int? {
    number(in: ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"])
  }

  private static let containerUses = [
    "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes",
  ]

  private static func inUse(line: String) -> Int {
    kibibytes(line, in: "/proc/self/status") ?? 0
  }

  /// The number in the first of the files that has one; `max` is none.
  private static func number(in files: [String]) -> Int? {
    for file in files {
      guard let bytes = try? FileReader.bytes(of: file) else { continue }
      return Int(String(decoding: bytes, as: UTF8.self).filter(\.isNumber))
    }
    return nil
  }

  private static func kibibytes(_ name: String, in file: String) -> Int? {
    guard let bytes = try? FileReader.bytes(of: file) else { return nil }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first {
      $0.hasPrefix(name)
    }
    return line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 << 10 }
  }
}

extension Int {
  /// Bytes for people: `12 MiB`, rounded up.
  package var mebibytes: String {
    "\((self + (1 << 20) - 1) >> 20) MiB"
  }
}
