import SluiceCompute

extension SequenceData {
  /// Sequences of features: `sequences[row][step][feature]`, of any lengths.
  ///
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, naming the row and step that has another number
  ///   of features, `.invalidArgument` or `.indexOutOfRange`.
  public init(_ sequences: [[[Float]]], targets: SequenceTargets? = nil) throws(ComputeError) {
    let width = sequences.lazy.compactMap(\.first).first?.count ?? 0
    guard width > 0 || sequences.isEmpty else {
      throw ComputeError(
        .invalidArgument, "the sequences have no features",
        remedy: "Give at least one number a step, in one row at least")
    }
    var values: [Float] = []
    values.reserveCapacity(sequences.reduce(0) { $0 + $1.count } * width)
    var offsets = [0]
    for (row, sequence) in sequences.enumerated() {
      for (step, features) in sequence.enumerated() {
        guard features.count == width else {
          throw ComputeError(
            .shapeMismatch,
            "step \(step) of row \(row) has \(features.count) features, the first step has \(width)",
            remedy: "Give as many features at every step; rows may differ in their steps only")
        }
        values += features
      }
      offsets.append(offsets[row] + sequence.count)
    }
    try self.init(.features(values, width: width), offsets: offsets, targets: targets)
  }

  /// Sequences of one number a step: `series[row][step]`, of any lengths.
  ///
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.invalidArgument` or `.indexOutOfRange`.
  public init(series: [[Float]], targets: SequenceTargets? = nil) throws(ComputeError) {
    try self.init(
      .features(series.flatMap { $0 }, width: 1), offsets: Self.offsets(series.map(\.count)),
      targets: targets)
  }

  /// Sequences of tokens: `tokens[row][step]`, of any lengths.
  ///
  /// - Throws: ``ComputeError`` with `.indexOutOfRange`, naming the row and step of a token below 0,
  ///   `.shapeMismatch` or `.invalidArgument`.
  public init<Token: BinaryInteger>(tokens: [[Token]], targets: SequenceTargets? = nil)
    throws(ComputeError)
  {
    var all: [Int32] = []
    all.reserveCapacity(tokens.reduce(0) { $0 + $1.count })
    for (row, sequence) in tokens.enumerated() {
      for (step, token) in sequence.enumerated() {
        all.append(try Self.index(of: token, row: row, step: step))
      }
    }
    try self.init(.tokens(all), offsets: Self.offsets(tokens.map(\.count)), targets: targets)
  }

  /// Sequences of features in one flat array.
  ///
  /// - Parameters:
  ///   - values: Row-major.
  ///   - shape: `[N, T, C]`, or `[T, N, C]` for ``SequenceLayout/timeMajor``.
  ///   - lengths: The steps of each row that count, in `0 ... T`; all T where nil. What stands behind
  ///     them is not looked at.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.invalidArgument` or `.indexOutOfRange`.
  public init(
    _ values: [Float], shape: Shape, layout: SequenceLayout = .batchFirst, lengths: [Int]? = nil,
    targets: SequenceTargets? = nil
  ) throws(ComputeError) {
    guard shape.rank == 3, shape[2] > 0 else {
      throw ComputeError(
        .shapeMismatch, "sequences of features as \(shape)",
        remedy: layout == .batchFirst ? "Give them as [N, T, C]" : "Give them as [T, N, C]")
    }
    let (kept, offsets) = try Self.kept(values, shape, layout, lengths, width: shape[2])
    try self.init(.features(kept, width: shape[2]), offsets: offsets, targets: targets)
  }

  /// Sequences of tokens in one flat array.
  ///
  /// - Parameters:
  ///   - tokens: Row-major.
  ///   - shape: `[N, T]`, or `[T, N]` for ``SequenceLayout/timeMajor``.
  ///   - lengths: As for features.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.invalidArgument` or `.indexOutOfRange`.
  public init<Token: BinaryInteger>(
    tokens: [Token], shape: Shape, layout: SequenceLayout = .batchFirst, lengths: [Int]? = nil,
    targets: SequenceTargets? = nil
  ) throws(ComputeError) {
    guard shape.rank == 2 else {
      throw ComputeError(
        .shapeMismatch, "sequences of tokens as \(shape)",
        remedy: layout == .batchFirst ? "Give them as [N, T]" : "Give them as [T, N]")
    }
    let (kept, offsets) = try Self.kept(tokens, shape, layout, lengths, width: 1)
    var indices: [Int32] = []
    indices.reserveCapacity(kept.count)
    for row in 0..<(offsets.count - 1) {
      for place in offsets[row]..<offsets[row + 1] {
        indices.append(try Self.index(of: kept[place], row: row, step: place - offsets[row]))
      }
    }
    try self.init(.tokens(indices), offsets: offsets, targets: targets)
  }

  private static func offsets(_ lengths: [Int]) -> [Int] {
    var offsets = [0]
    for length in lengths { offsets.append(offsets[offsets.count - 1] + length) }
    return offsets
  }

  private static func index<Token: BinaryInteger>(of token: Token, row: Int, step: Int)
    throws(ComputeError) -> Int32
  {
    guard let index = Int32(exactly: token), index >= 0 else {
      throw ComputeError(
        .indexOutOfRange, "the token at step \(step) of row \(row) is \(token)",
        remedy: "Number tokens from 0")
    }
    return index
  }

  /// The steps that count, one row after the other, and where each row begins.
  private static func kept<Element>(
    _ values: [Element], _ shape: Shape, _ layout: SequenceLayout, _ lengths: [Int]?, width: Int
  ) throws(ComputeError) -> ([Element], [Int]) {
    let isBatchFirst = layout == .batchFirst
    let (rows, steps) = isBatchFirst ? (shape[0], shape[1]) : (shape[1], shape[0])
    guard shape.dimensions.allSatisfy({ $0 >= 0 }), values.count == shape.count else {
      throw ComputeError(.shapeMismatch, "\(values.count) values for sequences \(shape)")
    }
    let lengths = lengths ?? [Int](repeating: steps, count: rows)
    guard lengths.count == rows else {
      throw ComputeError(
        .shapeMismatch, "there are \(lengths.count) lengths for \(rows) sequences")
    }
    var kept: [Element] = []
    kept.reserveCapacity(values.count)
    for (row, length) in lengths.enumerated() {
      guard length >= 0, length <= steps else {
        throw ComputeError(
          .indexOutOfRange, "the length of row \(row) is \(length)",
          remedy: "A length lies between 0 and the \(steps) steps there are")
      }
      if isBatchFirst {
        let start = row * steps * width
        kept += values[start..<(start + length * width)]
      } else {
        for step in 0..<length {
          let start = (step * rows + row) * width
          kept += values[start..<(start + width)]
        }
      }
    }
    return (kept, offsets(lengths))
  }
}
