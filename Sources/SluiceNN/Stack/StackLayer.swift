import SluiceCompute

/// One layer of a plain stack, as a configuration describes it.
///
/// In YAML an entry of a list, with its main setting alone or with all of them:
///
/// ```yaml
/// - embedding: 128
/// - dropout: 0.2
/// - lstm: {units: 128, sequences: true, bidirectional: false, recurrent_dropout: 0}
/// - gru: 64
/// - pool: mean
/// - dense: {units: 1, activation: sigmoid}
/// ```
public enum StackLayer: Hashable, Sendable {
  /// A trainable vector of this size for each token.
  case embedding(size: Int)
  /// Zeroes this share of the values in training, and scales the others.
  case dropout(rate: Double)
  /// A recurrent layer: `lstm`, `gru`, `rnn` or `rnn_relu`.
  case recurrent(RecurrentSettings)
  /// Makes one vector of a sequence: max, mean, last or first, over the row's true steps.
  case pool(Pooling)
  /// `activation(x · Wᵀ + b)`; on a sequence, at every step.
  case dense(units: Int, activation: StackActivation)

  /// What a recurrent layer of a stack is told.
  public struct RecurrentSettings: Hashable, Sendable {
    /// What happens at a step.
    public var cell: RecurrentCell
    /// H
    public var units: Int
    /// Whether the output of every step goes on, or only what the layer ends with: the hidden state
    /// after the row's last true step.
    public var sequences: Bool
    /// Whether the sequence is read both ways; the two outputs stand side by side.
    public var bidirectional: Bool
    /// The share of hidden units masked on their way into the gates, the same at every step.
    public var recurrentDropout: Double

    /// Each argument is the property of its name.
    public init(
      cell: RecurrentCell = .lstm, units: Int, sequences: Bool = false, bidirectional: Bool = false,
      recurrentDropout: Double = 0
    ) {
      self.cell = cell
      self.units = units
      self.sequences = sequences
      self.bidirectional = bidirectional
      self.recurrentDropout = recurrentDropout
    }
  }

  /// As the configuration names it.
  public var kind: String { key.stringValue }
}

/// What a dense layer of a stack does to its sums.
public enum StackActivation: String, Hashable, Sendable, CaseIterable {
  /// x, 1 / (1 + e⁻ˣ), tanh x, max(0, x)
  case linear, sigmoid, tanh, relu
  /// On the last layer only.
  case softmax

  /// What runs inside a network; nil for what only the last layer may have.
  var inner: Activation? {
    switch self {
    case .linear: .identity
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .relu: .relu
    case .softmax: nil
    }
  }
}

extension StackLayer: Codable {
  private enum Key: CodingKey, CaseIterable, Hashable {
    case embedding, dropout, recurrent(RecurrentCell), pool, dense

    static let allCases: [Key] =
      [.embedding, .dropout] + RecurrentCell.allCases.map(Key.recurrent) + [.pool, .dense]

    var stringValue: String {
      switch self {
      case .embedding: "embedding"
      case .dropout: "dropout"
      case .recurrent(let cell): cell.rawValue
      case .pool: "pool"
      case .dense: "dense"
      }
    }

    var intValue: Int? { nil }

    init?(stringValue: String) {
      guard let key = Self.allCases.first(where: { $0.stringValue == stringValue }) else {
        return nil
      }
      self = key
    }

    init?(intValue: Int) { nil }
  }

  private enum EmbeddingKey: String, CodingKey, CaseIterable { case size }
  private enum DropoutKey: String, CodingKey, CaseIterable { case rate }
  private enum PoolKey: String, CodingKey, CaseIterable { case kind }
  private enum DenseKey: String, CodingKey, CaseIterable { case units, activation }
  private enum RecurrentKey: String, CodingKey, CaseIterable {
    case units, sequences, bidirectional
    case recurrentDropout = "recurrent_dropout"
  }

  private var key: Key {
    switch self {
    case .embedding: .embedding
    case .dropout: .dropout
    case .recurrent(let settings): .recurrent(settings.cell)
    case .pool: .pool
    case .dense: .dense
    }
  }

  public init(from decoder: any Decoder) throws {
    let entry = try Entry<Key>(decoder)
    switch entry.key {
    case .embedding:
      let block = try entry.settings(EmbeddingKey.self, main: .size)
      self = .embedding(size: try block.count(.size))
    case .dropout:
      let block = try entry.settings(DropoutKey.self, main: .rate)
      self = .dropout(rate: try block.share(.rate))
    case .recurrent(let cell):
      let block = try entry.settings(RecurrentKey.self, main: .units)
      self = .recurrent(
        RecurrentSettings(
          cell: cell, units: try block.count(.units), sequences: try block.flag(.sequences),
          bidirectional: try block.flag(.bidirectional),
          recurrentDropout: try block.share(.recurrentDropout, default: 0)))
    case .pool:
      let block = try entry.settings(PoolKey.self, main: .kind)
      self = .pool(try block.choice(.kind, Pooling.self))
    case .dense:
      let block = try entry.settings(DenseKey.self, main: .units)
      self = .dense(
        units: try block.count(.units),
        activation: try block.choice(.activation, StackActivation.self, default: .linear))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var entry = encoder.container(keyedBy: Key.self)
    switch self {
    case .embedding(let size):
      try entry.encode(size, forKey: .embedding)
    case .dropout(let rate):
      try entry.encode(rate, forKey: .dropout)
    case .recurrent(let settings):
      var block = entry.nestedContainer(
        keyedBy: RecurrentKey.self, forKey: .recurrent(settings.cell))
      try block.encode(settings.units, forKey: .units)
      try block.encode(settings.sequences, forKey: .sequences)
      try block.encode(settings.bidirectional, forKey: .bidirectional)
      try block.encode(settings.recurrentDropout, forKey: .recurrentDropout)
    case .pool(let pooling):
      try entry.encode(pooling.rawValue, forKey: .pool)
    case .dense(let units, let activation):
      var block = entry.nestedContainer(keyedBy: DenseKey.self, forKey: .dense)
      try block.encode(units, forKey: .units)
      try block.encode(activation.rawValue, forKey: .activation)
    }
  }
}
