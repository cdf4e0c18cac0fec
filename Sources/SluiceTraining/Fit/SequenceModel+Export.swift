import SluiceExport
import SluiceNN

extension SequenceModel {
  /// The network for other programs: `features` `[N, T, C]` or `tokens` `[N, T]`, and `lengths`, to
  /// `predictions` `[N, K]`.
  ///
  /// - Throws: ``ExportError`` where the network is a function; ``ComputeError`` with `.deviceFailure`.
  /// - Note: Waits for the device.
  package func graph() throws -> ExportGraph {
    guard let stack else {
      throw ExportError(
        "the network is a function, which says nothing of its layers",
        remedy: "Stacks of layers can be exported.")
    }
    let graph = ExportGraph()
    let members = try graph.members([parameters]) { _ in
      let read =
        switch stack.input {
        case .tokens: graph.input("tokens", as: .int64, ["N", "T"], "the token of each step")
        case .features(let count):
          graph.input("features", ["N", "T", "\(count)"], "the features of each step")
        }
      let lengths = graph.input(
        "lengths", as: .int64, ["N"], "the steps of each row that count, perhaps 0")
      return graph.stack(stack, read, lengths: lengths)
    }
    let logits = graph.mean(members, axis: 0)
    let (predictions, meaning) =
      switch output {
      case .linear: (logits, "what is predicted")
      case .sigmoid: (graph.sigmoid(logits), "probabilities")
      case .softmax: (graph.softmax(logits), "the probability of each class")
      }
    graph.output("predictions", ["N", "\(stack.outputSize)"], predictions, meaning)
    return graph
  }
}
