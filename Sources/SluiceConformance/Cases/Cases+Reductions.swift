import SluiceCompute

extension Conformance {
  static let sumOverStepsCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    let sizes = [(1, 1, 1), (2, 3, 5), (7, 5, 16), (30, 8, 17), (5, 33, 31), (100, 1, 64)]
    for (steps, batch, columns) in sizes {
      for layout in [Layout.packed, .wide] {
        for accumulate in [false, true] {
          cases.append(
            ConformanceCase(
              SumOverSteps.name,
              "[\(steps), \(batch), \(columns)] \(layout)\(accumulate ? ", accumulate" : "")",
              tolerance: 1e-5
            ) { w in
              let shape: Shape = [steps, batch, columns]
              let values = w.draw(shape.count)
              let before = accumulate ? w.draw(batch * columns) : nil
              let input = try w.input(values, shape, layout)
              let output = try w.output([batch, columns], layout, holding: before)
              try w.enqueue(SumOverSteps(input, into: output, accumulate: accumulate))
              try w.compare("output", output)
            })
        }
      }
    }
    return cases
  }()

  static let columnSumCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    for (rows, columns) in matrixSizes + [(64, 16), (65, 128), (257, 7), (5000, 3), (1030, 200)] {
      for layout in [Layout.shifted, .wide] {
        for accumulate in [false, true] {
          cases.append(
            ConformanceCase(
              ColumnSum.name,
              "[\(rows), \(columns)] \(layout)\(accumulate ? ", accumulate" : "")", tolerance: 1e-5
            ) { w in
              let values = w.draw(rows * columns)
              let before = accumulate ? w.draw(columns) : nil
              let input = try w.input(values, [rows, columns], layout)
              let output = try w.output([columns], .shifted, holding: before)
              try w.enqueue(ColumnSum(input, into: output, accumulate: accumulate))
              try w.compare("output", output)
            })
        }
      }
    }
    return cases
  }()

  static let sumOfSquaresCases: [ConformanceCase] = {
    var cases = [1, 7, 16, 63, 255, 256, 257, 1023, 1024, 1025, 4099, 100_003].map { count in
      ConformanceCase(SumOfSquares.name, "[\(count)]", tolerance: 1e-6) { w in
        try sumOfSquares(w, w.draw(count))
      }
    }
    for (name, value) in [
      ("NaN", Float.nan), ("infinity", .infinity), ("a square past the largest float", 3e19),
    ] {
      cases.append(
        ConformanceCase(SumOfSquares.name, "[777] with \(name)", tolerance: 0) { w in
          var values = w.draw(777)
          values[555] = value
          let input = try w.input(values, [777])
          let output = try w.output([1], holding: [0])
          try w.enqueue(SumOfSquares(input, into: output))
          let result = try w.values(of: output)[0]
          w.require(!result.isFinite, "the sum of squares of \(name) is \(result)")
        })
    }
    cases.append(
      ConformanceCase(SumOfSquares.name, "[1030] none", tolerance: 0) { w in
        let input = try w.input(Array(repeating: Float(0), count: 1030), [1030])
        let output = try w.output([1])
        try w.enqueue(SumOfSquares(input, into: output))
        try w.compareExactly("output", output, [Float(0)])
      })
    return cases
  }()

  private static func sumOfSquares(_ w: Workspace, _ values: [Float]) throws {
    let input = try w.input(values, [values.count], .shifted)
    let output = try w.output([1], .shifted)
    try w.enqueue(SumOfSquares(input, into: output))
    try w.compare("output", output)
  }
}
