import SluiceCompute
import SluiceNN

/// Pasts of users, resident on the device: a batch is gathered by the numbers of its sequences alone.
/// P steps in all.
final class HistoryDataset {
  let host: EncodedHistory
  /// `[S + 1]` int32
  private let starts: Tensor
  /// `[P]` int32: 0 … P − 1. Gathered, they say which row of the other tables each place of a batch
  /// takes; places past a sequence's end take row P, which is empty.
  private let places: Tensor
  /// `[P]` int32
  private let ratings: Tensor
  /// `[P]` int32
  private let items: Tensor
  /// `[P + 1, D]`
  private let inputs: Tensor
  private let answers: Answers?

  /// What is to be learned behind each step.
  private struct Answers {
    /// `[P]` int32
    let targets: Tensor
    /// `[P + 1, Q]`
    let known: Tensor
    /// `[P + 1, 1]` int32
    let classes: Tensor
    /// `[P + 1, 1]`: 1 where there is something to learn.
    let weights: Tensor
  }

  /// - Parameter learns: Whether batches hold what is to be learned; then no two queries stand
  ///   behind one step.
  /// - Throws: `ComputeError` with `.outOfMemory`.
  init(_ host: EncodedHistory, learns: Bool, on backend: any Backend) throws {
    self.host = host
    let count = host.ratings.count
    starts = try backend.makeTensor([host.starts.count], host.starts)
    places = try backend.makeTensor([count], (0..<Int32(count)).map { $0 })
    ratings = try backend.makeTensor([count], host.ratings)
    items = try backend.makeTensor([count], host.items)
    inputs = try backend.makeTensor(
      [count + 1, host.inputCount],
      host.inputs + [Float](repeating: 0, count: host.inputCount))
    guard learns else {
      answers = nil
      return
    }
    let width = HistoryEncoder.knownCount
    var targets = [Int32](repeating: 0, count: count)
    var known = [Float](repeating: 0, count: (count + 1) * width)
    var classes = [Int32](repeating: 0, count: count + 1)
    var weights = [Float](repeating: 0, count: count + 1)
    for query in host.rows.indices {
      let place = Int(host.starts[Int(host.sequences[query])] + host.steps[query])
      targets[place] = host.targets[query]
      for column in 0..<width { known[place * width + column] = host.known[query * width + column] }
      classes[place] = host.classes[query]
      weights[place] = 1
    }
    answers = Answers(
      targets: try backend.makeTensor([count], targets),
      known: try backend.makeTensor([count + 1, width], known),
      classes: try backend.makeTensor([count + 1, 1], classes),
      weights: try backend.makeTensor([count + 1, 1], weights))
  }

  /// Gathers some sequences. In training, a share of the items becomes unknown.
  func batch(_ sequences: [Int32], unknownRate: Double, on tape: Tape) throws -> HistoryBatch {
    let backend = tape.backend
    let count = sequences.count
    let steps = max(1, sequences.map { host.length(Int($0)) }.max() ?? 1)
    let documents = try backend.makeTensor([count], sequences)
    let lengths = try backend.makeTensor([count], .int32)
    func gathered(_ source: Tensor, padding: Int32 = 0, hiding: Bool = false) throws -> Tensor {
      let result = try backend.makeTensor([steps, count], .int32)
      let stream = hiding && unknownRate > 0 ? tape.randomStream() : nil
      try backend.enqueue(
        GatherSequences(
          source: source, offsets: starts, documents: documents, padding: padding,
          dropout: stream.map {
            TokenDropout(rate: Float(unknownRate), stream: $0, replacement: 0)
          }, into: result, lengths: lengths))
      return result
    }
    let rows = try gathered(places, padding: Int32(host.ratings.count))
    func gatheredRows(_ source: Tensor) throws -> Tensor {
      let result = try backend.makeTensor([steps, count, source.columns], source.elementType)
      try backend.enqueue(GatherRows(source: source, rows: rows, into: result))
      return result
    }
    return HistoryBatch(
      lengths: lengths, ratings: try gathered(ratings), items: try gathered(items, hiding: true),
      inputs: try gatheredRows(inputs),
      answers: try answers.map { answers in
        HistoryBatch.Answers(
          targets: try gathered(answers.targets, hiding: true),
          known: try gatheredRows(answers.known),
          classes: try gatheredRows(answers.classes).reshaped([steps, count]),
          weights: try gatheredRows(answers.weights).reshaped([steps, count]))
      })
  }
}

/// A batch of pasts on the device. N sequences of up to T steps.
struct HistoryBatch {
  /// `[N]` int32
  let lengths: Tensor
  /// `[T, N]` int32
  let ratings: Tensor
  /// `[T, N]` int32
  let items: Tensor
  /// `[T, N, D]`
  let inputs: Tensor
  /// Nil where nothing is learned.
  let answers: Answers?

  struct Answers {
    /// `[T, N]` int32: the item that is rated behind each step.
    let targets: Tensor
    /// `[T, N, Q]`
    let known: Tensor
    /// `[T, N]` int32
    let classes: Tensor
    /// `[T, N]`
    let weights: Tensor
  }
}
