/// Both directions of a layer over the same batch, which a back end may run side by side. Gives what
/// ``RecurrentForward`` gives for one after the other, to the bit.
public struct BidirectionalForward: Operation {
  public static let name = "recurrent forward, both directions"

  /// The one that comes first where they go in turn.
  public var first: RecurrentForward
  /// The other direction; writes nothing that the first one reads or writes.
  public var second: RecurrentForward

  /// Each argument is the property of its name.
  public init(_ first: RecurrentForward, _ second: RecurrentForward) {
    self.first = first
    self.second = second
  }

  public func validate() throws(ComputeError) {
    try first.validate()
    try second.validate()
    try first.descriptor.validate(opposite: second.descriptor)
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// The gradients of both directions of a layer, as ``RecurrentBackward`` gives them for one after the
/// other, to the bit.
public struct BidirectionalBackward: Operation {
  public static let name = "recurrent backward, both directions"

  /// The one that comes first where they go in turn, and in what both add to.
  public var first: RecurrentBackward
  /// The other direction; writes nothing that the first one reads or writes, but for the input's gradient,
  /// to which it adds.
  public var second: RecurrentBackward

  /// Each argument is the property of its name.
  public init(_ first: RecurrentBackward, _ second: RecurrentBackward) {
    self.first = first
    self.second = second
  }

  public func validate() throws(ComputeError) {
    try first.validate()
    try second.validate()
    try first.descriptor.validate(opposite: second.descriptor)
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

extension RecurrentDescriptor {
  fileprivate func validate(opposite other: Self) throws(ComputeError) {
    var turned = other
    turned.direction = direction
    try Check.argument(
      turned == self && other.direction != direction,
      "two passes that are not the directions of one layer")
  }
}

extension Backend {
  /// In turn.
  public func execute(_ operation: BidirectionalForward) throws(ComputeError) {
    try execute(operation.first)
    try execute(operation.second)
  }

  /// In turn.
  public func execute(_ operation: BidirectionalBackward) throws(ComputeError) {
    try execute(operation.first)
    try execute(operation.second)
  }
}
