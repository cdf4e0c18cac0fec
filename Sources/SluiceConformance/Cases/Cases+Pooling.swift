import SluiceCompute

extension Conformance {
  private static let poolSizes = [(1, 1, 1), (2, 5, 3), (7, 8, 16), (30, 33, 17), (11, 3, 65)]

  static let poolForwardCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    for pooling in Pooling.allCases {
      for (steps, batch, columns) in poolSizes {
        for hasLengths in [false, true] {
          for keepsWinners in pooling == .max ? [false, true] : [false] {
            cases.append(
              ConformanceCase(
                PoolForward.name,
                poolName(pooling, steps, batch, columns, hasLengths)
                  + (keepsWinners ? ", winners" : ""),
                tolerance: 1e-6
              ) { w in
                try poolForward(
                  w, [PoolPart(pooling, 0..<columns)], [steps, batch, columns],
                  hasLengths: hasLengths,
                  keepsWinners: keepsWinners)
              })
          }
        }
      }
    }
    return cases
  }()

  static let poolBackwardCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    for pooling in Pooling.allCases {
      for (steps, batch, columns) in poolSizes {
        for hasLengths in [false, true] {
          for accumulate in [false, true] {
            cases.append(
              ConformanceCase(
                PoolBackward.name,
                poolName(pooling, steps, batch, columns, hasLengths)
                  + (accumulate ? ", accumulate" : ""),
                tolerance: 1e-6
              ) { w in
                try poolBackward(
                  w, [PoolPart(pooling, 0..<columns)], [steps, batch, columns],
                  hasLengths: hasLengths,
                  accumulate: accumulate)
              })
          }
        }
      }
    }
    return cases
  }()

  /// What reads of texts and customers end in, and blocks that overlap or leave columns out.
  private static let poolParts: [(name: String, shape: Shape, parts: [PoolPart])] = [
    (
      "max, mean, last, first", [7, 5, 6],
      [
        PoolPart(.max, 0..<6), PoolPart(.mean, 0..<6), PoolPart(.last, 0..<3),
        PoolPart(.first, 3..<6),
      ]
    ),
    (
      "blocks", [9, 33, 17],
      [PoolPart(.first, 3..<4), PoolPart(.max, 5..<17), PoolPart(.max, 2..<9)]
    ),
    ("last of some", [3, 2, 65], [PoolPart(.last, 1..<64)]),
  ]

  /// Nothing, what every step drops anew, and what all steps drop alike.
  private enum Dropping: String, CaseIterable {
    case none = ""
    case steps = ", dropout"
    case columns = ", variational dropout"

    func mask(_ shape: Shape) -> DropoutMask? {
      if self == .none { return nil }
      return DropoutMask(
        rate: 0.3, stream: RandomStream(seed: 0x0123_4567_89AB_CDEF, stream: 7, step: 3),
        period: self == .columns ? shape[1] * shape[2] : nil)
    }
  }

  static let poolPartsForwardCases: [ConformanceCase] = poolParts.flatMap { name, shape, parts in
    Dropping.allCases.flatMap { dropping in
      [false, true].map { hasLengths in
        ConformanceCase(
          PoolForward.name, name + (hasLengths ? ", lengths" : "") + dropping.rawValue,
          tolerance: 1e-6
        ) { w in
          try poolForward(
            w, parts, shape, hasLengths: hasLengths,
            keepsWinners: parts.contains { $0.pooling == .max }, dropout: dropping.mask(shape))
        }
      }
    }
  }

  static let poolPartsBackwardCases: [ConformanceCase] = poolParts.flatMap { name, shape, parts in
    Dropping.allCases.flatMap { dropping in
      [false, true].map { accumulate in
        ConformanceCase(
          PoolBackward.name, name + (accumulate ? ", accumulate" : "") + dropping.rawValue,
          // What is kept is multiplied once more.
          tolerance: dropping == .none ? 1e-6 : 2e-6
        ) { w in
          try poolBackward(
            w, parts, shape, hasLengths: true, accumulate: accumulate,
            dropout: dropping.mask(shape))
        }
      }
    }
  }

  private static func poolName(
    _ pooling: Pooling, _ steps: Int, _ batch: Int, _ columns: Int, _ hasLengths: Bool
  ) -> String {
    "\(pooling) T \(steps) N \(batch) C \(columns)\(hasLengths ? ", lengths" : "")"
  }

  /// Lengths in any order, 0 and T among them where there is room.
  static func drawLengths(_ w: Workspace, steps: Int, batch: Int) -> [Int32] {
    var lengths = w.draw(batch, in: 0..<steps + 1)
    lengths[batch - 1] = Int32(steps)
    if batch > 2 { lengths[1] = 0 }
    return lengths
  }

  private static func poolForward(
    _ w: Workspace, _ parts: [PoolPart], _ shape: Shape, hasLengths: Bool, keepsWinners: Bool,
    dropout: DropoutMask? = nil
  ) throws {
    let (T, N) = (shape[0], shape[1])
    let pooled: Shape = [N, parts.reduce(0) { $0 + $1.columns.count }]
    // On a coarse grid, so that there are ties; all negative, so that 0 never wins by mistake.
    let values = w.draw(shape.count).map { ($0 * 4).rounded() / 4 - 2 }
    let lengths = hasLengths ? drawLengths(w, steps: T, batch: N) : nil
    let output = try w.output(pooled, .wide)
    let winners = keepsWinners ? try w.output(pooled, .shifted, holding: Int32(-9)) : nil
    try w.enqueue(
      PoolForward(
        parts, try w.input(values, shape, .wide),
        lengths: try lengths.map { try w.input($0, [N]) }, into: output, winners: winners,
        dropout: dropout))
    try w.compareEach("output", output, floor: dropout == nil ? 0 : 0.1)
    if let winners { try w.compareExactly("winners", winners) }
  }

  private static func poolBackward(
    _ w: Workspace, _ parts: [PoolPart], _ shape: Shape, hasLengths: Bool, accumulate: Bool,
    dropout: DropoutMask? = nil
  ) throws {
    let (T, N) = (shape[0], shape[1])
    let pooled: Shape = [N, parts.reduce(0) { $0 + $1.columns.count }]
    let gradient = w.draw(pooled.count)
    let before = accumulate ? w.draw(shape.count) : nil
    let lengths = hasLengths ? drawLengths(w, steps: T, batch: N) : nil
    let ends = lengths?.map(Int.init) ?? Array(repeating: T, count: N)
    let winners: [Int32] = parts.flatMap { part in
      (0..<N * part.columns.count).map { index in
        let length = ends[index / part.columns.count]
        return length == 0 ? -1 : w.draw(1, in: 0..<length)[0]
      }
    }
    let inputGradient = try w.output(shape, .wide, holding: before)
    try w.enqueue(
      PoolBackward(
        parts, outputGradient: try w.input(gradient, pooled, .wide),
        lengths: try lengths.map { try w.input($0, [N]) },
        winners: parts.contains { $0.pooling == .max } ? try w.input(winners, pooled) : nil,
        inputGradient: inputGradient, accumulate: accumulate, dropout: dropout))
    try w.compareEach("input gradient", inputGradient, floor: 0.1)
  }
}
