/// Rows u of `output[u] = Σ_i input[positions[i]]` over `starts[u] ..< starts[u + 1]`, in the order
/// of i.
public struct RowSumTile {
  public var input: FloatRows
  public var positions: Integers
  public var starts: Integers
  public var output: FloatRows
  public var columns: Int
  public var rows: Range<Int>

  public init(
    input: FloatRows, positions: Integers, starts: Integers, output: FloatRows, columns: Int,
    rows: Range<Int>
  ) {
    self.input = input
    self.positions = positions
    self.starts = starts
    self.output = output
    self.columns = columns
    self.rows = rows
  }
}
