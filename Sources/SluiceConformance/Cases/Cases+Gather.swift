import SluiceCompute

extension Conformance {
  /// Rows of the table, columns, rows gathered.
  private static let tableSizes = [
    (1, 1, 1), (5, 3, 7), (3, 16, 64), (40, 17, 33), (1000, 32, 90), (7, 33, 300), (50, 128, 31),
    (3, 2, 4500),
  ]

  static let embeddingForwardCases: [ConformanceCase] =
    tableSizes.flatMap {
      vocabulary, size, count in
      [Layout.packed, .wide].map { layout in
        ConformanceCase(
          EmbeddingForward.name, "V \(vocabulary) E \(size), \(count) rows, \(layout)", tolerance: 0
        ) { w in
          let table = w.draw(vocabulary * size)
          let indices = w.draw(count, in: 0..<vocabulary)
          let output = try w.output([count, size], layout)
          try w.enqueue(
            EmbeddingForward(
              table: try w.input(table, [vocabulary, size], .shifted),
              indices: try w.input(indices, [count], .shifted), into: output))
          try w.compareExactly("output", output)
        }
      }
    }
    + tableSizes.flatMap { vocabulary, size, count in
      [false, true].flatMap { isIgnoring in
        [false, true].filter { isIgnoring ? vocabulary > 1 : $0 }.map { accumulate in
          ConformanceCase(
            EmbeddingForward.name,
            embeddingName(vocabulary, size, count, isIgnoring, accumulate), tolerance: 0
          ) { w in
            try embeddingForward(w, vocabulary, size, count, isIgnoring, accumulate)
          }
        }
      }
    }

  /// What is dropped of the sum, with what stood there before.
  static let droppingEmbeddingCases: [ConformanceCase] = tableSizes.flatMap { V, E, count in
    [nil, E].map { period in
      ConformanceCase(
        EmbeddingForward.name,
        "V \(V) E \(E), \(count) rows, accumulate, "
          + (period == nil ? "dropout" : "variational dropout"), tolerance: 1e-6
      ) { w in
        let output = try w.output([count, E], .wide, holding: w.draw(count * E))
        try w.enqueue(
          EmbeddingForward(
            table: try w.input(w.draw(V * E), [V, E]),
            indices: try w.input(w.draw(count, in: 0..<V), [count]), into: output,
            accumulate: true,
            dropout: DropoutMask(
              rate: 0.3, stream: RandomStream(seed: .max, stream: 4, step: 17), period: period)))
        try w.compareEach("output", output, floor: 0.1)
      }
    }
  }

  private static func embeddingName(
    _ vocabulary: Int, _ size: Int, _ count: Int, _ isIgnoring: Bool, _ accumulate: Bool
  ) -> String {
    "V \(vocabulary) E \(size), \(count) rows" + (isIgnoring ? ", one ignored" : "")
      + (accumulate ? ", accumulate" : "")
  }

  /// The ignored row of the table holds NaN, which nobody may see.
  private static func embeddingForward(
    _ w: Workspace, _ vocabulary: Int, _ size: Int, _ count: Int, _ isIgnoring: Bool,
    _ accumulate: Bool
  ) throws {
    let ignored = isIgnoring ? Int32(vocabulary / 2) : nil
    var table = w.draw(vocabulary * size)
    for column in 0..<size where ignored != nil {
      table[Int(ignored ?? 0) * size + column] = .nan
    }
    var indices = w.draw(count, in: 0..<vocabulary)
    if let ignored { indices[count / 3] = ignored }
    let before = accumulate ? w.draw(count * size) : nil
    let output = try w.output([count, size], .wide, holding: before)
    try w.enqueue(
      EmbeddingForward(
        table: try w.input(table, [vocabulary, size]), indices: try w.input(indices, [count]),
        ignoring: ignored, into: output, accumulate: accumulate))
    try w.compareExactly("output", output)
  }

  static let embeddingBackwardCases: [ConformanceCase] =
    ignoredEmbeddingCases
    + tableSizes.flatMap {
      vocabulary, size, count in
      [false, true].map { isUniform in
        ConformanceCase(
          EmbeddingBackward.name,
          "V \(vocabulary) E \(size), \(count) rows\(isUniform ? ", one token only" : "")",
          tolerance: 1e-5
        ) { w in
          let gradient = w.draw(count * size)
          let indices =
            isUniform
            ? Array(repeating: Int32(vocabulary - 1), count: count)
            : w.draw(count, in: 0..<vocabulary)
          let before = w.draw(vocabulary * size)
          let table = try w.output([vocabulary, size], .shifted, holding: before)
          try w.enqueue(
            EmbeddingBackward(
              outputGradient: try w.input(gradient, [count, size], .wide),
              indices: try w.input(indices, [count]), into: table))
          try w.compare("table gradient", table)
          let seen = Set(indices)
          let now = try w.values(of: table)
          let touched = before.indices.filter {
            !seen.contains(Int32($0 / size)) && now[$0] != before[$0]
          }
          w.require(touched.isEmpty, "\(touched.count) elements of unseen tokens changed")
        }
      }
    }

