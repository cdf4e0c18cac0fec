/// What a column of a table holds, where its cells become tokens of E numbers.
public enum TokenColumn: Hashable, Sendable {
  /// Values on a scale, each with a code of W numbers: the token is a linear map of the code. Entry
  /// `index` of the codes, the weights and the biases.
  case scale(Int)
  /// Values of their own, each with an embedding: row `index` of the indices, which count from the
  /// first of the table's `rows`.
  case levels(Int, rows: Range<Int>)
}

/// The cells of a table's columns, M of them in each, and where their tokens go.
public struct ColumnCells {
  /// C columns. No two share an entry, or rows of the table.
  public var columns: [TokenColumn]
  /// For each column one of `0 ..< C`: its place among the tokens.
  public var places: [Int]
  /// `[P, …, W]`, M codes in each of P; contiguous. Nil where no column is on a scale.
  public var codes: Tensor?
  /// int32 `[Q, …]`, M in each of Q, below the number of the column's rows. Nil where no column has
  /// values of their own.
  public var indices: Tensor?

  /// Each argument is the property of its name.
  public init(columns: [TokenColumn], places: [Int], codes: Tensor?, indices: Tensor?) {
    self.columns = columns
    self.places = places
    self.codes = codes
    self.indices = indices
  }

  /// M: the cells of a column.
  public var count: Int {
    if let codes { return codes.shape[0] == 0 ? 0 : codes.rows / codes.shape[0] }
    return indices.map { $0.shape[0] == 0 ? 0 : $0.count / $0.shape[0] } ?? 0
  }

  /// W: the numbers of a code; 0 without.
  public var codeSize: Int { codes?.columns ?? 0 }

  /// The tokens of the column at a place, in what holds those of all columns.
  package func tokens(of all: Tensor, at place: Int, size: Int) -> Tensor {
    Tensor(
      buffer: all.buffer, offset: all.offset + place * distance(of: all, size: size),
      shape: [count, size], rowStride: all.rowStride)
  }

  /// The elements from one place to the next in what holds the tokens of all columns.
  package func distance(of all: Tensor, size: Int) -> Int {
    all.columns == size ? count * all.rowStride : size
  }
}

/// What maps cells to tokens, or its gradient.
public struct ColumnTokenWeights {
  /// `[P, E · W]`, rows any distance apart: for each column on a scale `[E, W]`.
  public var weights: Tensor?
  /// `[P, E]`, rows any distance apart.
  public var biases: Tensor?
  /// `[V, E]`, contiguous: the embeddings of all columns with values of their own.
  public var table: Tensor?

  /// Each argument is the property of its name.
  public init(weights: Tensor?, biases: Tensor?, table: Tensor?) {
    self.weights = weights
    self.biases = biases
    self.table = table
  }

  /// E: the numbers of a token.
  public var size: Int { biases?.columns ?? table?.columns ?? 0 }

  /// `[E, W]`: the map of one column on a scale.
  package func weight(_ index: Int) -> Tensor? {
    weights.map { all in
      Tensor(
        buffer: all.buffer, offset: all.offset + index * all.rowStride,
        shape: [size, all.columns / max(1, size)])
    }
  }

  /// `[E]`
  package func bias(_ index: Int) -> Tensor? { biases?.step(index) }

  /// `[rows, E]`: the embeddings of one column.
  package func rows(_ range: Range<Int>) -> Tensor? {
    table.map { table in
      Tensor(
        buffer: table.buffer, offset: table.offset + range.lowerBound * size,
        shape: [range.count, size])
    }
  }
}

/// Every cell of a table's columns becomes a token of E numbers: the embedding of its value, or
/// `weight · code + bias`.
///
/// - Complexity: O(M · E · W) multiply-adds for each column on a scale, O(M · E) copies for another.
/// - SeeAlso: Gorishniy et al., "Revisiting deep learning models for tabular data", 2021 (the feature
///   tokenizer); "On embeddings for numerical features in tabular deep learning", 2022.
public struct ColumnTokensForward: Operation {
  public static let name = "column tokens"

  /// What is read.
  public var cells: ColumnCells
  /// What it is mapped by.
  public var weights: ColumnTokenWeights
  /// `[C, …, E]`: the columns one after the other, by their places; or `[…, C · E]`: side by side. M
  /// tokens in each. Any strides.
  public var output: Tensor

