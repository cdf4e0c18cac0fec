/// Rows `rows` of a matrix set to one value.
public struct FillTile {
  public var output: FloatRows
  public var columns: Int
  public var rows: Range<Int>
  public var value: Float

  public init(output: FloatRows, columns: Int, rows: Range<Int>, value: Float) {
    self.output = output
    self.columns = columns
    self.rows = rows
    self.value = value
  }
}

/// Row r of the output is, or gains, row r % inputRows of the input.
public struct CopyTile {
  public var input: FloatRows
  public var inputRows: Int
  public var output: FloatRows
  public var columns: Int
  public var rows: Range<Int>
  public var accumulate: Bool

  public init(
    input: FloatRows, inputRows: Int, output: FloatRows, columns: Int, rows: Range<Int>,
    accumulate: Bool
  ) {
    self.input = input
    self.inputRows = inputRows
    self.output = output
    self.columns = columns
    self.rows = rows
    self.accumulate = accumulate
  }
}

/// `output = inputScale · input + outputScale · output` over `count` elements.
public struct CombineTile {
  public var input: Floats
  public var inputScale: Float
  public var output: Floats
  public var outputScale: Float
  public var count: Int

  public init(
    input: Floats, inputScale: Float, output: Floats, outputScale: Float, count: Int
  ) {
    self.input = input
    self.inputScale = inputScale
    self.output = output
    self.outputScale = outputScale
    self.count = count
  }
}

/// Rows of an activation.
public struct ActivationTile {
  public var function: VectorFunction
  public var input: FloatRows
  public var output: FloatRows
  public var columns: Int
  public var rows: Range<Int>

  public init(
    function: VectorFunction, input: FloatRows, output: FloatRows, columns: Int, rows: Range<Int>
  ) {
    self.function = function
    self.input = input
    self.output = output
    self.columns = columns
    self.rows = rows
  }
}

/// Rows of an activation's gradient.
public struct ActivationGradientTile {
  public var function: VectorFunction
  public var output: FloatRows
  public var outputGradient: FloatRows
  public var inputGradient: FloatRows
  public var columns: Int
  public var rows: Range<Int>
  public var accumulate: Bool

  public init(
    function: VectorFunction, output: FloatRows, outputGradient: FloatRows,
    inputGradient: FloatRows, columns: Int, rows: Range<Int>, accumulate: Bool
  ) {
    self.function = function
    self.output = output
    self.outputGradient = outputGradient
    self.inputGradient = inputGradient
    self.columns = columns
    self.rows = rows
    self.accumulate = accumulate
  }
}

/// Rows of a dropout: element i of the stream, i taken modulo the period, decides.
public struct DropoutTile {
  public var input: FloatRows
  public var output: FloatRows
  public var columns: Int
  public var rows: Range<Int>
  public var accumulate: Bool
  /// Words below it drop their element.
  public var threshold: UInt32
  /// What elements that stay are multiplied by.
  public var scale: Float
  /// Elements after which the mask repeats; a multiple of the columns.
  public var period: Int
  public var key: SIMD2<UInt32>
  /// Words 2 and 3 of the counter.
  public var step: UInt32
  public var stream: UInt32

  public init(
    input: FloatRows, output: FloatRows, columns: Int, rows: Range<Int>, accumulate: Bool,
    threshold: UInt32, scale: Float, period: Int, key: SIMD2<UInt32>, step: UInt32, stream: UInt32
  ) {
    self.input = input
    self.output = output
    self.columns = columns
    self.rows = rows
    self.accumulate = accumulate
    self.threshold = threshold
    self.scale = scale
    self.period = period
    self.key = key
    self.step = step
    self.stream = stream
  }
}

/// Rows n of `output[n] = Σ_t input[t · batch + n]`.
public struct StepSumTile {
  public var input: FloatRows
  public var steps: Int
  public var batch: Int
  public var output: FloatRows
  public var columns: Int
  public var rows: Range<Int>
  public var accumulate: Bool

  public init(
    input: FloatRows, steps: Int, batch: Int, output: FloatRows, columns: Int, rows: Range<Int>,
    accumulate: Bool
  ) {
    self.input = input
    self.steps = steps
    self.batch = batch
    self.output = output
    self.columns = columns
    self.rows = rows
    self.accumulate = accumulate
  }
}

/// `output[j] = Σ_r input[r, j]` over `rows`, or added to it.
public struct ColumnSumTile {
  public var input: FloatRows
  public var rows: Range<Int>
  public var columns: Int
  public var output: Floats
  public var accumulate: Bool

  public init(
    input: FloatRows, rows: Range<Int>, columns: Int, output: Floats, accumulate: Bool
  ) {
    self.input = input
    self.rows = rows
    self.columns = columns
    self.output = output
    self.accumulate = accumulate
  }
}
