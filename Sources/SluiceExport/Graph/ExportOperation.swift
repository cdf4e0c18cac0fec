import SluiceCompute

/// What a node of an ``ExportGraph`` does. A new one is a case here, a function of the graph that adds it, and
/// its words in ``TorchModule`` and ``OnnxModel``.
enum ExportOperation: Hashable, Sendable {
  /// An input of the program, by its name.
  case input(String)
  /// A tensor of the model's file, by its name there without the member's prefix.
  case parameter(String)
  /// Several of one shape, stacked: `[count, …]`.
  case parameters([String])
  /// Numbers that stand in no file of the model.
  case constant(String, shape: [Int], [Float])
  case integers(String, [Int])
  case unary(Unary)
  case binary(Binary)
  /// Between two bounds.
  case clamp(low: Float?, high: Float?)
  /// Of condition, then, else.
  case choose
  /// Over the last axis.
  case softmax
  case sortLast
  case argmaxLast
  /// Sum or mean over an axis, which goes.
  case sum(axis: Int)
  case mean(axis: Int)
  /// Rows of a table `[V, E]`: of indices and table.
  case embedding
  /// `activation(x · Wᵀ + b)`: of x, W, b.
  case linear(Activation)
  /// `[…, C, W]` by `[C, E, W]` and `[C, E]` gives `[…, C, E]`: a linear map for each column.
  case linearOfColumns
  /// Entries of the last axis but one, in another order: of x and integers.
  case reorder
  /// A range of an axis: of the last one, or of steps.
  case columns(Range<Int>)
  /// `count` steps of `[N, T, C]`: from the step of the repetition that this stands in.
  case stepsFromHere(count: Int)
  /// All steps from a first one.
  case stepsFrom(Int)
  /// Side by side along an axis from the end: -1, -2.
  case concatenate(axis: Int)
  /// `[N, S]` at each step of `[N, T, C]`: `[N, T, S]`.
  case besideSteps
  /// `[…, C, E]` as `[…, C · E]`, where so many axes stand before.
  case flatten(leading: Int, size: Int)
  case addAxis(Int)
  case removeAxis(Int)
  /// Of x, perhaps lengths, perhaps a state to begin with.
  case recurrence(Recurrence)
  /// What recurrent layers end with: h, and c where the cell has one, of each layer and direction.
  case state
  /// Of a state, all h side by side: `[N, L · D · H]`.
  case hidden
  /// Of a sequence and perhaps lengths.
  case pool([PoolPart])
  /// The results of all members: `[M, …]`.
  case members
  /// Runs the nodes up to `end`, `count` times; `carried` is what they pass on, at first the input. The value
  /// is what the last time gives.
  case repetition(count: Int, carried: Int, end: Int, result: Int)
  /// What a repetition passes on.
  case carried

  struct Recurrence: Hashable, Sendable {
    var name: String
    var cell: RecurrentCell
    var layers: Int
    var hiddenSize: Int
    var isBidirectional: Bool
    var hasLengths: Bool
    var hasState: Bool
  }

  enum Unary: String, Sendable {
    case exp, log, sigmoid, tanh, relu, softplus, abs, float
  }

  enum Binary: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case less = "<"
    case maximum, minimum
  }
}
