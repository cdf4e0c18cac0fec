import SluiceCompute
import SluiceNN
import SluiceTables

/// Reviews as one network reads them, resident on the device: a batch is gathered by row numbers
/// alone. R rows.
final class ReviewDataset {
  /// What was uploaded; small things are read from here batch by batch.
  let host: EncodedReviews
  /// `[total]` int32.
  private let tokens: Tensor
  /// `[total]` int32; nil where pairs are not read.
  private let pairs: Tensor?
  /// `[R + 1]` int32: where each row's tokens and pairs begin.
  private let starts: Tensor
  /// The sequences of the wide branch; nil where there is none.
  let sequences: SparseTensor?

  /// - Throws: `ComputeError` with `.outOfMemory`.
  init(_ host: EncodedReviews, on backend: any Backend) throws {
    self.host = host
    tokens = try backend.makeTensor([host.tokens.count], host.tokens)
    pairs = host.pairs.isEmpty ? nil : try backend.makeTensor([host.pairs.count], host.pairs)
    starts = try backend.makeTensor([host.starts.count], host.starts)
    let own = host.sequences
    sequences =
      own.columnCount == 0
      ? nil
      : SparseTensor(
        offsets: try backend.makeTensor([own.starts.count], own.starts.map { Int32($0) }),
        indices: try backend.makeTensor([own.columns.count], own.columns),
        values: try backend.makeTensor([own.values.count], own.values))
  }

  /// R
  var count: Int { host.count }

  /// Gathers some rows. In training, a share of the tokens becomes unknown, a share of the pairs is
  /// left out, and so is what is known of some users, items and categories.
  func batch(_ rows: [Int32], model: ReviewModelSettings, on tape: Tape) throws -> ReviewBatch {
    let backend = tape.backend
    let count = rows.count
    let steps = max(1, rows.map { host.length(Int($0)) }.max() ?? 1)
    let documents = try backend.makeTensor([count], rows)
    let lengths = try backend.makeTensor([count], .int32)
    func sequences(_ source: Tensor, dropping rate: Double, for replacement: Int32) throws -> Tensor
    {
      let sequences = try backend.makeTensor([steps, count], .int32)
      let dropout = rate == 0 ? nil : tape.randomStream()
      try backend.enqueue(
        GatherSequences(
          source: source, offsets: starts, documents: documents, padding: replacement,
          dropout: dropout.map {
            TokenDropout(rate: Float(rate), stream: $0, replacement: replacement)
          }, into: sequences, lengths: lengths))
      return sequences
    }
    let words = try sequences(tokens, dropping: model.wordDropout, for: Vocabulary.unknown)
    let neighbours = try pairs.map {
      try sequences($0, dropping: model.pairDropout, for: EncodedReviews.noPair)
    }
    var known = KnownThings(rows, of: host)
    if model.side.unknownRate > 0, let stream = tape.randomStream() {
      known.hide(rate: Float(model.side.unknownRate), stream: stream)
    }
    return ReviewBatch(
      rows: documents, tokens: words, lengths: lengths, pairs: neighbours,
      side: host.sideCount == 0
        ? nil : try backend.makeTensor([count, host.sideCount], known.side),
      categories: try known.categories.map { try backend.makeTensor([count], $0) },
      classes: try backend.makeTensor([count], rows.map { host.classes[Int($0)] }))
  }
}

/// A batch of reviews on the device. N rows of up to T tokens.
struct ReviewBatch {
  /// `[N]` int32: the rows of the data set.
  let rows: Tensor
  /// `[T, N]` int32.
  let tokens: Tensor
  /// `[N]` int32.
  let lengths: Tensor
  /// `[T, N]` int32; nil where pairs are not read.
  let pairs: Tensor?
  /// `[N, S]`; nil where there is nothing known besides the text.
  let side: Tensor?
  /// For each column of categories, `[N]` int32.
  let categories: [Tensor]
  /// `[N]` int32: the classes.
  let classes: Tensor
}

/// What is known of the rows of a batch besides their texts.
private struct KnownThings {
  /// `[N, S]`
  var side: [Float]
  /// For each column of categories, `[N]`.
  var categories: [[Int32]]
  private let count: Int
  private let identityCount: Int

  init(_ rows: [Int32], of host: EncodedReviews) {
    let width = host.sideCount
    count = rows.count
    identityCount = host.identityCount
    side = rows.flatMap { host.side[(Int($0) * width)..<((Int($0) + 1) * width)] }
    categories = host.categories.map { column in rows.map { column[Int($0)] } }
  }

  /// Makes users, items and categories of some rows unknown: zeros are what is known of somebody
  /// new.
  mutating func hide(rate: Float, stream: RandomStream) {
    var generator = PhiloxGenerator(stream)
    let width = side.count / max(1, count)
    let size = IdentityStatistics.featureCount
    for row in 0..<count {
      for identity in 0..<identityCount where generator.uniform() < rate {
        let start = row * width + identity * size
        for place in start..<(start + size) { side[place] = 0 }
      }
      for column in categories.indices where generator.uniform() < rate {
        categories[column][row] = 0
      }
    }
  }
}
