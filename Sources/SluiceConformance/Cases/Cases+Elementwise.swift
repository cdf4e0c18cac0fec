import SluiceCompute

extension Conformance {
  /// Row counts and columns: 1, primes, just under, at and over powers of two.
  static let matrixSizes: [(rows: Int, columns: Int)] = [
    (1, 1), (1, 17), (13, 1), (7, 5), (3, 15), (4, 16), (5, 31), (9, 33), (33, 64), (17, 130),
  ]

  static let fillCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    for (rows, columns) in [(1, 1), (7, 5), (33, 31), (3, 1003)] {
      for layout in [Layout.packed, .shifted, .wide] {
        cases.append(
          ConformanceCase(Fill.name, "[\(rows), \(columns)] \(layout)", tolerance: 0) { w in
            let output = try w.output([rows, columns], layout)
            try w.enqueue(Fill(output, with: -2.5))
            let expected = Array(repeating: Float(-2.5), count: rows * columns)
            try w.compareExactly("output", output, expected)
          })
      }
    }
    cases.append(
      ConformanceCase(Fill.name, "[37] int32", tolerance: 0) { w in
        let output = try w.output([37], .shifted, holding: Int32(9))
        try w.enqueue(Fill(output, with: -3))
        try w.compareExactly("output", output, Array(repeating: Int32(-3), count: 37))
      })
    cases.append(
      ConformanceCase(Fill.name, "[37] infinite", tolerance: 0) { w in
        let output = try w.output([37], .shifted)
        try w.enqueue(Fill(output, with: -.infinity))
        try w.compareExactly("output", output, Array(repeating: -Float.infinity, count: 37))
      })
    return cases
  }()

  static let copyCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    for (rows, columns) in matrixSizes {
      for (from, to) in [(Layout.packed, Layout.packed), (.wide, .shifted), (.packed, .wide)] {
        for repeats in [1, 3] {
          for accumulate in [false, true] {
            let name =
              "[\(rows), \(columns)] \(from) to \(to)" + (repeats > 1 ? ", \(repeats) times" : "")
              + (accumulate ? ", accumulate" : "")
            cases.append(
              ConformanceCase(Copy.name, name, tolerance: 0) { w in
                let values = w.draw(rows * columns)
                let before = accumulate ? w.draw(rows * columns * repeats) : nil
                let input = try w.input(values, [rows, columns], from)
                let output = try w.output([repeats, rows, columns], to, holding: before)
                try w.enqueue(Copy(input, to: output, accumulate: accumulate))
                try w.compareExactly("output", output)
              })
          }
        }
      }
    }
    return cases
  }()

  static let linearCombinationCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    for count in [1, 7, 16, 63, 1000, 4099] {
      for (inputScale, outputScale) in [(Float(1), Float(0)), (0.25, 0.75), (-2, 1), (0, 0.5)] {
        cases.append(
          ConformanceCase(
            LinearCombination.name, "[\(count)] \(inputScale), \(outputScale)", tolerance: 1e-6
          ) { w in
            // Where the output is overwritten it may hold anything: NaN, here.
            let before = outputScale == 0 ? nil : w.draw(count)
            let values = w.draw(count)
            let input = try w.input(values, [count], .shifted)
            let output = try w.output([count], .shifted, holding: before)
            try w.enqueue(
              LinearCombination(
                input, scale: inputScale, to: output, outputScale: outputScale))
            try w.compareEach("output", output, floor: 0.1)
          })
      }
    }
    cases.append(
      ConformanceCase(LinearCombination.name, "[1001] in place", tolerance: 1e-6) { w in
        let values = w.draw(1001)
        let tensor = try w.output([1001], .shifted, holding: values)
        try w.enqueue(LinearCombination(tensor, scale: 0.5, to: tensor, outputScale: 2))
        try w.compareEach("output", tensor)
      })
    return cases
  }()

  static let activations: [Activation] = [.identity, .sigmoid, .tanh, .relu]

  static let activationForwardCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    for activation in activations {
      for (rows, columns) in matrixSizes {
        for layout in [Layout.packed, .wide] {
          cases.append(
            ConformanceCase(
              ActivationForward.name, "\(activation) [\(rows), \(columns)] \(layout)",
              tolerance: 1e-6
            ) { w in
              let values = w.draw(rows * columns, scale: 6)
              let input = try w.input(values, [rows, columns], layout)
              let output = try w.output([rows, columns], .shifted)
              try w.enqueue(ActivationForward(activation, input, into: output))
              try w.compareEach("output", output)
            })
        }
      }
      cases.append(
        ConformanceCase(ActivationForward.name, "\(activation) [9, 19] in place", tolerance: 1e-6) {
          w in
          let values = w.draw(9 * 19, scale: 6)
          let tensor = try w.output([9, 19], .wide, holding: values)
          try w.enqueue(ActivationForward(activation, tensor, into: tensor))
          try w.compareEach("output", tensor)
        })
      cases.append(
        ConformanceCase(ActivationForward.name, "\(activation) at the extremes", tolerance: 1e-6) {
          w in
          let values: [Float] = [
            0, -0.0, 1e-30, -1e-30, 1e-8, -1e-8, 1e-4, -1e-4, 0.5, -0.5, 0.625, 8, -8, 9.5, -9.5,
            20, -20, 80, -80, 88, 1000, -1000, 3e38, -3e38, .infinity, -.infinity, .nan,
          ]
          let input = try w.input(values, [values.count])
          let output = try w.output([values.count])
          try w.enqueue(ActivationForward(activation, input, into: output))
          try w.compareEach("output", output, floor: 1e-35)
        })
    }
    return cases
  }()

  static let activationBackwardCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    for activation in activations {
      for (rows, columns) in matrixSizes {
        for accumulate in [false, true] {
          cases.append(
            ConformanceCase(
              ActivationBackward.name,
              "\(activation) [\(rows), \(columns)]\(accumulate ? ", accumulate" : "")",
              tolerance: 1e-6
            ) { w in
              try activationBackward(w, activation, [rows, columns], accumulate: accumulate)
            })
        }
      }
      cases.append(
        ConformanceCase(ActivationBackward.name, "\(activation) [9, 19] in place", tolerance: 1e-6)
        {
          w in
          try activationBackward(w, activation, [9, 19], accumulate: false, inPlace: true)
        })
    }
    return cases
  }()

  private static func activationBackward(
    _ w: Workspace, _ activation: Activation, _ shape: Shape, accumulate: Bool,
    inPlace: Bool = false
  ) throws {
    let outputs = w.draw(shape.count, scale: 3).map {
      Float(Reference.activation(activation, Double($0)))
    }
    let gradients = w.draw(shape.count)
    let before = accumulate ? w.draw(shape.count) : nil
    let output = try w.input(outputs, shape, .shifted)
    let outputGradient =
      inPlace
      ? try w.output(shape, .wide, holding: gradients) : try w.input(gradients, shape, .wide)
    let inputGradient =
      inPlace ? outputGradient : try w.output(shape, .wide, holding: before)
    try w.enqueue(
      ActivationBackward(
        activation, output: output, outputGradient: outputGradient, inputGradient: inputGradient,
        accumulate: accumulate))
    try w.compareEach("input gradient", inputGradient, floor: 0.1)
  }
}
