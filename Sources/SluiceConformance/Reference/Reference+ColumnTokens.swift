import SluiceCompute

extension Reference {
  /// A column on a scale: `[M, E]` of codes `[M, W]`, by weights `[E, W]` and biases `[E]`.
  static func scaleTokens(_ codes: [Double], weights: [Double], biases: [Double]) -> [Double] {
    let width = weights.count / biases.count
    return (0..<codes.count / width).flatMap { cell in
      biases.indices.map { e in
        (0..<width).reduce(biases[e]) { $0 + codes[cell * width + $1] * weights[e * width + $1] }
      }
    }
  }

  /// Adds the gradient of ``scaleTokens(_:weights:biases:)`` to those of weights and biases.
  static func scaleTokensGradient(
    _ outputGradient: [Double], codes: [Double], weights: inout [Double], biases: inout [Double]
  ) {
    let width = weights.count / biases.count
    for cell in 0..<codes.count / width {
      for e in biases.indices {
        let slope = outputGradient[cell * biases.count + e]
        biases[e] += slope
        for w in 0..<width { weights[e * width + w] += slope * codes[cell * width + w] }
      }
    }
  }
}

extension DoubleBackend {
  package func execute(_ operation: ColumnTokensForward) throws(ComputeError) {
    let (cells, weights) = (operation.cells, operation.weights)
    for (column, place) in zip(cells.columns, cells.places) {
      let tokens = cells.tokens(of: operation.output, at: place, size: weights.size)
      switch column {
      case .scale(let index):
        guard let parts = try scale(index, cells, weights) else { continue }
        try set(
          tokens,
          Reference.scaleTokens(
            parts.codes, weights: try values(parts.weight), biases: try values(parts.bias)))
      case .levels(let index, let rows):
        guard let parts = levels(index, rows, cells, weights) else { continue }
        try set(tokens, try gather(parts.table, parts.indices, "embedding index"))
      }
    }
  }

  package func execute(_ operation: ColumnTokensBackward) throws(ComputeError) {
    let (cells, gradients) = (operation.cells, operation.gradients)
    for (column, place) in zip(cells.columns, cells.places) {
      let slopes = try values(
        cells.tokens(of: operation.outputGradient, at: place, size: gradients.size))
      switch column {
      case .scale(let index):
        guard let parts = try scale(index, cells, gradients) else { continue }
        var (weights, biases) = (try values(parts.weight), try values(parts.bias))
        Reference.scaleTokensGradient(
          slopes, codes: parts.codes, weights: &weights, biases: &biases)
        try set(parts.weight, weights)
        try set(parts.bias, biases)
      case .levels(let index, let rows):
        guard let parts = levels(index, rows, cells, gradients) else { continue }
        try scatter(slopes, parts.indices, ignoring: nil, into: parts.table)
      }
    }
  }

  private func scale(
    _ index: Int, _ cells: ColumnCells, _ weights: ColumnTokenWeights
  ) throws(ComputeError) -> (codes: [Double], weight: Tensor, bias: Tensor)? {
    guard let codes = cells.codes, let weight = weights.weight(index),
      let bias = weights.bias(index)
    else { return nil }
    return (try values(codes.step(index)), weight, bias)
  }

  private func levels(
    _ index: Int, _ rows: Range<Int>, _ cells: ColumnCells, _ weights: ColumnTokenWeights
  ) -> (indices: Tensor, table: Tensor)? {
    guard let indices = cells.indices, let table = weights.rows(rows) else { return nil }
    return (indices.reshaped([indices.shape[0], cells.count]).step(index), table)
  }
}
