import SluicePlatform

/// A file that Keras saved: its weights, and what it says of its layers.
///
/// There are `.keras` archives, with a configuration and weights in them; `.weights.h5` files, weights
/// alone; and `.h5` files, whole models or weights, as Keras 2 wrote them and 3 still does.
struct KerasFile {
  /// For messages.
  let path: String
  /// The HDF5 file.
  private let weights: [UInt8]
  /// The configuration beside it; nil where there is none.
  private let description: String?

  /// - Throws: `FileError`, or ``KerasError`` where the file is of another kind.
  init(contentsOf path: String) throws {
    self.path = path
    let bytes = try FileReader.bytes(of: path)
    guard ZipArchive.isZip(bytes) else {
      guard HDF5Reader.isHDF5(bytes) else {
        throw KerasError(
          path, "it is neither a .keras archive nor HDF5",
          remedy:
            "Keras writes such by model.save(\"model.keras\") or .save_weights(\"model.weights.h5\")"
        )
      }
      (weights, description) = (bytes, nil)
      return
    }
    let archive = try ZipArchive(bytes, file: path)
    guard let weights = try archive.member("model.weights.h5") else {
      throw KerasError(
        path,
        "the archive has no model.weights.h5, but \(archive.names.prefix(8).joined(separator: ", "))",
        remedy: "Save the model by model.save(\"model.keras\"), without shards")
    }
    self.weights = weights
    guard let description = try archive.member("config.json") else {
      throw KerasError(path, "the archive has no config.json")
    }
    guard let text = String(validating: description, as: UTF8.self) else {
      throw KerasError(path, "its config.json is not UTF-8")
    }
    self.description = text
  }

  /// The arrays of each layer that has weights, in the order of the stack, and the stack.
  ///
  /// - Parameter known: The stack, where the file's own description of it does not count.
  /// - Throws: ``KerasError``.
  func read(known: KerasStack?) throws -> (stack: KerasStack, arrays: [[KerasArray]]) {
    try HDF5Reader.read(weights, file: path) { reader in
      let legacy = try reader.strings("model_config")?.first
      let stack: KerasStack
      if let known {
        stack = known
      } else if let text = description ?? legacy {
        stack = try KerasStack(KerasArchitecture.layers(text, file: path))
      } else {
        throw KerasError(
          path, "it holds weights alone, and does not say of which layers",
          remedy: "Say it in `configuration`, as `model: {stack: […]}`; or save the model as .keras"
        )
      }
      return (stack, try arrays(of: stack, in: reader))
    }
  }

  private func arrays(of stack: KerasStack, in reader: HDF5Reader) throws -> [[KerasArray]] {
    for root in ["model_weights", ""] where try reader.kind(of: root) == .group {
      if let layers = try texts("layer_names", at: root, in: reader) {
        return try legacyArrays(of: stack, layers, root: root, in: reader)
      }
    }
    // Keras 2 had another name for it.
    for root in ["layers", "_layer_checkpoint_dependencies"]
    where try reader.kind(of: root) == .group {
      return try arrays(of: stack, root: root, in: reader)
    }
    throw KerasError(
      path, "it holds no layers",
      remedy: "Save a Sequential or a functional model: of others Keras keeps weights by attributes"
    )
  }

  /// As Keras 3 keeps them: in groups named by the layers' classes.
  private func arrays(of stack: KerasStack, root: String, in reader: HDF5Reader) throws
    -> [[KerasArray]]
  {
    let isDistributed = try reader.kind(of: "\(root)/time_distributed") == .group
    let containers = (isDistributed ? stack.distributed() : stack).containers
    var left = try Set(Self.paths(below: root, in: reader, depth: 8))
    var arrays: [[KerasArray]] = []
    for (part, name) in containers {
      arrays.append(
        try (part.form?.arrays ?? []).map { array in
          let path = "\(root)/\(name)/\(array)"
          guard left.remove(path) != nil else {
            throw KerasError(
              self.path, "\(part.title) has no weights there: \(path) is missing",
              remedy: "Are these the layers of the model that was saved, and has it been built?")
          }
          return try reader.array(at: path)
        })
    }
    guard left.isEmpty else {
      let names = left.sorted().prefix(8).joined(separator: ", ")
      throw KerasError(
        path, "it has weights besides, of layers that are not in the stack: \(names)",
        remedy: "Are these the layers of the model that was saved?")
    }
    return arrays
  }

  /// The arrays below a group, but for the states of random numbers.
  ///
  /// - Parameter depth: How deep to look at most: links may go in circles.
  private static func paths(below group: String, in reader: HDF5Reader, depth: Int) throws
    -> [String]
  {
    guard depth > 0 else { return [] }
    return try reader.names(in: group).flatMap { name -> [String] in
      let path = "\(group)/\(name)"
      switch try reader.kind(of: path) {
      case .array: return [path]
      case .group where name != "seed_generator":
        return try paths(below: path, in: reader, depth: depth - 1)
      default: return []
      }
    }
  }

  /// As Keras 2 keeps them: in groups named as the layers, each with a list of its arrays.
  private func legacyArrays(
    of stack: KerasStack, _ layers: [String], root: String, in reader: HDF5Reader
  ) throws -> [[KerasArray]] {
    var kept: [(layer: String, arrays: [String])] = []
    for layer in layers {
      let group = root.isEmpty ? layer : "\(root)/\(layer)"
      guard try reader.kind(of: group) == .group else {
        throw KerasError(path, "it has no \(group)")
      }
      let names = (try texts("weight_names", at: group, in: reader) ?? []).filter {
        !$0.contains("seed_generator")
      }
      if !names.isEmpty { kept.append((layer, names.map { "\(group)/\($0)" })) }
    }
    // Keras goes by their order too.
    let parts = stack.parts.filter { $0.form != nil }
    guard parts.count == kept.count else {
      throw KerasError(
        path,
        "it has weights of \(kept.count) layers (\(kept.map(\.layer).joined(separator: ", "))), "
          + "where \(parts.count) of the stack have some",
        remedy: "Are these the layers of the model that was saved?")
    }
    return try zip(parts, kept).map { part, kept in
      guard kept.arrays.count == part.form?.arrays.count else {
        throw KerasError(
          path,
          "\(part.title) has \(part.form?.arrays.count ?? 0) arrays of weights, and \(kept.layer) "
            + "there \(kept.arrays.count)",
          remedy: "Are these the layers of the model that was saved?")
      }
      return try kept.arrays.map { try reader.array(at: $0) }
    }
  }

  /// A list in an attribute, or in several with numbers, as long lists are kept.
  private func texts(_ name: String, at path: String, in reader: HDF5Reader) throws -> [String]? {
    if let texts = try reader.strings(name, at: path) { return texts }
    var pieces: [[String]] = []
    while let piece = try reader.strings("\(name)\(pieces.count)", at: path) {
      pieces.append(piece)
    }
    return pieces.isEmpty ? nil : Array(pieces.joined())
  }
}
