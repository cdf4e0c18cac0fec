import SluiceCompute
import SluiceExport
import SluiceNN
import SluiceTables

/// A network that reads customers and says with one number how likely each is gone: the task's own,
/// or a stack that a configuration describes.
protocol CustomerReader {
  var layout: ParameterLayout { get }
  var layers: [any Layer] { get }
  /// Whether customers have several rows.
  var isHistory: Bool { get }
  /// The step at which each column is read, where customers have one row.
  var steps: [Int] { get set }
  /// What its number means.
  var output: ChurnOutput { get }

  /// How the device runs the recurrent layers.
  ///
  /// - Parameter steps: The longest history; the number of columns where nil.
  func plans(on backend: any Backend, batch: Int, steps: Int?) throws -> [Recurrent.LayerPlan]

  /// Scores a batch of customers.
  ///
  /// - Returns: `[N, 1]`, as ``output`` says.
  func callAsFunction(_ batch: CustomerBatch, on tape: Tape) throws -> Variable

  /// Makes vectors of the cells.
  var tokens: ColumnTokens { get }

  /// The same for other programs, from the cells on.
  func scores(
    _ cells: ExportGraph.Value, lengths: ExportGraph.Value?, in graph: ExportGraph
  ) -> ExportGraph.Value
}

/// A network of an ensemble: reads the columns in an order of its own.
package struct CustomerNetwork: TaskNetwork {
  let reader: any CustomerReader
  /// The rows of the longest history that it plans for; nil where customers have one row.
  var longestHistory: Int?

  /// - Parameter orderSeed: What the order of columns is drawn from.
  /// - Throws: `StackError` where the layers of a stack do not make a network.
  init(
    _ model: ChurnModelSettings, _ fitted: ChurnPreprocessing, orderSeed: UInt64,
    longestHistory: Int?
  ) throws {
    let isHistory = fitted.columns.time != nil
    var reader: any CustomerReader =
      model.stack.isEmpty
      ? ChurnNetwork(model, encoders: fitted.encoders, isHistory: isHistory)
      : try ChurnStack(model, encoders: fitted.encoders, isHistory: isHistory)
    // "ORDE" in ASCII tells this stream from those of other draws.
    var generator = PhiloxGenerator(RandomStream(seed: orderSeed, stream: 0x4F52_4445))
    generator.shuffle(&reader.steps)
    self.reader = reader
    self.longestHistory = longestHistory
  }

  package var layout: ParameterLayout { reader.layout }
  package var layers: [any Layer] { reader.layers }

  package func plans(on backend: any Backend, batch: Int) throws -> [Recurrent.LayerPlan] {
    try reader.plans(on: backend, batch: batch, steps: longestHistory)
  }
}

/// What the one number of a network means.
enum ChurnOutput {
  /// The log-odds of being gone.
  case logit
  /// The probability itself, which may leave 0 to 1 a little: squared errors do not hold it in.
  case value

  /// What it is trained by.
  func loss(positiveWeight: Float) -> LossFunction {
    switch self {
    case .logit: .binaryCrossEntropy(positiveWeight: positiveWeight)
    case .value: .meanSquaredError
    }
  }

  /// Where log-odds of values go on along a straight line.
  static let margin = 0.05

  /// The log-odds that a number stands for, rising with it and finite also where a value is no
  /// probability.
  func logit(_ number: Double) -> Double {
    guard case .value = self else { return number }
    let nearest = min(1 - Self.margin, max(Self.margin, number))
    return Logit.of(nearest) + (number - nearest) / (Self.margin * (1 - Self.margin))
  }
}
