import SluiceCompute

/// The tokens of a layer that reads its input through an embedding.
struct PlacedTokens {
  /// `[T, N]`
  let indices: [Int32]
  let ignored: Int32?
  let device: RecurrentTokens

  init(_ w: Workspace, _ form: RecurrentForm, vocabulary: Int) throws {
    indices = w.draw(form.T * form.N, in: 0..<vocabulary)
    // One that stands somewhere.
    ignored = form.isIgnoring ? indices[indices.count / 2] : nil
    device = RecurrentTokens(
      try w.input(indices, [form.T, form.N], .shifted), ignoring: ignored)
  }

  /// The values with the row that nobody may read made NaN.
  func table(_ values: [Float], _ form: RecurrentForm) -> [Float] {
    values.indices.map { $0 / form.C == ignored.map(Int.init) ? .nan : values[$0] }
  }

  /// `[T, N, C]`, as the tokens choose it.
  func input(_ values: [Float], _ form: RecurrentForm) -> [Double] {
    indices.flatMap { index in
      (0..<form.C).map { index == ignored ? 0 : Double(values[Int(index) * form.C + $0]) }
    }
  }

  /// `[V, C]`: the gradient of the input, each row at its token.
  func tableGradient(_ inputGradient: [Double], _ form: RecurrentForm) -> [Double] {
    var table = Array(repeating: 0.0, count: (form.V ?? 0) * form.C)
    for (row, index) in indices.enumerated() where index != ignored {
      for c in 0..<form.C {
        table[Int(index) * form.C + c] += inputGradient[row * form.C + c]
      }
    }
    return table
  }
}
