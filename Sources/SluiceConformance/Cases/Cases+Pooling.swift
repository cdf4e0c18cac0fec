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
                  w, pooling, [steps, batch, columns], hasLengths: hasLengths,
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
                  w, pooling, [steps, batch, columns], hasLengths: hasLengths,
                  accumulate: accumulate)
              })
          }
        }
      }
    }
    return cases
  }()

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
    _ w: Workspace, _ pooling: Pooling, _ shape: Shape, hasLengths: Bool, keepsWinners: Bool
  ) throws {
    let (T, N, C) = (shape[0], shape[1], shape[2])
    // On a coarse grid, so that there are ties; all negative, so that 0 never wins by mistake.
    let values = w.draw(shape.count).map { ($0 * 4).rounded() / 4 - 2 }
    let lengths = hasLengths ? drawLengths(w, steps: T, batch: N) : nil
    let output = try w.output([N, C], .wide)
    let winners = keepsWinners ? try w.output([N, C], .shifted, holding: Int32(-9)) : nil
    try w.enqueue(
      PoolForward(
        pooling, try w.input(values, shape, .wide),
        lengths: try lengths.map { try w.input($0, [N]) }, into: output, winners: winners))
    try w.compareEach("output", output)
    if let winners { try w.compareExactly("winners", winners) }
  }

  private static func poolBackward(
    _ w: Workspace, _ pooling: Pooling, _ shape: Shape, hasLengths: Bool, accumulate: Bool
  ) throws {
    let (T, N, C) = (shape[0], shape[1], shape[2])
    let gradient = w.draw(N * C)
    let before = accumulate ? w.draw(shape.count) : nil
    let lengths = hasLengths ? drawLengths(w, steps: T, batch: N) : nil
    let ends = lengths?.map(Int.init) ?? Array(repeating: T, count: N)
    let winners: [Int32] = (0..<N * C).map { index in
      let length = ends[index / C]
      return length == 0 ? -1 : w.draw(1, in: 0..<length)[0]
    }
    let inputGradient = try w.output(shape, .wide, holding: before)
    try w.enqueue(
      PoolBackward(
        pooling, outputGradient: try w.input(gradient, [N, C], .wide),
        lengths: try lengths.map { try w.input($0, [N]) },
        winners: pooling == .max ? try w.input(winners, [N, C]) : nil,
        inputGradient: inputGradient, accumulate: accumulate))
    try w.compareEach("input gradient", inputGradient, floor: 0.1)
  }
}
