import SluiceCompute

/// The cells of a table as the network reads them. Codes of many numbers are on the device; an index
/// is no longer than the row number that it would be gathered by, and comes with the batch.
///
/// Every input has R + 1 entries, one for each row of the table and a last one that stands for "not
/// known": an unseen value, a blank number. It hides a column in training and in explanations, and
/// fills up histories that are shorter than others.
struct EncodedCustomers {
  /// R: rows of the table.
  let rowCount: Int
  /// `[Cc · (R + 1)]`: rows of the input's own embeddings, input after input.
  let codes: [Int32]
  /// `[Cn · (R + 1), W]`: codes of values on a scale, input after input; nil without.
  let numbers: Tensor?
  /// For every input, in order, whether it is on a scale, and its place among those alike.
  let places: [(isContinuous: Bool, index: Int)]

  /// - Throws: ``TableError`` where the table lacks a column; `ComputeError`.
  /// - Complexity: O(bytes of the columns + R · inputs · bins).
  init(
    _ customers: CustomerTable, encoders: [ColumnEncoder], bins: Int, on backend: any Backend
  ) throws {
    rowCount = customers.table.rowCount
    var codes: [Int32] = []
    var numbers: [Float] = []
    var places: [(isContinuous: Bool, index: Int)] = []
    var counts = (own: 0, continuous: 0)
    let width = ColumnEncoder.codeSize(bins: bins)
    var code = [Float](repeating: 0, count: width)
    for encoder in encoders {
      if encoder.kind.isContinuous {
        let values =
          encoder.kind == .gap
          ? customers.gaps : try encoder.values(customers.table.column(encoder.name))
        for value in values + [.nan] {
          code.withUnsafeMutableBufferPointer { encoder.encode(value, into: $0) }
          numbers += code
        }
        places.append((true, counts.continuous))
        counts.continuous += 1
      } else {
        let column = try customers.table.column(encoder.name)
        codes += encoder.codes(column) + [0]
        places.append((false, counts.own))
        counts.own += 1
      }
    }
    self.places = places
    self.codes = codes
    self.numbers =
      numbers.isEmpty ? nil : try backend.makeTensor([numbers.count / width, width], numbers)
  }

  /// The entry of every input that stands for "not known".
  var unknownRow: Int32 { Int32(rowCount) }
}

/// An input whose cells are those of other customers, to see what it is worth.
struct SwappedInput {
  let input: Int
  /// `[N]`: the rows whose cells each customer is given, the earliest first; at least one each.
  var rows: [ArraySlice<Int32>]

  /// Behind the last row its cell is held.
  func row(of customer: Int, step: Int) -> Int32 {
    let own = rows[customer]
    return own[own.startIndex + min(step, own.count - 1)]
  }
}

/// A batch of customers on the device: `[T, N]` rows of a table for each input.
struct CustomerBatch {
  /// N
  let count: Int
  /// T: 1 where customers have one row.
  let steps: Int
  /// `[Cc, T, N]` int32: rows of the input's own embeddings.
  let codes: Tensor?
  /// `[Cn, T, N, W]`
  let numbers: Tensor?
  /// `[N]` int32: the rows of each customer; nil where all have one.
  let lengths: Tensor?

  /// - Parameters:
  ///   - rows: `[N]`: the rows of each customer, the earliest first.
  ///   - isHistory: Whether customers have several.
  ///   - hidden: Whether an input of a customer is hidden in all its rows; by (customer, input).
  ///   - swapped: An input that is read from other customers' rows.
  init(
    _ rows: [ArraySlice<Int32>], of data: EncodedCustomers, isHistory: Bool,
    on backend: any Backend, hidden: (Int, Int) -> Bool = { _, _ in false },
    swapped: SwappedInput? = nil
  ) throws {
    count = rows.count
    steps = isHistory ? rows.reduce(1) { max($0, $1.count) } : 1
    let cells = count * steps
    let span = Int32(data.rowCount + 1)
    var own: [Int32] = []
    var continuous: [Int32] = []
    for (input, place) in data.places.enumerated() {
      let first = Int32(place.index) * span
      var picked = [Int32](repeating: first + data.unknownRow, count: cells)
      for (customer, rows) in rows.enumerated() where !hidden(customer, input) {
        if let swapped, swapped.input == input {
          for step in rows.indices {
            let row = swapped.row(of: customer, step: step - rows.startIndex)
            picked[(step - rows.startIndex) * count + customer] = first + row
          }
          continue
        }
        for (step, row) in rows.enumerated() { picked[step * count + customer] = first + row }
      }
      if place.isContinuous {
        continuous += picked
      } else {
        own += picked.map { data.codes[Int($0)] }
      }
    }
    codes = own.isEmpty ? nil : try backend.makeTensor([own.count / cells, steps, count], own)
    if let source = data.numbers {
      let indices = try backend.makeTensor([continuous.count], continuous)
      let numbers = try backend.makeTensor(
        [continuous.count / cells, steps, count, source.columns])
      try backend.enqueue(
        GatherRows(source: source, rows: indices, into: numbers))
      self.numbers = numbers
    } else {
      numbers = nil
    }
    lengths = isHistory ? try backend.makeTensor([count], rows.map { Int32($0.count) }) : nil
  }
}
