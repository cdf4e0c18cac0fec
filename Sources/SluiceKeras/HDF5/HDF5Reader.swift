import CHDF5

/// An array of an HDF5 file.
struct KerasArray: Equatable {
  /// Its path in the file, for messages.
  let path: String
  /// The extents, outermost first.
  let shape: [Int]
  /// Row-major.
  let values: [Float]
}

/// Reads an HDF5 file that lies in memory: so no lock of the file system stands in the way, and nobody
/// changes it meanwhile.
struct HDF5Reader {
  /// What stands at a path.
  enum Kind { case nothing, group, array }

  private let library: HDF5Library
  private let handle: hid_t
  /// Its name, for messages.
  let file: String
  /// Its size in bytes.
  private let size: Int

  private var call: HDF5Functions { library.functions }

  /// Opens a file for as long as `body` runs.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - file: Its name, for messages.
  /// - Throws: ``KerasError`` where there is no library, or the file is none that it reads; what `body`
  ///   throws.
  static func read<Result>(
    _ bytes: [UInt8], file: String, _ body: (HDF5Reader) throws -> Result
  ) throws -> Result {
    guard isHDF5(bytes) else { throw KerasError(file, "it is not an HDF5 file") }
    return try HDF5Library.use { library in
      let call = library.functions
      let access = call.createProperties(call.fileAccess)
      guard access >= 0 else { throw KerasError(file, "libhdf5 cannot be used", remedy: "") }
      defer { _ = call.closeProperties(access) }
      // The library copies the bytes; it never writes to what it is given here.
      var bytes = bytes
      let given = bytes.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress, call.setCoreDriver(access, 1 << 20, 0) >= 0 else {
          return false
        }
        return call.setFileImage(access, base, bytes.count) >= 0
      }
      guard given else { throw KerasError(file, "it does not fit into memory", remedy: "") }
      let handle = call.openFile("sluice", H5F_ACC_RDONLY, access)
      guard handle >= 0 else { throw KerasError(file, "it is cut short or damaged") }
      defer { _ = call.closeFile(handle) }
      return try body(
        HDF5Reader(library: library, handle: handle, file: file, size: bytes.count))
    }
  }

  /// Whether the bytes begin as an HDF5 file does.
  static func isHDF5(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A])
  }

  /// What stands at `path`, whose names are divided by `/`; the root where it is empty.
  func kind(of path: String) throws -> Kind {
    var whole = ""
    for name in path.split(separator: "/") {
      whole += whole.isEmpty ? "\(name)" : "/\(name)"
      if call.linkExists(handle, whole, H5P_DEFAULT) <= 0 { return .nothing }
    }
    return try with(object: path) { object in
      switch call.getIdentifierType(object) {
      case H5I_GROUP: .group
      case H5I_DATASET: .array
      default: .nothing
      }
    }
  }

  /// The names in a group, sorted.
  func names(in group: String) throws -> [String] {
    let place = group.isEmpty ? "/" : group
    let count = try with(object: group) { object in
      var info = HDF5GroupInfo()
      guard call.getGroupInfo(object, &info) >= 0 else { throw damage(group) }
      return info.linkCount
    }
    // A link takes some bytes of the file: more of them cannot be.
    guard count <= UInt64(size) else { throw damage(group) }
    return try (0..<count).map { number in
      func length(_ buffer: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int {
        call.getLinkName(
          handle, place, H5_INDEX_NAME, H5_ITER_INC, number, buffer, room, H5P_DEFAULT)
      }
      let count = length(nil, 0)
      guard count >= 0, count <= size else { throw damage(group) }
      var name = [CChar](repeating: 0, count: count + 1)
      guard length(&name, name.count) == count else { throw damage(group) }
      return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// The numbers of an array, as float32.
  ///
  /// - Throws: ``KerasError`` where there are none, or one is not finite.
  func array(at path: String) throws -> KerasArray {
    guard try kind(of: path) == .array else {
      throw KerasError(file, "it has no \(path)")
    }
    return try with(object: path) { dataset in
      let type = call.getDatasetType(dataset)
      guard type >= 0 else { throw damage(path) }
      defer { _ = call.closeType(type) }
      guard call.getTypeClass(type) == H5T_FLOAT else {
        throw KerasError(
          file, "\(path) does not hold floating-point numbers of 16, 32 or 64 bits",
          remedy: "Save a model that is not quantized, of float32 weights")
      }
      let space = call.getDatasetSpace(dataset)
      guard space >= 0 else { throw damage(path) }
      defer { _ = call.closeSpace(space) }
      let shape = try extents(of: space, path)
      // Deflated a thousandfold at the very most.
      let (bytes, overflow) = count(shape).multipliedReportingOverflow(by: 4)
      guard !overflow, bytes / 1100 <= size else { throw damage(path) }
      var values = [Float](repeating: 0, count: count(shape))
      let status = values.withUnsafeMutableBytes { buffer -> herr_t in
        guard let base = buffer.baseAddress, buffer.count > 0 else { return 0 }
        return call.readDataset(dataset, call.nativeFloat, H5S_ALL, H5S_ALL, H5P_DEFAULT, base)
      }
      guard status >= 0 else { throw damage(path) }
      if let place = values.firstIndex(where: { !$0.isFinite }) {
        throw KerasError(
          file, "\(path) holds \(values[place]), at its place \(place)",
          remedy: "A network with such weights answers nothing: take an earlier one")
      }
      return KerasArray(path: path, shape: shape, values: values)
    }
  }

  /// The text or texts of an attribute; nil where there is none of this name.
  func strings(_ name: String, at path: String = "") throws -> [String]? {
    try with(object: path) { object in
      guard call.attributeExists(object, name) > 0 else { return nil }
      let attribute = call.openAttribute(object, name, H5P_DEFAULT)
      guard attribute >= 0 else { throw damage(name) }
      defer { _ = call.closeAttribute(attribute) }
      let space = call.getAttributeSpace(attribute)
      guard space >= 0 else { throw damage(name) }
      defer { _ = call.closeSpace(space) }
      let count = count(try extents(of: space, name))
      // An empty list is one of numbers: nobody said of what.
      if count == 0 { return [] }
      let type = call.getAttributeType(attribute)
      guard type >= 0, count <= size else { throw damage(name) }
      defer { _ = call.closeType(type) }
      guard call.getTypeClass(type) == H5T_STRING else { throw damage(name) }
      return call.isVariableString(type) > 0
        ? try variableStrings(of: attribute, count, type, name)
        : try fixedStrings(of: attribute, count, type, name)
    }
  }

  private func fixedStrings(
    of attribute: hid_t, _ count: Int, _ type: hid_t, _ name: String
  ) throws -> [String] {
    let length = call.getTypeSize(type)
    guard length > 0, length <= size, count * length <= size else { throw damage(name) }
    var bytes = [UInt8](repeating: 0, count: count * length)
    guard call.readAttribute(attribute, type, &bytes) >= 0 else { throw damage(name) }
    return (0..<count).map { index in
      let text = bytes[(index * length)..<((index + 1) * length)]
      return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  private func variableStrings(
    of attribute: hid_t, _ count: Int, _ type: hid_t, _ name: String
  ) throws -> [String] {
    let memory = call.copyType(call.characters)
    guard memory >= 0 else { throw damage(name) }
    defer { _ = call.closeType(memory) }
    guard call.setTypeSize(memory, Int(bitPattern: UInt.max)) >= 0,
      call.setCharacterSet(memory, call.getCharacterSet(type)) >= 0
    else { throw damage(name) }
    var texts = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    defer { for text in texts { if let text { _ = call.freeMemory(text) } } }
    guard call.readAttribute(attribute, memory, &texts) >= 0 else { throw damage(name) }
    return texts.map { $0.map { String(cString: $0) } ?? "" }
  }

  /// - Throws: ``KerasError`` where the product is more than can be.
  private func extents(of space: hid_t, _ path: String) throws -> [Int] {
    let rank = call.getRank(space)
    guard (0...32).contains(rank) else { throw damage(path) }
    var extents = [hsize_t](repeating: 0, count: max(1, Int(rank)))
    guard call.getExtents(space, &extents, nil) == rank else { throw damage(path) }
    var product = 1
    return try extents.prefix(Int(rank)).map { extent in
      let (next, overflow) = product.multipliedReportingOverflow(by: Int(clamping: extent))
      guard !overflow, next <= 1 << 40 else { throw damage(path) }
      product = next
      return Int(clamping: extent)
    }
  }

  private func count(_ shape: [Int]) -> Int { shape.reduce(1, *) }

  private func with<Result>(object path: String, _ body: (hid_t) throws -> Result) throws -> Result
  {
    let object = call.openObject(handle, path.isEmpty ? "/" : path, H5P_DEFAULT)
    guard object >= 0 else { throw damage(path) }
    defer { _ = call.closeObject(object) }
    return try body(object)
  }

  private func damage(_ path: String) -> KerasError {
    KerasError(file, "\(path.isEmpty ? "it" : path) cannot be read")
  }
}
