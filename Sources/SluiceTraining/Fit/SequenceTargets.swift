/// What a network is to say about each sequence.
public enum SequenceTargets: Hashable, Sendable {
  /// One class a row, from 0. For a network that ends in softmax, or, with the classes 0 and 1, in one
  /// sigmoid.
  case classes([Int])
  /// One number a row.
  case values([Float])
  /// As many numbers a row as the network has outputs: the next days of a series, or one yes or no
  /// each.
  case vectors([[Float]])

  /// Rows.
  public var count: Int {
    switch self {
    case .classes(let classes): classes.count
    case .values(let values): values.count
    case .vectors(let vectors): vectors.count
    }
  }
}
