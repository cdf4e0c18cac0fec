import SluiceCompute

extension Conformance {
  private struct ColumnForm: Sendable, CustomStringConvertible {
    /// P, the columns on a scale, and W, the numbers of their codes.
    var P: Int
    var W: Int
    /// The embeddings of each other column.
    var levels: [Int]
    /// M cells in each column, and E numbers in each token.
    var M: Int
    var E: Int
    var isSideBySide = false
    var isStrided = false

    var count: Int { P + levels.count }

    var description: String {
      "\(P) scales of \(W), levels \(levels), M \(M) E \(E)"
        + (isSideBySide ? ", side by side" : "") + (isStrided ? ", strided" : "")
    }

    /// Kinds mixed, each column at a place of its own.
    var columns: [TokenColumn] {
      var columns: [TokenColumn] = []
      var first = 0
      for (index, count) in levels.enumerated() {
        if index < P { columns.append(.scale(P - 1 - index)) }
        columns.append(.levels(index, rows: first..<first + count))
        first += count
      }
      return columns + (0..<max(0, P - levels.count)).reversed().map { .scale($0) }
    }

    /// The last one comes first.
    var places: [Int] { (0..<count).reversed() }
  }

  private static let columnForms: [ColumnForm] = [
    ColumnForm(P: 1, W: 1, levels: [], M: 1, E: 1),
    ColumnForm(P: 0, W: 0, levels: [1], M: 1, E: 1),
    ColumnForm(P: 1, W: 3, levels: [4], M: 7, E: 5, isSideBySide: true, isStrided: true),
    ColumnForm(P: 3, W: 18, levels: [4, 1, 33], M: 64, E: 32),
    ColumnForm(P: 2, W: 31, levels: [31, 32], M: 33, E: 31, isSideBySide: true),
    ColumnForm(P: 2, W: 32, levels: [65], M: 31, E: 33, isStrided: true),
    ColumnForm(P: 3, W: 67, levels: [], M: 101, E: 17, isSideBySide: true),
    ColumnForm(P: 0, W: 0, levels: [3, 100, 2], M: 65, E: 70, isStrided: true),
    ColumnForm(P: 2, W: 9, levels: [5, 40], M: 700, E: 16, isSideBySide: true),
    ColumnForm(P: 1, W: 18, levels: [7], M: 1999, E: 33),
  ]

  private static func cells(_ w: Workspace, _ form: ColumnForm) throws -> ColumnCells {
    var indices: [Int32] = []
    for count in form.levels {
      // The first of the column's embeddings is seen often, others seldom.
      indices += zip(w.draw(form.M, in: 0..<count), w.draw(form.M, in: 0..<3)).map {
        $1 == 0 ? 0 : $0
      }
    }
    return ColumnCells(
      columns: form.columns, places: form.places,
      codes: form.P == 0
        ? nil
        : try w.input(w.draw(form.P * form.M * form.W), [form.P, form.M, form.W], .shifted),
      indices: form.levels.isEmpty
        ? nil : try w.input(indices, [form.levels.count, form.M], .shifted))
  }

  /// Where the weights lie or their gradients, by `place`.
  private static func weights(
    _ w: Workspace, _ form: ColumnForm, _ place: ([Float], Shape, Layout) throws -> Tensor
  ) throws -> ColumnTokenWeights {
    let rows = form.levels.reduce(0, +)
    func tensor(_ shape: Shape, _ layout: Layout) throws -> Tensor? {
      shape.count == 0 ? nil : try place(w.draw(shape.count), shape, layout)
    }
    return ColumnTokenWeights(
      weights: try tensor([form.P, form.E * form.W], .wide),
      biases: try tensor([form.P, form.E], .wide), table: try tensor([rows, form.E], .shifted))
  }

  private static func tokenShape(_ form: ColumnForm) -> Shape {
    form.isSideBySide ? [form.M, form.count * form.E] : [form.count, form.M, form.E]
  }

  static let columnTokensForwardCases: [ConformanceCase] = columnForms.map { form in
    ConformanceCase(ColumnTokensForward.name, "\(form)", tolerance: 1e-5) { w in
      let output = try w.output(tokenShape(form), form.isStrided ? .wide : .shifted)
      try w.enqueue(
        ColumnTokensForward(try cells(w, form), try weights(w, form, w.input), into: output))
      try w.compare("tokens", output)
    }
  }

  static let columnTokensBackwardCases: [ConformanceCase] = columnForms.map { form in
    ConformanceCase(ColumnTokensBackward.name, "\(form)", tolerance: 1e-5) { w in
      let shape = tokenShape(form)
      let slopes = try w.input(
        w.draw(shape.count), shape, form.isStrided ? .wide : .shifted)
      let gradients = try weights(w, form) { try w.output($1, $2, holding: $0) }
      try w.enqueue(
        ColumnTokensBackward(try cells(w, form), outputGradient: slopes, into: gradients))
      if let tensor = gradients.weights { try w.compare("weight gradient", tensor) }
      if let tensor = gradients.biases { try w.compare("bias gradient", tensor) }
      if let tensor = gradients.table { try w.compare("table gradient", tensor) }
    }
  }
}
