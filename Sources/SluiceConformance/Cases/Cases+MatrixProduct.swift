import SluiceCompute

extension Conformance {
  static let matrixProductCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    let sizes = [
      (1, 1, 1), (1, 5, 3), (5, 1, 7), (2, 3, 1), (3, 7, 5), (4, 4, 4), (7, 8, 9), (8, 16, 32),
      (15, 17, 16), (16, 32, 8), (17, 33, 31), (9, 63, 64), (33, 65, 13), (64, 64, 64),
      (63, 1, 65), (1, 200, 50), (130, 31, 7), (97, 129, 130), (5, 9, 600), (5, 9, 2100),
    ]
    for (m, n, k) in sizes {
      for transposeLeft in [false, true] {
        for transposeRight in [false, true] {
          var form = ProductForm(m: m, n: n, k: k)
          form.transposeLeft = transposeLeft
          form.transposeRight = transposeRight
          cases.append(matrixProductCase(form))
          form.accumulate = true
          form.scale = -0.5
          form.layout = .wide
          cases.append(matrixProductCase(form))
          form.accumulate = false
          form.hasBias = true
          cases.append(matrixProductCase(form))
        }
      }
    }
    // Many tiles, and few whose K is cut.
    for (m, n, k) in [(1281, 1030, 5), (20_490, 20, 4), (17, 33, 2100), (12, 40, 600)] {
      var form = ProductForm(m: m, n: n, k: k)
      form.transposeLeft = k > 5
      cases.append(matrixProductCase(form))
    }
    for activation in activations {
      for hasBias in [false, true] {
        for (m, n, k) in [(1, 1, 1), (13, 17, 11), (40, 35, 64)] {
          var form = ProductForm(m: m, n: n, k: k)
          form.transposeRight = true
          form.hasBias = hasBias
          form.activation = activation
          form.scale = 1.5
          cases.append(matrixProductCase(form))
        }
      }
    }
    var folded = ProductForm(m: 6 * 5, n: 12, k: 9)
    folded.fold = 5
    folded.transposeRight = true
    folded.layout = .wide
    cases.append(matrixProductCase(folded))
    folded = ProductForm(m: 12, n: 9, k: 6 * 5)
    folded.fold = 5
    folded.transposeLeft = true
    cases.append(matrixProductCase(folded))
    cases.append(nonFiniteProduct)
    return cases
  }()

  /// One matrix product with its options.
  private struct ProductForm: Sendable, CustomStringConvertible {
    var m: Int
    var n: Int
    var k: Int
    var transposeLeft = false
    var transposeRight = false
    var scale: Float = 1
    var accumulate = false
    var hasBias = false
    var activation = Activation.identity
    var layout = Layout.shifted
    /// Splits the rows of the left operand, and of the output, into this many leading entries.
    var fold = 1

    var description: String {
      "M \(m) N \(n) K \(k)" + (transposeLeft ? ", leftᵀ" : "") + (transposeRight ? ", rightᵀ" : "")
        + (accumulate ? ", accumulate" : "") + (hasBias ? ", bias" : "")
        + (activation == .identity ? "" : ", \(activation)") + (layout == .wide ? ", strided" : "")
        + (scale == 1 ? "" : ", scale \(scale)") + (fold == 1 ? "" : ", folded")
    }
  }

  private static func matrixProductCase(_ form: ProductForm) -> ConformanceCase {
    ConformanceCase(MatrixProduct.name, "\(form)", tolerance: 1e-5) { w in
      let (m, n, k) = (form.m, form.n, form.k)
      let left = w.draw(m * k)
      let right = w.draw(k * n)
      let bias = form.hasBias ? w.draw(n) : nil
      let before = form.accumulate ? w.draw(m * n) : nil
      func shape(_ rows: Int, _ columns: Int, folds: Bool) -> Shape {
        form.fold > 1 && folds ? [form.fold, rows / form.fold, columns] : [rows, columns]
      }
      let output = try w.output(
        shape(m, n, folds: !form.transposeLeft), form.layout, holding: before)
      try w.enqueue(
        MatrixProduct(
          try w.input(
            left, form.transposeLeft ? shape(k, m, folds: true) : shape(m, k, folds: true),
            form.layout),
          try w.input(right, form.transposeRight ? [n, k] : [k, n], form.layout),
          bias: try bias.map { try w.input($0, [n], .shifted) }, into: output,
          transposeLeft: form.transposeLeft, transposeRight: form.transposeRight,
          scale: form.scale, accumulate: form.accumulate, activation: form.activation))
      try w.compare("output", output)
    }
  }

  /// A NaN in one row of the left operand spoils that row of the result, and no other.
  private static let nonFiniteProduct = ConformanceCase(
    MatrixProduct.name, "M 9 N 19 K 17, NaN in one row", tolerance: 1e-5
  ) { w in
    let (m, n, k) = (9, 19, 17)
    var left = w.draw(m * k)
    left[4 * k + 3] = .nan
    let right = w.draw(k * n)
    let output = try w.output([m, n])
    try w.enqueue(
      MatrixProduct(try w.input(left, [m, k]), try w.input(right, [k, n]), into: output))
    try w.compare("output", output)
  }
}
