import SluiceCompute

/// A part of a model that owns parameters: enough of it to print a summary.
///
/// Layers are small values. They declare their parameters in a ``ParameterLayout`` when they are
/// made and run as functions on a ``Tape``, which knows the arena that holds the weights.
public protocol Layer {
  /// The prefix of the parameters' names.
  var name: String { get }
  /// For the summary: `LSTM`, `Linear (relu)`.
  var kind: String { get }
  /// The shape of what comes out, with dimension letters: `[T, N, 64]`.
  var outputDescription: String { get }
  /// In the order of declaration.
  var parameters: [Parameter] { get }
}
