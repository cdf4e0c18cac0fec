extension CellForm {
  /// A gated recurrent unit that resets after its product, as PyTorch, cuDNN and Keras' default do.
  ///
  /// r, z = σ(·), q = W_hn·h + b_hn, n = tanh(W_in·x + b_in + r ⊙ q), h = (1 − z) ⊙ n + z ⊙ h.
  /// A mask of recurrent dropout is on the h of the products, not on the one beside z.
  ///
  /// - SeeAlso: Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014.
  public static let gru = CellForm(
    "GRU",
    gates: [
      Gate(name: "r", initialBias: 0), Gate(name: "z", initialBias: 0),
      Gate(name: "n", initialBias: 0),
    ],
    separateGateCount: 1)
}
