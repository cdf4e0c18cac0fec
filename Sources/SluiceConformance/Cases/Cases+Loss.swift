import SluiceCompute

extension Conformance {
  static let lossFunctions: [LossFunction] = [
    .meanSquaredError, .meanAbsoluteError, .huber(delta: 0.7), .quantile([0.1, 0.5, 0.9]),
    .binaryCrossEntropy(positiveWeight: 1), .binaryCrossEntropy(positiveWeight: 2.5),
    .softmaxCrossEntropy, .rankedProbability(share: 0.3), .rankedProbability(share: 1),
    .mixedQuantiles([0.1, 0.5, 0.9]), .mixedQuantiles([0.5]),
    .mixedQuantiles([0.05, 0.25, 0.5, 0.75, 0.95]),
  ]

  static let lossCases: [ConformanceCase] = {
    var cases: [ConformanceCase] = []
    for function in lossFunctions {
      for shape in lossShapes(function) {
        for hasRowWeights in [false, true] {
          for hasClassWeights in function.takesClasses ? [false, true] : [false] {
            for layout in [Layout.shifted, .wide] {
              let isWide = layout == .wide
              let form = LossForm(
                function: function, shape: shape, hasRowWeights: hasRowWeights,
                hasClassWeights: hasClassWeights, layout: layout, hasGradient: true,
                gradientScale: isWide ? 8 : 1)
              cases.append(lossCase(form))
            }
          }
        }
      }
      cases.append(
        lossCase(LossForm(function: function, shape: lossShapes(function)[1], hasGradient: false)))
      cases.append(unweightedLoss(function))
      for value in [Float.nan, .infinity] { cases.append(nonFiniteLoss(function, value)) }
    }
    return cases + [
      extremeBinary, extremeSoftmax(.softmaxCrossEntropy, floor: 1e-6),
      // A cumulative sum rounds to a part of 1, not of itself.
      extremeSoftmax(.rankedProbability(share: 0.5), floor: 0.05),
    ] + lossFunctions.map(rowLeftOut)
  }()

  private static func lossShapes(_ function: LossFunction) -> [Shape] {
    switch function {
    case .quantile(let quantiles):
      let columns = quantiles.count
      return [[1, columns], [17, columns], [7, 5, columns], [1409, columns]]
    case .mixedQuantiles(let quantiles):
      let columns = quantiles.count
      return [[1, 1 + columns], [17, 4 + columns], [7, 5, 24 + columns], [1409, 17 + columns]]
    case .softmaxCrossEntropy, .rankedProbability:
      return [[1, 1], [5, 2], [7, 5, 3], [33, 17], [9, 130], [1031, 5]]
    default:
      return [[1, 1], [13, 1], [5, 7], [7, 5, 3], [28, 33, 1], [5, 1000]]
    }
  }

  private struct LossForm: Sendable, CustomStringConvertible {
    var function: LossFunction
    var shape: Shape
    var hasRowWeights = false
    var hasClassWeights = false
    var layout = Layout.packed
    var hasGradient = true
    var gradientScale: Float = 1

    var description: String {
      "\(function) \(shape)" + (hasRowWeights ? ", row weights" : "")
        + (hasClassWeights ? ", class weights" : "") + (layout == .wide ? ", strided" : "")
        + (hasGradient ? "" : ", no gradient") + (gradientScale == 1 ? "" : ", scaled")
    }
  }

  /// Targets that fit the function.
  private static func targets(_ w: Workspace, _ function: LossFunction, _ shape: Shape) throws
    -> Tensor
  {
    switch function {
    case .softmaxCrossEntropy, .rankedProbability:
      return try w.input(w.draw(shape.rows, in: 0..<shape.columns), [shape.rows])
    case .quantile:
      let target = Shape(shape.dimensions.dropLast() + [1])
      return try w.input(w.draw(shape.rows, scale: 2), target)
    case .mixedQuantiles(let quantiles):
      // Every fifth number is missing, but the first.
      let columns = shape.columns - quantiles.count + 1
      var target = w.draw(shape.rows * columns, scale: 2)
      for place in target.indices where place % columns > 1 && place % 5 == 0 {
        target[place] = 1e30
      }
      return try w.input(target, Shape(shape.dimensions.dropLast() + [columns]), .shifted)
    case .binaryCrossEntropy:
      let labels = w.draw(shape.count).map { $0 > 0.3 ? Float(1) : 0 }
      return try w.input(labels, shape, .shifted)
    default:
      return try w.input(w.draw(shape.count, scale: 2), shape, .shifted)
    }
  }

