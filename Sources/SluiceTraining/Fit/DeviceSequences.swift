import SluiceCompute
import SluiceNN

/// A data set's sequences on the device, uploaded once, from which batches are gathered.
struct DeviceSequences {
  /// Of every row.
  let lengths: [Int]
  /// Whether all rows have the same number of steps; such batches need no lengths.
  let isUniform: Bool
  private let content: Content
  private let offsets: [Int]
  private let backend: any Backend

  private enum Content {
    /// `[R, T, C]`, all rows of the same length.
    case windows(Tensor)
    /// `[total + 1, C]`: the steps of all rows, and one of zeros, which stands past the end of each.
    case steps(Tensor)
    /// `[total]`, and `[R + 1]`: where each row begins.
    case tokens(Tensor, offsets: Tensor, padding: Int32)
  }

  /// - Parameter padding: The token that stands past the end of a row.
  /// - Throws: ``ComputeError`` with `.outOfMemory`.
  init(_ data: SequenceData, padding: Int, on backend: any Backend) throws(ComputeError) {
    self.backend = backend
    let lengths = data.lengths
    self.lengths = lengths
    offsets = data.offsets
    let steps = lengths[0]
    isUniform = steps > 0 && lengths.allSatisfy { $0 == steps }
    switch data.content {
    case .features(let values, let width):
      if isUniform {
        content = .windows(try backend.makeTensor([data.count, steps, width], values))
      } else {
        let zeros = [Float](repeating: 0, count: width)
        content = .steps(
          try backend.makeTensor([data.offsets[data.count] + 1, width], values + zeros))
      }
    case .tokens(let tokens):
      content = .tokens(
        // A data set of nothing but empty rows still needs an element to point at.
        try backend.makeTensor([max(1, tokens.count)], tokens.isEmpty ? [Int32(padding)] : tokens),
        offsets: try backend.makeTensor([offsets.count], offsets.map { Int32($0) }),
        padding: Int32(padding))
    }
  }

  /// Gathers rows on the device. Never waits.
  ///
  /// - Throws: ``ComputeError`` with `.outOfMemory` or `.deviceFailure`.
  func batch(_ rows: [Int32], on tape: Tape) throws(ComputeError) -> SequenceBatch {
    let longest = max(1, rows.reduce(0) { max($0, lengths[Int($1)]) })
    let indices = try backend.makeTensor([rows.count], rows)
    switch content {
    case .windows(let source):
      let output = try backend.makeTensor([longest, rows.count, source.columns])
      let starts = try backend.makeTensor([rows.count], .int32)
      try backend.enqueue(Fill(starts, with: 0))
      try backend.enqueue(
        GatherWindows(source: source, series: indices, starts: starts, into: output))
      return SequenceBatch(content: .features(tape.constant(output)), lengths: nil)
    case .steps(let source):
      let output = try backend.makeTensor([longest, rows.count, source.columns])
      let places = try backend.makeTensor(
        [longest, rows.count], places(of: rows, steps: longest, padding: Int32(source.rows - 1)))
      try backend.enqueue(GatherRows(source: source, rows: places, into: output))
      let own = try backend.makeTensor([rows.count], rows.map { Int32(lengths[Int($0)]) })
      return SequenceBatch(content: .features(tape.constant(output)), lengths: own)
    case .tokens(let source, let offsets, let padding):
      let output = try backend.makeTensor([longest, rows.count], .int32)
      let own = try backend.makeTensor([rows.count], .int32)
      try backend.enqueue(
        GatherSequences(
          source: source, offsets: offsets, documents: indices, padding: padding, into: output,
          lengths: own))
      return SequenceBatch(content: .tokens(output), lengths: isUniform ? nil : own)
    }
  }

  /// `[T, N]`: which step of the source stands where.
  private func places(of rows: [Int32], steps: Int, padding: Int32) -> [Int32] {
    [Int32](unsafeUninitializedCapacity: steps * rows.count) { places, count in
      count = places.count
      for (column, row) in rows.enumerated() {
        let (start, length) = (offsets[Int(row)], lengths[Int(row)])
        for step in 0..<steps {
          places[step * rows.count + column] = step < length ? Int32(start + step) : padding
        }
      }
    }
  }
}
