import SluiceCompute
import SluiceNN

/// Some sequences on the device, time-major, as a network reads them.
public struct SequenceBatch {
  enum Content {
    /// `[T, N, C]`
    case features(Variable)
    /// `[T, N]`
    case tokens(Tensor)
  }

  let content: Content
  /// `[N]` int32: the steps of each row that count; nil where all rows of the data set have the same
  /// number of steps. Behind them features are 0 and tokens are padding.
  public let lengths: Tensor?

  /// T: the steps of the longest row of the batch, at least 1.
  public var steps: Int { extents.0 }

  /// N
  public var count: Int { extents.1 }

  /// The features of every step, `[T, N, C]`.
  ///
  /// - Throws: ``ComputeError`` with `.invalidArgument` where the data are tokens.
  public var features: Variable {
    get throws(ComputeError) {
      if case .features(let features) = content { return features }
      throw ComputeError(
        .invalidArgument, "the network reads features, but is fed with tokens",
        remedy: "Read `tokens`, or make the data of features")
    }
  }

  /// The token of every step, `[T, N]` int32.
  ///
  /// - Throws: ``ComputeError`` with `.invalidArgument` where the data are features.
  public var tokens: Tensor {
    get throws(ComputeError) {
      if case .tokens(let tokens) = content { return tokens }
      throw ComputeError(
        .invalidArgument, "the network reads tokens, but is fed with features",
        remedy: "Read `features`, or make the data of tokens")
    }
  }

  private var extents: (Int, Int) {
    switch content {
    case .features(let features): (features.shape[0], features.shape[1])
    case .tokens(let tokens): (tokens.shape[0], tokens.shape[1])
    }
  }
}
