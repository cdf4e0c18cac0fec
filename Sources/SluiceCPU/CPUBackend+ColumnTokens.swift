import SluiceCPUInterface
import SluiceCompute

extension CPUBackend {
  /// Column by column: a product, or rows of the table.
  public func execute(_ operation: ColumnTokensForward) throws(ComputeError) {
    let (cells, weights) = (operation.cells, operation.weights)
    for (column, place) in zip(cells.columns, cells.places) {
      let tokens = cells.tokens(of: operation.output, at: place, size: weights.size)
      switch column {
      case .scale(let index):
        guard let codes = cells.codes, let weight = weights.weight(index) else { continue }
        try execute(
          MatrixProduct(
            codes.step(index), weight, bias: weights.bias(index), into: tokens,
            transposeRight: true))
      case .levels(let index, let rows):
        guard let indices = cells.indices, let table = weights.rows(rows) else { continue }
        try execute(
          EmbeddingForward(table: table, indices: cells.row(index, of: indices), into: tokens))
      }
    }
  }

  public func execute(_ operation: ColumnTokensBackward) throws(ComputeError) {
    let (cells, gradients) = (operation.cells, operation.gradients)
    for (column, place) in zip(cells.columns, cells.places) {
      let tokens = cells.tokens(of: operation.outputGradient, at: place, size: gradients.size)
      switch column {
      case .scale(let index):
        guard let codes = cells.codes, let weight = gradients.weight(index),
          let bias = gradients.bias(index)
        else { continue }
        try execute(
          MatrixProduct(
            tokens, codes.step(index), into: weight, transposeLeft: true, accumulate: true))
        try execute(ColumnSum(tokens, into: bias, accumulate: true))
      case .levels(let index, let rows):
        guard let indices = cells.indices, let table = gradients.rows(rows) else { continue }
        try execute(
          EmbeddingBackward(
            outputGradient: tokens, indices: cells.row(index, of: indices), into: table))
      }
    }
  }
}

extension ColumnCells {
  /// The indices of one column.
  fileprivate func row(_ index: Int, of indices: Tensor) -> Tensor {
    indices.reshaped([indices.shape[0], count]).step(index)
  }
}
