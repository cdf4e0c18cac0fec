import SluiceNN

/// Several networks of one kind in one file: an ensemble. The tensors of member K are named
/// `members.K.` + their own name; those of a single network have their own names alone.
extension Safetensors {
  /// The weights of all members, in their order.
  ///
  /// - Throws: `ComputeError` with `.deviceFailure`.
  /// - Note: Waits for the device.
  public init(members: [ParameterArena], metadata: [String: String] = ["format": "pt"]) throws {
    var tensors: [Tensor] = []
    for (index, member) in members.enumerated() {
      let prefix = Self.prefix(ofMember: index, of: members.count)
      tensors += try member.namedWeights().map { Tensor(prefix + $0.name, $0.shape, $0.values) }
    }
    self.init(tensors, metadata: metadata)
  }

  /// Replaces the weights of all members.
  ///
  /// - Parameter file: Its name, for messages.
  /// - Throws: ``SafetensorsError`` where the file holds other tensors than the members have.
  public func load(into members: [ParameterArena], file: String) throws {
    var left = tensors
    for (index, member) in members.enumerated() {
      let prefix = Self.prefix(ofMember: index, of: members.count)
      let own = left.filter { $0.name.hasPrefix(prefix) }.map {
        Tensor(String($0.name.dropFirst(prefix.count)), $0.shape, $0.values)
      }
      left.removeAll { $0.name.hasPrefix(prefix) }
      try member.load(Safetensors(own), file: file)
    }
    guard left.isEmpty else {
      throw SafetensorsError(
        file, "not in the model: \(left.prefix(8).map(\.name).joined(separator: ", "))",
        remedy: "The file belongs to a model of another configuration")
    }
  }

  private static func prefix(ofMember index: Int, of count: Int) -> String {
    count == 1 ? "" : "members.\(index)."
  }
}
