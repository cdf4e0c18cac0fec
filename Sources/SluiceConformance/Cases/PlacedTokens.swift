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
}
