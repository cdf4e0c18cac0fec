extension RecurrentDescriptor {
  /// The columns of an input that folding must save at every place to be worth its cost. Measured on
  /// one CPU thread: where 33 are, a step of Embedding(128) and LSTM(64), T 100, N 32, is 1.08 times as
  /// fast; where 103 are (N 256), 1.55 times. Below, nothing was measured.
  package static let leastFold = 32

  /// Whether a layer over an embedding folds it into its input weights. That saves the share of the
  /// input's products that repeat a token, and costs a row of 4H more to read forward and to add up
  /// backward at every place.
  ///
  /// Depends on the data and the extents alone.
  ///
  /// - Parameters:
  ///   - places: how many of the T·N places hold a token that counts; the back end may take all.
  ///   - distinctTokens: how many different ones stand there; the back end may take V.
  package func folds(places: Int, distinctTokens: Int) -> Bool {
    vocabulary != nil && distinctTokens > 0
      && inputSize * (places - distinctTokens) >= Self.leastFold * places
  }
}
