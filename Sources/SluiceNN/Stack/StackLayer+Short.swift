import SluiceCompute

extension StackLayer {
  /// An LSTM that hands on what it ends with, or its output at every step: `.lstm(64)`
  public static func lstm(_ units: Int, sequences: Bool = false) -> StackLayer {
    .recurrent(.lstm, units, sequences: sequences)
  }

  /// A recurrent layer of any cell: `.recurrent(.gru, 64)`
  public static func recurrent(_ cell: RecurrentCell, _ units: Int, sequences: Bool = false)
    -> StackLayer
  {
    .recurrent(RecurrentSettings(cell: cell, units: units, sequences: sequences))
  }

  /// A dense layer with nothing more to say: `.dense(3, .softmax)`.
  public static func dense(_ units: Int, _ activation: StackActivation = .linear) -> StackLayer {
    .dense(units: units, activation: activation)
  }

  /// `.embedding(64)`
  public static func embedding(_ size: Int) -> StackLayer { .embedding(size: size) }

  /// `.dropout(0.2)`
  public static func dropout(_ rate: Double) -> StackLayer { .dropout(rate: rate) }
}
