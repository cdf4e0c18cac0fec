import SluiceCompute

extension Conformance {
  /// Rows; for each part its columns, its steps, and how often its rows are repeated.
  private static let concatenations: [(rows: Int, parts: [(C: Int, T: Int, repeats: Int)])] = [
    (1, [(1, 1, 1)]), (7, [(5, 1, 1), (3, 1, 1)]), (12, [(17, 1, 1), (1, 1, 4)]),
    (5, [(4, 3, 1), (2, 1, 1)]), (33, [(31, 1, 1), (32, 1, 1), (8, 7, 1), (33, 1, 3)]),
    (6, [(1, 1, 1), (2, 1, 2), (3, 2, 1), (4, 1, 1), (5, 1, 6), (6, 5, 1)]),
  ]

  static let concatenateCases: [ConformanceCase] = concatenations.flatMap { rows, parts in
    [(Layout.packed, Layout.shifted), (.wide, .wide)].map { from, to in
      let names = parts.map { part in
        "\(part.C)" + (part.T > 1 ? " in \(part.T) steps" : "")
          + (part.repeats > 1 ? " \(part.repeats) times" : "")
      }
      return ConformanceCase(
        Concatenate.name, "\(rows) of \(names.joined(separator: ", ")), \(from) to \(to)",
        tolerance: 0
      ) { w in
        let inputs = try parts.map { part in
          let shape: Shape =
            part.T > 1 ? [part.T, rows, part.C] : [rows / part.repeats, part.C]
          return Concatenate.Part(
            try w.input(w.draw(shape.count), shape, from), steps: part.T)
        }
        let output = try w.output([rows, inputs.reduce(0) { $0 + $1.columns }], to)
        try w.enqueue(Concatenate(inputs, into: output))
        try w.compareExactly("output", output)
      }
    }
  }

  /// Something dropped of a block of columns, whatever parts they are of, or of all.
  static let droppingConcatenateCases: [ConformanceCase] = concatenations.flatMap { rows, parts in
    let columns = parts.reduce(0) { $0 + $1.C * $1.T }
    let blocks = columns > 1 ? [0..<columns, min(3, columns - 1)..<(columns * 2 / 3)] : [0..<1]
    return blocks.map { dropped in
      let names = parts.map { part in
        "\(part.C)" + (part.T > 1 ? " in \(part.T) steps" : "")
          + (part.repeats > 1 ? " \(part.repeats) times" : "")
      }
      return ConformanceCase(
        Concatenate.name,
        "\(rows) of \(names.joined(separator: ", ")), dropout in \(dropped)", tolerance: 1e-6
      ) { w in
        let inputs = try parts.map { part in
          let shape: Shape =
            part.T > 1 ? [part.T, rows, part.C] : [rows / part.repeats, part.C]
          return Concatenate.Part(
            try w.input(w.draw(shape.count), shape, .wide), steps: part.T)
        }
        let output = try w.output([rows, columns], .wide)
        let mask = DropoutMask(rate: 0.4, stream: RandomStream(seed: 5, stream: 2, step: 9))
        try w.enqueue(
          Concatenate(inputs, into: output, dropout: Concatenate.Dropped(mask, columns: dropped)))
        try w.compareEach("output", output)
      }
    }
  }

  static let columnsToStepsCases: [ConformanceCase] = [
    (1, 1, 1), (3, 7, 5), (17, 33, 32), (2, 1, 65),
  ].flatMap { T, R, C in
    [false, true].map { accumulate in
      ConformanceCase(
        ColumnsToSteps.name, "T \(T) R \(R) C \(C)" + (accumulate ? ", accumulate" : ""),
        tolerance: 0
      ) { w in
        let input = try w.input(w.draw(T * R * C), [R, T * C], .wide)
        let output = try w.output([T, R, C], .wide, holding: accumulate ? w.draw(T * R * C) : nil)
        try w.enqueue(ColumnsToSteps(input, to: output, accumulate: accumulate))
        try w.compareExactly("output", output)
      }
    }
  }
}
