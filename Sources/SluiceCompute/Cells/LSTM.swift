extension CellForm {
  /// Long short-term memory with a forget gate, without peepholes.
  ///
  /// i, f, o = σ(·), g = tanh(·), c = f ⊙ c + i ⊙ g, h = o ⊙ tanh(c). The forget gate's bias begins at 1.
  ///
  /// - SeeAlso: Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000 (forget gate);
  ///   Jozefowicz, Zaremba & Sutskever 2015 (its bias).
  public static let lstm = CellForm(
    "LSTM",
    gates: [
      Gate(name: "i", initialBias: 0), Gate(name: "f", initialBias: 1),
      Gate(name: "g", initialBias: 0), Gate(name: "o", initialBias: 0),
    ],
    hasCellState: true)
}
