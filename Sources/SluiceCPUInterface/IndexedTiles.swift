/// Rows of `output[r] = source[indices[r]]`. Elements are moved as they are, whatever they mean,
/// unless floats are to be added.
public struct GatherTile {
  public var source: Floats
  public var indices: Integers
  public var output: FloatRows
  public var columns: Int
  public var rows: Range<Int>
  /// The index whose row is zero; negative where there is none.
  public var ignored: Int32
  /// Whether rows are added to what is there.
  public var accumulate: Bool

  public init(
    source: Floats, indices: Integers, output: FloatRows, columns: Int, rows: Range<Int>,
    ignored: Int32, accumulate: Bool
  ) {
    self.source = source
    self.indices = indices
    self.output = output
    self.columns = columns
    self.rows = rows
    self.ignored = ignored
    self.accumulate = accumulate
  }
}

/// `output[indices[r]] += input[r]` in the order of r, for those indices that are `part` modulo
/// `parts`, a power of two: whatever it is, every element is summed in the same order.
public struct ScatterTile {
  public var input: FloatRows
  public var indices: Integers
  public var count: Int
  public var output: Floats
  public var columns: Int
  public var part: Int
  public var parts: Int
  /// The index whose rows are left out; negative where there is none.
  public var ignored: Int32

  public init(
    input: FloatRows, indices: Integers, count: Int, output: Floats, columns: Int, part: Int,
    parts: Int, ignored: Int32
  ) {
    self.input = input
    self.indices = indices
    self.count = count
    self.output = output
    self.columns = columns
    self.part = part
    self.parts = parts
    self.ignored = ignored
  }
}

/// Steps `steps` of windows cut out of a data set.
public struct WindowTile {
  /// `[S, D, F]`
  public var source: Floats
  /// D.
  public var sourceSteps: Int
  /// F.
  public var features: Int
  public var series: Integers?
  public var starts: Integers
  public var offset: Int
  public var shift: Floats?
  public var scale: Float
  public var output: FloatRows
  public var batch: Int
  public var steps: Range<Int>

  public init(
    source: Floats, sourceSteps: Int, features: Int, series: Integers?, starts: Integers,
    offset: Int, shift: Floats?, scale: Float, output: FloatRows, batch: Int, steps: Range<Int>
  ) {
    self.source = source
    self.sourceSteps = sourceSteps
    self.features = features
    self.series = series
    self.starts = starts
    self.offset = offset
    self.shift = shift
    self.scale = scale
    self.output = output
    self.batch = batch
    self.steps = steps
  }
}

/// How a sequence becomes one vector.
public enum PoolKind: Sendable {
  case max, mean, last, first
}

/// Batch rows of a pooling over the steps.
public struct PoolTile {
  public var kind: PoolKind
  public var input: FloatRows
  public var steps: Int
  public var batch: Int
  public var columns: Int
  public var lengths: Integers?
  public var output: FloatRows
  public var winners: Integers?
  public var rows: Range<Int>

  public init(
    kind: PoolKind, input: FloatRows, steps: Int, batch: Int, columns: Int, lengths: Integers?,
    output: FloatRows, winners: Integers?, rows: Range<Int>
  ) {
    self.kind = kind
    self.input = input
    self.steps = steps
    self.batch = batch
    self.columns = columns
    self.lengths = lengths
    self.output = output
    self.winners = winners
    self.rows = rows
  }
}

/// Batch rows of a pooling's gradient.
public struct PoolGradientTile {
  public var kind: PoolKind
  public var outputGradient: FloatRows
  public var steps: Int
  public var batch: Int
  public var columns: Int
  public var lengths: Integers?
  public var winners: Integers?
  public var inputGradient: FloatRows
  public var accumulate: Bool
  public var rows: Range<Int>

  public init(
    kind: PoolKind, outputGradient: FloatRows, steps: Int, batch: Int, columns: Int,
    lengths: Integers?, winners: Integers?, inputGradient: FloatRows, accumulate: Bool,
    rows: Range<Int>
  ) {
    self.kind = kind
    self.outputGradient = outputGradient
    self.steps = steps
    self.batch = batch
    self.columns = columns
    self.lengths = lengths
    self.winners = winners
    self.inputGradient = inputGradient
    self.accumulate = accumulate
    self.rows = rows
  }
}