  private static func lossCase(_ form: LossForm) -> ConformanceCase {
    ConformanceCase(Loss.name, "\(form)", tolerance: 1e-5) { w in
      let shape = form.shape
      let prediction = w.draw(shape.count, scale: 2)
      let target = try targets(w, form.function, shape)
      var rowWeights = form.hasRowWeights ? w.draw(shape.rows).map { abs($0) } : nil
      if shape.rows > 1 { rowWeights?[shape.rows / 2] = 0 }
      let classWeights =
        form.hasClassWeights ? w.draw(shape.columns).map { abs($0) + 0.5 } : nil
      let statistics = try w.output([2], .shifted)
      let gradient = form.hasGradient ? try w.output(shape, form.layout) : nil
      try w.enqueue(
        Loss(
          form.function, prediction: try w.input(prediction, shape, form.layout),
          target: target,
          rowWeights: try rowWeights.map { try w.input($0, [$0.count], .shifted) },
          classWeights: try classWeights.map { try w.input($0, [$0.count], .shifted) },
          statistics: statistics, gradient: gradient, gradientScale: form.gradientScale))
      // A single class costs nothing: its loss is 0, so the weights set the scale.
      try w.compareEach("statistics", statistics, floor: 0.01 * w.expected(statistics)[1])
      if let gradient { try w.compare("gradient", gradient) }
    }
  }

  /// Every row left out: no loss, no gradient, no division by zero.
  private static func unweightedLoss(_ function: LossFunction) -> ConformanceCase {
    ConformanceCase(Loss.name, "\(function) with no weight at all", tolerance: 0) { w in
      let shape = lossShapes(function)[1]
      let statistics = try w.output([2])
      let gradient = try w.output(shape, .wide)
      try w.enqueue(
        Loss(
          function, prediction: try w.input(w.draw(shape.count), shape),
          target: try targets(w, function, shape),
          rowWeights: try w.input(Array(repeating: Float(0), count: shape.rows), [shape.rows]),
          statistics: statistics, gradient: gradient))
      try w.compareExactly("statistics", statistics, [Float(0), 0])
      try w.compareExactly("gradient", gradient, Array(repeating: Float(0), count: shape.count))
    }
  }

  /// A row of weight 0 says nothing, whatever it holds.
  private static func rowLeftOut(_ function: LossFunction) -> ConformanceCase {
    ConformanceCase(Loss.name, "\(function) with NaN in a row left out", tolerance: 1e-5) { w in
      let shape = lossShapes(function)[1]
      var prediction = w.draw(shape.count)
      prediction[shape.count - 1] = .nan
      var rowWeights = w.draw(shape.rows).map { abs($0) + 0.1 }
      rowWeights[shape.rows - 1] = 0
      let target = try targets(w, function, shape)
      let statistics = try w.output([2])
      let gradient = try w.output(shape)
      try w.enqueue(
        Loss(
          function, prediction: try w.input(prediction, shape), target: target,
          rowWeights: try w.input(rowWeights, [shape.rows]), statistics: statistics,
          gradient: gradient))
      try w.compareEach("statistics", statistics)
      try w.compare("gradient", gradient)
    }
  }

  /// One bad prediction among many must surface in the loss.
  private static func nonFiniteLoss(_ function: LossFunction, _ value: Float) -> ConformanceCase {
    ConformanceCase(Loss.name, "\(function) of a prediction that is \(value)", tolerance: 0) { w in
      let shape = lossShapes(function)[2]
      var prediction = w.draw(shape.count)
      prediction[shape.count / 2] = value
      let statistics = try w.output([2], holding: [0, 0])
      try w.enqueue(
        Loss(
          function, prediction: try w.input(prediction, shape),
          target: try targets(w, function, shape), statistics: statistics,
          gradient: try w.output(shape)))
      let sum = try w.values(of: statistics)[0]
      w.require(!sum.isFinite, "the loss is \(sum)")
    }
  }

  /// Logits so large that e^p overflows, and so small that 1 + e^p is 1.
  private static let extremeBinary = ConformanceCase(
    Loss.name, "binary cross-entropy at the extremes", tolerance: 1e-5
  ) { w in
    let logits: [Float] = [0, 1e-6, 20, -20, 90, -90, 1000, -1000, 1e30, -1e30]
    for label in [Float(0), 1] {
      let labels = Array(repeating: label, count: logits.count)
      for index in logits.indices {
        let statistics = try w.output([2])
        let gradient = try w.output([1, 1])
        try w.enqueue(
          Loss(
            .binaryCrossEntropy(positiveWeight: 3),
            prediction: try w.input([logits[index]], [1, 1]),
            target: try w.input([labels[index]], [1, 1]), statistics: statistics,
            gradient: gradient))
        // Below 1e-30 a float may lose the tail.
        try w.compareEach("statistics", statistics, floor: 1e-30)
        try w.compareEach("gradient", gradient, floor: 1e-30)
      }
    }
  }

  private static func extremeSoftmax(_ function: LossFunction, floor: Double) -> ConformanceCase {
    ConformanceCase(Loss.name, "\(function) at the extremes", tolerance: 1e-5) { w in
      let logits: [Float] = [
        1000, -1000, 0, /**/ 1e30, 1e30, 1e30, /**/ -5000, -5001, -5002, /**/ 88, 89, 90,
      ]
      let classes: [Int32] = [1, 2, 0, 0]
      let statistics = try w.output([2])
      let gradient = try w.output([4, 3])
      try w.enqueue(
        Loss(
          function, prediction: try w.input(logits, [4, 3]),
          target: try w.input(classes, [4]), statistics: statistics, gradient: gradient))
      try w.compareEach("statistics", statistics)
      try w.compareEach("gradient", gradient, floor: floor)
    }
  }
}
