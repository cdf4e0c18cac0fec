import SluiceCompute

import SluicePlatform

/// Compiled programs on disk, so that only the first run on a machine compiles.
///
/// A file is trusted only if its header, its length and its checksum fit; everything else is
/// compiled anew and written over. Files are written beside their place and renamed into it, so a
/// half-written one is never seen. Any failure just means that nothing is kept.
struct ProgramCache {
  /// What a program depends on, boiled down to 128 bits.
  struct Key: Hashable {
    var high: UInt64
    var low: UInt64

    /// The name of its file.
    var name: String {
      [high, low].map { word in
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
      }.joined() + ".bin"
    }
  }

  /// Changes when the files do.
  static let formatVersion: UInt64 = 1
  private static let magic: [UInt8] = Array("SLUICECL".utf8)
  private static let headerCount = 48

  let folder: String

  /// The cache of this user, `$XDG_CACHE_HOME/sluice`; nil where there is no place for one.
  static var ofUser: ProgramCache? {
    if let cache = environment("XDG_CACHE_HOME") { return ProgramCache(folder: cache + "/sluice") }
    return environment("HOME").map { ProgramCache(folder: $0 + "/.cache/sluice") }
  }

  func key(source: [UInt8], options: String, device: OpenCLDevice) -> Key {
    let text = [
      options, device.device.name, device.device.platform, device.device.driver,
      device.capabilities.vendor, device.capabilities.version, "\(Self.formatVersion)",
    ]
    // A byte that is in no text stands between the parts.
    let bytes = source + text.flatMap { [0xFF] + Array($0.utf8) }
    return Key(
      high: Self.hash(bytes, seed: 0xCBF2_9CE4_8422_2325),
      low: Self.hash(bytes, seed: 0x8422_2325_CBF2_9CE4))
  }

  /// What is kept under `key`; nil where there is nothing, or nothing to be trusted.
  func binary(for key: Key) -> [UInt8]? {
    guard let bytes = Self.read(folder + "/" + key.name), bytes.count > Self.headerCount else {
      return nil
    }
    let binary = Array(bytes[Self.headerCount...])
    return Array(bytes[..<Self.headerCount]) == header(key, binary) ? binary : nil
  }

  /// Keeps `binary` under `key`, if it can.
  func keep(_ binary: [UInt8], for key: Key) {
    makeFolder()
    let path = folder + "/" + key.name
    let beside = path + ".\(getpid()).\(UInt32.random(in: 0 ... .max))"
    if Self.write(header(key, binary) + binary, to: beside) {
      if rename(beside, path) == 0 { return }
    }
    unlink(beside)
  }

  /// Magic, version, key, length and checksum.
  private func header(_ key: Key, _ binary: [UInt8]) -> [UInt8] {
    let words = [
      Self.formatVersion, key.high, key.low, UInt64(binary.count), Self.hash(binary, seed: key.low),
    ]
    return Self.magic
      + words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }

  /// FNV-1a.
  private static func hash(_ bytes: [UInt8], seed: UInt64) -> UInt64 {
    var hash = seed
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }

  private func makeFolder() {
    var path = ""
    for part in folder.split(separator: "/") {
      path += "/" + part
      mkdir(path, 0o755)
    }
  }

  private static func read(_ path: String) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    let end = lseek(file, 0, SEEK_END)
    // No program is this large: whatever it is, it is not ours.
    guard end > 0, end < 1 << 28, lseek(file, 0, SEEK_SET) == 0 else { return nil }
    let size = Int(end)
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { storage, count in
      while count < size {
        let got = Self.readSome(file, storage, from: count, to: size)
        if got <= 0 {
          failed = true
          return
        }
        count += got
      }
    }
    return failed ? nil : bytes
  }

  private static func readSome(
    _ file: Int32, _ storage: UnsafeMutableBufferPointer<UInt8>, from: Int, to: Int
  ) -> Int {
    guard let start = storage.baseAddress else { return -1 }
    #if canImport(Darwin)
      return Darwin.read(file, start + from, to - from)
    #elseif canImport(Musl)
      return Musl.read(file, start + from, to - from)
    #else
      return Glibc.read(file, start + from, to - from)
    #endif
  }

  private static func write(_ bytes: [UInt8], to path: String) -> Bool {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { return false }
    let isWhole = bytes.withUnsafeBytes { storage in
      var done = 0
      while done < storage.count, let start = storage.baseAddress {
        #if canImport(Darwin)
          let put = Darwin.write(file, start + done, storage.count - done)
        #elseif canImport(Musl)
          let put = Musl.write(file, start + done, storage.count - done)
        #else
          let put = Glibc.write(file, start + done, storage.count - done)
        #endif
        if put <= 0 { return false }
        done += put
      }
      return true
    }
    return close(file) == 0 && isWhole
  }
}
