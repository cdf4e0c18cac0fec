/// Which recurrence a layer computes.
///
/// Back ends and layers ask a cell's ``form`` for what they need to know. Which cell it is, only the
/// tables of its kernels ask.
public enum RecurrentCell: String, Codable, Hashable, Sendable, CaseIterable {
  /// Long short-term memory, see ``CellForm/lstm``.
  case lstm
  /// A gated recurrent unit, see ``CellForm/gru``.
  case gru
  /// A plain recurrent layer with tanh, see ``CellForm/rnn``.
  case rnn
  /// A plain recurrent layer with relu, see ``CellForm/rnnReLU``.
  case rnnReLU = "rnn_relu"

  /// What its layers are made of.
  public var form: CellForm {
    switch self {
    case .lstm: .lstm
    case .gru: .gru
    case .rnn: .rnn
    case .rnnReLU: .rnnReLU
    }
  }
}

/// What is to be known of a cell without computing it.
///
/// At a step every gate is a sum `W_ih·x + b_ih + W_hh·h + b_hh` of H units and an activation of it.
/// Where a gate is separate, the cell takes what the input gives and what the hidden state gives one by
/// one.
public struct CellForm: Sendable {
  /// One block of H rows in the weights.
  public struct Gate: Sendable {
    /// Its letter in the cell's equations.
    public let name: String
    /// What its input bias holds before training.
    public let initialBias: Float
  }

  /// What people call it: `LSTM`.
  public let title: String
  /// In the order in which the weights hold them.
  public let gates: [Gate]
  /// S: how many of the last gates are separate.
  public let separateGateCount: Int
  /// Whether a cell state c goes from step to step beside the hidden state h.
  public let hasCellState: Bool

  init(
    _ title: String, gates: [Gate], separateGateCount: Int = 0, hasCellState: Bool = false
  ) {
    self.title = title
    self.gates = gates
    self.separateGateCount = separateGateCount
    self.hasCellState = hasCellState
  }
}

extension RecurrentCell {
  /// What people call it: `LSTM`.
  public var title: String { form.title }
  /// G: blocks of H rows in the weights and biases.
  public var gateCount: Int { form.gates.count }
  /// S: of how many of the last gates the cell takes input and hidden state one by one.
  public var separateGateCount: Int { form.separateGateCount }
  /// P = G + S: values of a unit that forward keeps of a step's gates, beside output and cell state. The
  /// G activated gates come first, then what the hidden state gives the S separate ones.
  public var blockCount: Int { gateCount + separateGateCount }
  /// Whether a cell state goes from step to step beside the hidden state.
  public var hasCellState: Bool { form.hasCellState }
}
