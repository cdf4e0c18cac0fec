extension CellForm {
  /// A plain recurrent layer: h = tanh(·).
  ///
  /// - SeeAlso: Elman, "Finding structure in time", 1990.
  public static let rnn = CellForm("RNN", gates: [Gate(name: "h", initialBias: 0)])

  /// A plain recurrent layer that does not saturate: h = max(·, 0).
  ///
  /// - SeeAlso: Le, Jaitly & Hinton, "A simple way to initialize recurrent networks of rectified linear
  ///   units", 2015.
  public static let rnnReLU = CellForm("RNN with relu", gates: [Gate(name: "h", initialBias: 0)])
}
