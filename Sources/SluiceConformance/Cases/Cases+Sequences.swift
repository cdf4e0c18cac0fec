import SluiceCompute

extension Conformance {
  static let gatherSequencesCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    for (documents, steps, batch) in [
      (1, 1, 1), (3, 4, 2), (20, 7, 5), (9, 30, 33), (300, 128, 64), (40, 11, 31), (5, 2, 4099),
    ] {
      for (rate, padding) in [(nil, Int32(0)), (Float(0), 0), (0.3, 0), (0.999, -7)] {
        let name =
          "T \(steps) N \(batch) of \(documents)"
          + (rate.map { ", dropout \($0)" } ?? "") + (padding == 0 ? "" : ", padding \(padding)")
        cases.append(
          ConformanceCase(GatherSequences.name, name, tolerance: 0) { w in
            try gatherSequences(
              w, documents: documents, steps: steps, batch: batch, rate: rate, padding: padding)
          })
      }
    }
    return cases
  }()

  private static func gatherSequences(
    _ w: Workspace, documents D: Int, steps T: Int, batch N: Int, rate: Float?, padding: Int32
  ) throws {
    // Shorter than T, longer, and empty; tokens before the first and behind the last document.
    var sizes = w.draw(D, in: 0..<2 * T + 1).map(Int.init)
    sizes[D - 1] = D > 1 ? 0 : T
    var offsets: [Int32] = [2]
    for size in sizes { offsets.append(offsets[offsets.count - 1] + Int32(size)) }
    let source = w.draw(Int(offsets[D]) + 3, in: 1..<100_000)
    var rows = w.draw(N, in: 0..<D)
    rows[N - 1] = Int32(D - 1)
    let dropout = rate.map {
      TokenDropout(
        rate: $0, stream: RandomStream(seed: 0xABCD_0000_1234_5678, stream: 9, step: 3),
        replacement: 1_000_000)
    }
    let output = try w.output([T, N], .shifted, holding: Int32(-9))
    let lengths = try w.output([N], .shifted, holding: Int32(-9))
    try w.enqueue(
      GatherSequences(
        source: try w.input(source, [source.count], .shifted),
        offsets: try w.input(offsets, [D + 1], .shifted),
        documents: try w.input(rows, [N], .shifted), padding: padding, dropout: dropout,
        into: output, lengths: lengths))
    try w.compareExactly("output", output)
    try w.compareExactly("lengths", lengths)
  }
}
