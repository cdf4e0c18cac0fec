import CHDF5
import SluicePlatform

/// The members of a zip archive: as much of the format as `.keras` files have, stored or deflated.
///
/// - SeeAlso: APPNOTE.TXT of PKWARE, 4.3.
struct ZipArchive {
  /// What the archive's directory says of a member.
  private struct Entry {
    var method: Int
    var checksum: UInt32
    var packedCount: Int
    var count: Int
    /// Where its own header begins.
    var header: Int
  }

  private let bytes: [UInt8]
  private let file: String
  private var entries: [String: Entry] = [:]

  /// The names of the members.
  var names: [String] { entries.keys.sorted() }

  /// Whether the bytes begin as a zip archive does.
  static func isZip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) }

  /// Reads the directory of an archive; `file` is its name for messages.
  ///
  /// - Throws: ``KerasError`` where it is damaged, or larger than 4 GiB.
  init(_ bytes: [UInt8], file: String) throws {
    self.bytes = bytes
    self.file = file
    // The end of the directory is the end of the file, but for a comment of up to 65,535 bytes.
    let last = bytes.count - 22
    let ends = stride(from: last, through: max(0, last - 0xFFFF), by: -1)
    guard let end = last < 0 ? nil : ends.first(where: { bytes[$0...].starts(with: Self.endMark) })
    else { throw KerasError(file, "the archive is cut short: it has no directory") }
    let count = number(at: end + 10, bytes: 2)
    var place = number(at: end + 16, bytes: 4)
    guard count < 0xFFFF, place < 0xFFFF_FFFF else {
      throw KerasError(
        file, "the archive has the format for more than 4 GiB",
        remedy: "Unzip it, and import its model.weights.h5 beside a configuration")
    }
    for _ in 0..<count {
      guard place + 46 <= end, bytes[place...].starts(with: [0x50, 0x4B, 0x01, 0x02]) else {
        throw damage
      }
      let nameCount = number(at: place + 28, bytes: 2)
      let next = place + 46 + nameCount + number(at: place + 30, bytes: 2)
      guard next <= end, number(at: place + 8, bytes: 2) & 1 == 0 else { throw damage }
      let name = String(decoding: bytes[(place + 46)..<(place + 46 + nameCount)], as: UTF8.self)
      entries[name] = Entry(
        method: number(at: place + 10, bytes: 2),
        checksum: UInt32(number(at: place + 16, bytes: 4)),
        packedCount: number(at: place + 20, bytes: 4), count: number(at: place + 24, bytes: 4),
        header: number(at: place + 42, bytes: 4))
      place = next + number(at: place + 32, bytes: 2)
    }
  }

  /// The bytes of a member; nil where there is none of this name.
  ///
  /// - Throws: ``KerasError`` where it is damaged, or deflated and there is no zlib.
  func member(_ name: String) throws -> [UInt8]? {
    guard let entry = entries[name] else { return nil }
    guard entry.header + 30 <= bytes.count,
      bytes[entry.header...].starts(with: [0x50, 0x4B, 0x03, 0x04])
    else { throw damage }
    let start =
      entry.header + 30 + number(at: entry.header + 26, bytes: 2)
      + number(at: entry.header + 28, bytes: 2)
    guard start + entry.packedCount <= bytes.count else { throw damage }
    let packed = bytes[start..<(start + entry.packedCount)]
    let content: [UInt8]
    switch entry.method {
    case 0: content = Array(packed)
    case 8: content = try HDF5Library.inflated(packed, to: entry.count, file: file)
    default:
      throw KerasError(
        file, "\(name) is packed by the method \(entry.method)",
        remedy: "Unzip the archive and zip it again, stored or deflated")
    }
    guard content.count == entry.count, CRC32.ethernet.of(content) == entry.checksum else {
      throw KerasError(file, "\(name) in the archive is damaged: its checksum is another one")
    }
    return content
  }

  private static let endMark: [UInt8] = [0x50, 0x4B, 0x05, 0x06]

  private var damage: KerasError { KerasError(file, "the directory of the archive is damaged") }

  /// A number of `count` bytes, little-endian; the caller knows that they are there.
  private func number(at place: Int, bytes count: Int) -> Int {
    bytes[place..<(place + count)].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}

/// Writes zip archives: members stored as they are, without dates, so that the same members give the
/// same bytes.
enum ZipWriter {
  /// - Precondition: less than 4 GiB in all, and fewer than 65,535 members.
  static func archive(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for (name, bytes) in members {
      let header = archive.count
      // What both headers say: version 2.0, no flags, stored, 1980-01-01, checksum, both sizes, the
      // name's, no extras.
      let shared =
        number(20, 2) + number(0, 2) + number(0, 2) + number(0, 2) + number(0x21, 2)
        + number(Int(CRC32.ethernet.of(bytes)), 4) + number(bytes.count, 4)
        + number(bytes.count, 4) + number(name.utf8.count, 2) + number(0, 2)
      archive += [0x50, 0x4B, 0x03, 0x04] + shared + Array(name.utf8) + bytes
      // Made by version 2.0; no comment, on disk 0, no attributes.
      directory += [0x50, 0x4B, 0x01, 0x02] + number(20, 2) + shared
      directory += number(0, 2) + number(0, 2) + number(0, 2) + number(0, 4)
      directory += number(header, 4) + Array(name.utf8)
    }
    let start = archive.count
    archive += directory + [0x50, 0x4B, 0x05, 0x06] + number(0, 2) + number(0, 2)
    archive += number(members.count, 2) + number(members.count, 2)
    return archive + number(directory.count, 4) + number(start, 4) + number(0, 2)
  }

  private static func number(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}

extension HDF5Library {
  /// What deflated bytes were, by the zlib that comes with libhdf5.
  ///
  /// - Throws: ``KerasError`` where there is none, or the bytes are damaged.
  static func inflated(_ packed: ArraySlice<UInt8>, to count: Int, file: String) throws -> [UInt8] {
    // DEFLATE makes 1,032 bytes of one at the very most.
    guard count > 0, count / 1100 <= packed.count else {
      throw KerasError(file, "a member of the archive is damaged")
    }
    return try use { library in
      var functions = library.functions
      var content = [UInt8](repeating: 0, count: count)
      let status = packed.withUnsafeBufferPointer { source in
        content.withUnsafeMutableBufferPointer { target -> Int32 in
          guard let from = source.baseAddress, let to = target.baseAddress else { return 1 }
          return hdf5_inflate(&functions, from, source.count, to, target.count)
        }
      }
      switch status {
      case 0: return content
      case 2:
        throw KerasError(
          file, "its members are compressed, and there is no zlib here to read them",
          remedy: "Unzip it and zip it again without compression: `zip -0`")
      default: throw KerasError(file, "a member of the archive is damaged")
      }
    }
  }
}
