import SluicePlatform

/// The processor that this program runs on, as the system describes it. Read once.
struct Processor: Sendable {
  /// For example `AMD EPYC 9654`.
  var name = "CPU"
  /// Names of its extensions, as Linux writes them.
  var flags: Set<String> = []
  /// Bytes of second-level cache that one core has.
  var cache = 512 << 10
  /// Bytes of main memory that this process may have.
  var memory = 0
  /// CPUs that this process may run on.
  var threads = 1
  /// Their numbers as Linux lists them: `0-3,8`; empty where it does not say.
  var allowed = ""

  static let current = Processor()

  private init() {
    for line in Self.lines(of: "/proc/cpuinfo") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let key = line[..<colon].filter { $0 != "\t" && $0 != " " }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      if key == "modelname" { name = String(value) }
      if key == "flags" {
        flags = Set(value.split(separator: " ").map(String.init))
        break
      }
    }
    if let text = Self.lines(of: "/sys/devices/system/cpu/cpu0/cache/index2/size").first,
      let size = Int(text.filter(\.isNumber)), size > 0
    {
      cache = size << (text.contains("M") ? 20 : 10)
    }
    memory = SystemMemory.limit
    threads = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    for line in Self.lines(of: "/proc/self/status") where line.hasPrefix("Cpus_allowed_list:") {
      allowed = line.drop { $0 != ":" }.filter { $0.isNumber || $0 == "-" || $0 == "," }
      let count = Self.count(ofList: allowed[...])
      if count > 0 { threads = count }
    }
  }

  /// How many numbers a list like `0-3,8` holds.
  private static func count(ofList list: Substring) -> Int {
    list.split(separator: ",").reduce(0) { total, part in
      let ends = part.split(separator: "-").compactMap { Int($0.filter(\.isNumber)) }
      guard let first = ends.first, let last = ends.last else { return total }
      return total + last - first + 1
    }
  }

  private static func lines(of path: String) -> [Substring] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16384)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes += chunk[..<count]
      // All processors are alike, and there may be hundreds.
      if bytes.count > 65536 { break }
    }
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
  }
}
