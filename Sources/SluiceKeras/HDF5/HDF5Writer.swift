import CHDF5

/// Makes an HDF5 file in memory, so that it reaches the disk whole or not at all.
enum HDF5Writer {
  /// A file of arrays, in groups by their paths.
  ///
  /// The same arrays and library give the same bytes.
  ///
  /// - Parameters:
  ///   - arrays: Their paths, names divided by `/`, no two the same.
  ///   - groups: Paths of groups that are to be there without any array.
  /// - Throws: ``KerasError`` where there is no library, or memory runs out.
  static func file(_ arrays: [KerasArray], groups: [String] = []) throws -> [UInt8] {
    try HDF5Library.use { library in
      let call = library.functions
      func checked(_ handle: hid_t) throws -> hid_t {
        guard handle >= 0 else {
          throw KerasError(
            nil, "libhdf5 cannot make the file, perhaps for want of memory", remedy: "")
        }
        return handle
      }
      let access = try checked(call.createProperties(call.fileAccess))
      defer { _ = call.closeProperties(access) }
      _ = try checked(hid_t(call.setCoreDriver(access, 1 << 20, 0)))
      // Without times, so that the same arrays give the same bytes.
      func timeless(_ kind: hid_t) throws -> hid_t {
        let properties = try checked(call.createProperties(kind))
        _ = try checked(hid_t(call.setTracksTimes(properties, 0)))
        return properties
      }
      let root = try timeless(call.fileCreation)
      defer { _ = call.closeProperties(root) }
      let inner = try timeless(call.groupCreation)
      defer { _ = call.closeProperties(inner) }
      let leaf = try timeless(call.datasetCreation)
      defer { _ = call.closeProperties(leaf) }
      let file = try checked(call.createFile("sluice", H5F_ACC_TRUNC, root, access))
      defer { _ = call.closeFile(file) }

      var made: Set<String> = []
      func makeGroups(of path: some Sequence<Substring>) throws {
        var whole = ""
        for name in path {
          whole += whole.isEmpty ? "\(name)" : "/\(name)"
          guard made.insert(whole).inserted else { continue }
          let group = try checked(
            call.createGroup(file, whole, H5P_DEFAULT, inner, H5P_DEFAULT))
          _ = call.closeGroup(group)
        }
      }
      for group in groups { try makeGroups(of: group.split(separator: "/")) }
      for array in arrays {
        try makeGroups(of: array.path.split(separator: "/").dropLast())
        let space = try checked(
          call.createSpace(Int32(array.shape.count), array.shape.map { hsize_t($0) }, nil))
        defer { _ = call.closeSpace(space) }
        let dataset = try checked(
          call.createDataset(
            file, array.path, call.float32, space, H5P_DEFAULT, leaf, H5P_DEFAULT))
        defer { _ = call.closeDataset(dataset) }
        let status = array.values.withUnsafeBytes { bytes -> herr_t in
          guard let base = bytes.baseAddress else { return 0 }
          return call.writeDataset(
            dataset, call.nativeFloat, H5S_ALL, H5S_ALL, H5P_DEFAULT, base)
        }
        _ = try checked(hid_t(status))
      }
      _ = try checked(hid_t(call.flushFile(file, 0)))
      let size = call.getFileImage(file, nil, 0)
      _ = try checked(hid_t(size))
      var bytes = [UInt8](repeating: 0, count: size)
      let written = bytes.withUnsafeMutableBytes { buffer in
        buffer.baseAddress.map { call.getFileImage(file, $0, buffer.count) } ?? 0
      }
      guard written == size else {
        throw KerasError(nil, "libhdf5 cannot make the file", remedy: "")
      }
      return bytes
    }
  }
}
