import SluiceCompute

extension Conformance {
  /// Rows, inputs and outputs: small enough to be done at once, and on both sides of where they are not.
  private static let linearSizes = [
    (1, 1, 1), (7, 5, 3), (64, 96, 1), (256, 33, 16), (257, 33, 16), (65, 40, 17), (300, 17, 5),
    (2049, 8, 3),
  ]

  static let linearBackwardCases: [ConformanceCase] = linearSizes.flatMap { R, I, O in
    [Activation.identity, .sigmoid, .tanh, .relu].flatMap { activation in
      [nil, false, true].map { accumulate in
        ConformanceCase(
          LinearBackward.name,
          "\(R) rows of \(I) to \(O), \(activation)"
            + (accumulate == nil ? "" : accumulate == true ? ", input accumulates" : ", input"),
          tolerance: 1e-5
        ) { w in
          try linearBackward(w, activation, R, I, O, accumulate: accumulate)
        }
      }
    }
  }

  private static func linearBackward(
    _ w: Workspace, _ activation: Activation, _ R: Int, _ I: Int, _ O: Int, accumulate: Bool?
  ) throws {
    let weightGradient = try w.output([O, I], .shifted, holding: w.draw(O * I))
    let biasGradient = try w.output([O], .shifted, holding: w.draw(O))
    let inputGradient = try accumulate.map {
      try w.output([R, I], .wide, holding: $0 ? w.draw(R * I) : nil)
    }
    // The derivative is taken from the output: any number in the activation's range will do. A single
    // one must let something through.
    let output = w.draw(R * O).map { value in
      switch activation {
      case .tanh: value
      case .relu: max(0, R * O > 1 ? value : abs(value))
      default: abs(value)
      }
    }
    try w.enqueue(
      LinearBackward(
        activation, input: try w.input(w.draw(R * I), [R, I], .wide),
        weight: try w.input(w.draw(O * I), [O, I], .shifted),
        output: try w.input(output, [R, O], .wide),
        outputGradient: try w.output([R, O], .wide, holding: w.draw(R * O)),
        weightGradient: weightGradient, biasGradient: biasGradient, inputGradient: inputGradient,
        accumulateInputGradient: accumulate ?? false))
    try w.compare("weight gradient", weightGradient)
    try w.compare("bias gradient", biasGradient)
    if let inputGradient { try w.compare("input gradient", inputGradient) }
  }
}