  /// Gradients of the ignored index are NaN, and go nowhere.
  private static let ignoredEmbeddingCases: [ConformanceCase] = tableSizes.dropFirst().map {
    vocabulary, size, count in
    ConformanceCase(
      EmbeddingBackward.name, embeddingName(vocabulary, size, count, true, false), tolerance: 1e-5
    ) { w in
      let ignored = Int32(vocabulary / 2)
      var gradient = w.draw(count * size)
      var indices = w.draw(count, in: 0..<vocabulary)
      indices[count / 3] = ignored
      let before = w.draw(vocabulary * size)
      let table = try w.output([vocabulary, size], .shifted, holding: before)
      for place in gradient.indices where indices[place / size] == ignored {
        gradient[place] = .nan
      }
      try w.enqueue(
        EmbeddingBackward(
          outputGradient: try w.input(gradient, [count, size]),
          indices: try w.input(indices, [count]), ignoring: ignored, into: table))
      try w.compare("table gradient", table)
    }
  }

  static let gatherRowsCases: [ConformanceCase] = tableSizes.flatMap { rows, columns, count in
    [
      ConformanceCase(GatherRows.name, "\(count) of [\(rows), \(columns)]", tolerance: 0) { w in
        let source = w.draw(rows * columns)
        let indices = w.draw(count, in: 0..<rows)
        let output = try w.output([count, columns], .wide)
        try w.enqueue(
          GatherRows(
            source: try w.input(source, [rows, columns]), rows: try w.input(indices, [count]),
            into: output))
        try w.compareExactly("output", output)
      },
      ConformanceCase(GatherRows.name, "\(count) of [\(rows), \(columns)] int32", tolerance: 0) {
        w in
        let source = w.draw(rows * columns, in: -100_000..<100_000)
        let indices = w.draw(count, in: 0..<rows)
        let output = try w.output([count, columns], .shifted, holding: Int32(-1))
        try w.enqueue(
          GatherRows(
            source: try w.input(source, [rows, columns]), rows: try w.input(indices, [count]),
            into: output))
        try w.compareExactly("output", output)
      },
    ]
  }

  static let gatherWindowsCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    for (series, days, features, length, batch) in [
      (1, 1, 1, 1, 1), (3, 40, 5, 7, 4), (5, 61, 1, 30, 17), (1, 100, 16, 28, 33),
      (50, 90, 3, 60, 8),
    ] {
      for (hasShift, scale, offset) in [
        (false, Float(1), 0), (true, 0.25, 0), (true, -3, 1), (false, 2, -1),
      ] {
        cases.append(
          ConformanceCase(
            GatherWindows.name,
            "L \(length) N \(batch) of [\(series), \(days), \(features)], scale \(scale)"
              + (hasShift ? ", shift" : "") + (offset == 0 ? "" : ", offset \(offset)"),
            tolerance: 1e-6
          ) { w in
            try gatherWindows(
              w, source: [series, days, features], length: length, batch: batch,
              hasShift: hasShift, scale: scale, offset: days > length ? offset : 0)
          })
      }
    }
    return cases
  }()

  private static func gatherWindows(
    _ w: Workspace, source shape: Shape, length L: Int, batch N: Int, hasShift: Bool, scale: Float,
    offset: Int
  ) throws {
    let (S, D, F) = (shape[0], shape[1], shape[2])
    let source = w.draw(shape.count, scale: 10)
    let series: [Int32]? = S > 1 ? w.draw(N, in: 0..<S) : nil
    // Both ends of the data are among the windows.
    var starts = w.draw(N, in: 0..<D - L + 1)
    starts[0] = 0
    starts[N - 1] = Int32(D - L)
    starts = starts.map { $0 - Int32(offset) }
    let shift = hasShift ? w.draw(N) : nil
    let output = try w.output([L, N, F], .wide)
    try w.enqueue(
      GatherWindows(
        source: try w.input(source, shape, .shifted),
        series: try series.map { try w.input($0, [N]) }, starts: try w.input(starts, [N]),
        offset: offset, shift: try shift.map { try w.input($0, [N]) }, scale: scale, into: output))
    try w.compareEach("output", output, floor: 1)
  }
}
