import SluiceCompute

/// A back end that holds memory and does no work: what passes on it tests nothing. It takes note of
/// how its input reaches each recurrent layer.
final class IdleBackend: BackendDecorator {
  let inner: any Backend
  /// Of each forward pass of a layer-direction: whether it reads tokens, folding their embedding.
  private(set) var forwardFolds: [Bool] = []
  private(set) var backwardFolds: [Bool] = []

  init(memory: any Backend) {
    inner = memory
  }

  func synchronize() {}

  func perform(_ operation: some Operation) {
    switch operation {
    case let forward as RecurrentForward: forwardFolds.append(forward.tokens != nil)
    case let both as BidirectionalForward:
      forwardFolds += [both.first, both.second].map { $0.tokens != nil }
    case let backward as RecurrentBackward: backwardFolds.append(backward.tokens != nil)
    case let both as BidirectionalBackward:
      backwardFolds += [both.first, both.second].map { $0.tokens != nil }
    default: break
    }
  }
}
