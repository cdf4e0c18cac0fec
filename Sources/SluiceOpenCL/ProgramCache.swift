import SluicePlatform

/// Compiled programs on disk, so that only the first run on a machine compiles.
///
/// A file is trusted only if its header, its length and its checksum fit; everything else is
/// compiled anew and written over. Any failure just means that nothing is kept.
struct ProgramCache {
  /// What a program depends on, boiled down to 128 bits.
  struct Key: Hashable {
    var high: UInt64
    var low: UInt64

    /// The name of its file.
    var name: String { hexadecimal + ".bin" }

    var hexadecimal: String { Checksum.hexadecimal(high) + Checksum.hexadecimal(low) }
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
      high: Checksum.hash(bytes), low: Checksum.hash(bytes, seed: 0x8422_2325_CBF2_9CE4))
  }

  /// What is kept under `key`; nil where there is nothing, or nothing to be trusted.
  func binary(for key: Key) -> [UInt8]? {
    let path = folder + "/" + key.name
    guard FileReader.isRegularFile(path), let bytes = try? FileReader.bytes(of: path),
      bytes.count > Self.headerCount
    else { return nil }
    let binary = Array(bytes[Self.headerCount...])
    return Array(bytes[..<Self.headerCount]) == header(key, binary) ? binary : nil
  }

  /// Keeps `binary` under `key`, if it can.
  func keep(_ binary: [UInt8], for key: Key) {
    do {
      try Folder.create(folder)
      try AtomicFile.write(header(key, binary) + binary, to: folder + "/" + key.name)
    } catch {
      // The next run compiles again.
    }
  }

  /// Magic, version, key, length and checksum.
  private func header(_ key: Key, _ binary: [UInt8]) -> [UInt8] {
    let words = [
      Self.formatVersion, key.high, key.low, UInt64(binary.count),
      Checksum.hash(binary, seed: key.low),
    ]
    return Self.magic
      + words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }
}
