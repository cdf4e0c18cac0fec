import SluiceCompute

/// The extents of a network that devices race over. A step is forward, mean squared error on the
/// last output's Linear(H → 1), backward, Adam.
public struct RaceShape: Codable, Hashable, Sendable {
  /// For example `sales-2x50-b32`.
  public var name: String
  /// What happens at a step.
  public var cell: RecurrentCell
  /// V; 0 where the input is dense.
  public var vocabulary: Int
  /// C
  public var input: Int
  /// H
  public var hidden: Int
  /// Recurrent layers.
  public var layers: Int
  /// T
  public var steps: Int
  /// N
  public var batch: Int

  /// Each argument is the property of its name.
  public init(
    _ name: String, cell: RecurrentCell = .lstm, vocabulary: Int = 0, input: Int, hidden: Int,
    layers: Int, steps: Int, batch: Int
  ) {
    self.name = name
    self.cell = cell
    self.vocabulary = vocabulary
    self.input = input
    self.hidden = hidden
    self.layers = layers
    self.steps = steps
    self.batch = batch
  }

  /// The same with another cell, under the same name.
  public func with(_ cell: RecurrentCell) -> RaceShape {
    var shape = self
    shape.cell = cell
    return shape
  }

  /// The shapes that every device is measured at, smallest work first, with the cell of an LSTM.
  public static let all = [
    RaceShape("sales-2x50-b32", input: 12, hidden: 50, layers: 2, steps: 90, batch: 32),
    RaceShape("sales-2x50-b256", input: 12, hidden: 50, layers: 2, steps: 90, batch: 256),
    RaceShape("sales-2x128-b512", input: 16, hidden: 128, layers: 2, steps: 120, batch: 512),
    RaceShape(
      "sent-e128-64-b32", vocabulary: 5000, input: 128, hidden: 64, layers: 1, steps: 100, batch: 32
    ),
    RaceShape(
      "sent-e128-64-b256", vocabulary: 5000, input: 128, hidden: 64, layers: 1, steps: 100,
      batch: 256),
    RaceShape(
      "text-e32-2x128-b32", vocabulary: 8000, input: 32, hidden: 128, layers: 2, steps: 80,
      batch: 32),
    RaceShape(
      "text-e32-2x128-b256", vocabulary: 8000, input: 32, hidden: 128, layers: 2, steps: 80,
      batch: 256),
    RaceShape("big-1x512-b64", input: 512, hidden: 512, layers: 1, steps: 50, batch: 64),
    RaceShape("big-2x512-b256", input: 512, hidden: 512, layers: 2, steps: 50, batch: 256),
  ]

  /// Floating-point operations of the recurrent layers in one training step: 6·G·H·(H + C) for each
  /// sequence, step and layer, with G gates 24·H·(H + C) of an LSTM.
  public var operations: Double {
    (0..<layers).reduce(0) { sum, layer in
      sum + Double(6 * cell.gateCount * hidden) * Double(hidden + (layer == 0 ? input : hidden))
    } * Double(steps * batch)
  }

  /// The operations that are left where the embedding is folded into the input weights: the products of
  /// the first layer's input are then done for each of the different tokens, not at every place.
  ///
  /// - Parameter distinctTokens: U ≤ T·N.
  public func operations(distinctTokens: Int) -> Double {
    operations - Double(6 * cell.gateCount * hidden * input)
      * Double(steps * batch - distinctTokens)
  }

  /// The name without its batch size: shapes that differ in nothing else share it.
  public var family: String {
    name.split(separator: "-").dropLast().joined(separator: "-")
  }
}
