import SluiceCompute

extension Conformance {
  static let dropoutCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    for (rows, columns) in matrixSizes {
      for rate in [Float(0), 0.1, 0.5, 0.999] {
        cases.append(
          dropoutCase(
            "[\(rows), \(columns)] rate \(rate)", [rows, columns], rate,
            RandomStream(
              seed: 0x0123_4567_89AB_CDEF, stream: 3, step: 41)))
      }
    }
    let stream = RandomStream(seed: .max, stream: .max, step: .max)
    cases += [
      dropoutCase("[7, 5, 3] variational", [7, 5, 3], 0.3, stream, period: 15),
      dropoutCase("[30, 3, 17] variational", [30, 3, 17], 0.3, stream, period: 51),
      dropoutCase("[6, 10] period of one row", [6, 10], 0.3, stream, period: 10),
      dropoutCase("[6, 10] period longer than all", [6, 10], 0.3, stream, period: 100),
      dropoutCase("[9, 33] accumulate", [9, 33], 0.4, stream, accumulate: true),
      dropoutCase("[9, 33] in place", [9, 33], 0.4, stream, inPlace: true),
      dropoutCase("[301, 67]", [301, 67], 0.2, stream),
    ]
    return cases
  }()

  private static func dropoutCase(
    _ name: String, _ shape: Shape, _ rate: Float, _ stream: RandomStream, period: Int? = nil,
    accumulate: Bool = false, inPlace: Bool = false
  ) -> ConformanceCase {
    ConformanceCase(Dropout.name, name, tolerance: 1e-6) { w in
      // Not near 0, so that a zero in the result is a dropped element.
      let values = w.draw(shape.count).map { $0 < 0 ? $0 - 0.5 : $0 + 0.5 }
      let before = accumulate ? w.draw(shape.count) : nil
      let input =
        inPlace ? try w.output(shape, .wide, holding: values) : try w.input(values, shape, .wide)
      let output = inPlace ? input : try w.output(shape, .shifted, holding: before)
      try w.enqueue(
        Dropout(
          rate: rate, stream: stream, period: period, input, into: output, accumulate: accumulate))
      try w.compareEach("output", output, floor: accumulate ? 0.1 : 0)
      if !accumulate {
        let wrong = try zip(w.values(of: output), w.expected(output)).filter {
          ($0 == 0) != ($1 == 0)
        }
        w.require(wrong.isEmpty, "the mask differs in \(wrong.count) elements")
      }
    }
  }
}
