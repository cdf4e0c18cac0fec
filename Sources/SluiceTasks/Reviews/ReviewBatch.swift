import SluiceCompute

/// A batch of reviews on the device. N rows of up to T tokens.
struct ReviewBatch {
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

  init(_ rows: [Int32], of reviews: EncodedReviews, on backend: any Backend) throws {
    let count = rows.count
    let lengths = rows.map { reviews.length(Int($0)) }
    let steps = max(1, lengths.max() ?? 1)
    func sequences(_ values: [Int32]) throws -> Tensor {
      var batch = [Int32](repeating: 0, count: steps * count)
      for (n, row) in rows.enumerated() {
        let start = Int(reviews.starts[Int(row)])
        for t in 0..<lengths[n] { batch[t * count + n] = values[start + t] }
      }
      return try backend.makeTensor([steps, count], batch)
    }
    tokens = try sequences(reviews.tokens)
    pairs = reviews.pairs.isEmpty ? nil : try sequences(reviews.pairs)
    self.lengths = try backend.makeTensor([count], lengths.map { Int32($0) })
    let width = reviews.sideCount
    side =
      width == 0
      ? nil
      : try backend.makeTensor(
        [count, width],
        rows.flatMap { reviews.side[(Int($0) * width)..<((Int($0) + 1) * width)] })
    categories = try reviews.categories.map { column in
      try backend.makeTensor([count], rows.map { column[Int($0)] })
    }
    classes = try backend.makeTensor([count], rows.map { reviews.classes[Int($0)] })
  }
}