  /// Each argument is the property of its name.
  public init(_ cells: ColumnCells, _ weights: ColumnTokenWeights, into output: Tensor) {
    self.cells = cells
    self.weights = weights
    self.output = output
  }

  public func validate() throws(ComputeError) {
    try Check.columns(cells, weights, tokens: output)
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

/// The gradients of what ``ColumnTokensForward`` maps cells by, each sum in a fixed order.
///
/// - Complexity: as forward.
public struct ColumnTokensBackward: Operation {
  public static let name = "column tokens gradient"

  /// As given to forward.
  public var cells: ColumnCells
  /// As forward's output.
  public var outputGradient: Tensor
  /// Added to.
  public var gradients: ColumnTokenWeights

  /// Each argument is the property of its name.
  public init(
    _ cells: ColumnCells, outputGradient: Tensor, into gradients: ColumnTokenWeights
  ) {
    self.cells = cells
    self.outputGradient = outputGradient
    self.gradients = gradients
  }

  public func validate() throws(ComputeError) {
    try Check.columns(cells, gradients, tokens: outputGradient)
  }

  public func dispatch(to backend: any Backend) throws(ComputeError) {
    try backend.execute(self)
  }
}

extension Check {
  fileprivate static func columns(
    _ cells: ColumnCells, _ weights: ColumnTokenWeights, tokens: Tensor
  ) throws(ComputeError) {
    try floats([
      ("codes", cells.codes), ("weights", weights.weights), ("biases", weights.biases),
      ("table", weights.table), ("tokens", tokens),
    ])
    try indices([("indices", cells.indices)])
    try contiguous("codes", cells.codes)
    try contiguous("table", weights.table)
    let (count, size, width) = (cells.columns.count, weights.size, cells.codeSize)
    try argument(
      count > 0 && cells.places.sorted() == Array(0..<count),
      "\(count) columns at the places \(cells.places)")
    try entries(cells, weights)
    try that(
      size > 0
        && (tokens.columns == size && tokens.rows == count * cells.count
          || tokens.columns == count * size && tokens.rows == cells.count),
      "tokens of \(size) for \(cells.count) cells of \(count) columns as \(tokens.shape)")
    if let codes = cells.codes {
      try that(
        codes.shape.rank >= 2 && width > 0
          && weights.weights?.shape == [codes.shape[0], size * width]
          && weights.biases?.shape == [codes.shape[0], size],
        "codes \(codes.shape) for tokens of \(size)")
    }
    if let indices = cells.indices {
      try that(
        indices.shape.rank >= 1 && indices.count == indices.shape[0] * cells.count
          && weights.table?.shape.rank == 2 && weights.table?.columns == size,
        "indices \(indices.shape) for tokens of \(size)")
    }
  }

  /// Every column has an entry of its own, and rows of its own.
  private static func entries(
    _ cells: ColumnCells, _ weights: ColumnTokenWeights
  ) throws(ComputeError) {
    var scales: Set<Int> = []
    var levels: Set<Int> = []
    var ranges: [Range<Int>] = []
    for column in cells.columns {
      switch column {
      case .scale(let index):
        try argument(
          index >= 0 && index < cells.codes?.shape[0] ?? 0 && scales.insert(index).inserted,
          "column on a scale \(index) of \(cells.codes?.shape[0] ?? 0)")
      case .levels(let index, let rows):
        try argument(
          index >= 0 && index < cells.indices?.shape[0] ?? 0 && levels.insert(index).inserted,
          "column of values \(index) of \(cells.indices?.shape[0] ?? 0)")
        try argument(
          rows.lowerBound >= 0 && rows.upperBound <= weights.table?.rows ?? 0 && !rows.isEmpty,
          "rows \(rows) of a table of \(weights.table?.rows ?? 0)")
        ranges.append(rows)
      }
    }
    ranges.sort { $0.lowerBound < $1.lowerBound }
    for (one, next) in zip(ranges, ranges.dropFirst()) {
      try argument(one.upperBound <= next.lowerBound, "two columns share rows \(one) and \(next)")
    }
  }
}
