extension StackLayer {
  /// A dense layer with nothing more to say: `.dense(3, .softmax)`.
  public static func dense(_ units: Int, _ activation: StackActivation = .linear) -> StackLayer {
    .dense(units: units, activation: activation)
  }

  /// `.embedding(64)`
  public static func embedding(_ size: Int) -> StackLayer { .embedding(size: size) }

  /// `.dropout(0.2)`
  public static func dropout(_ rate: Double) -> StackLayer { .dropout(rate: rate) }
}
