import SluiceCompute
import SluiceNN

/// A plain stack of layers as a forecaster: it reads `history` steps of the past and gives the next
/// one. Further steps are forecast from its own forecasts, one after the other.
package struct SalesStack: ForecastingNetwork {
  let history: Int
  let horizon: Int
  package let layout: ParameterLayout
  let stack: LayerStack
  /// Columns of a step: the residual, the calendar, covariates.
  let columns: Int
  let inputScale: Float

  /// - Parameters:
  ///   - calendarSize: F.
  ///   - covariateCount: X.
  /// - Throws: ``StackError``.
  init(
    _ model: SalesModelSettings, history: Int, horizon: Int, calendarSize: Int,
    covariateCount: Int
  ) throws {
    self.history = history
    self.horizon = horizon
    inputScale = Float(model.inputScale)
    columns = 1 + calendarSize + covariateCount
    var layout = ParameterLayout()
    stack = try LayerStack(model.stack, input: .features(columns), in: &layout)
    self.layout = layout
  }

  package var layers: [any Layer] { stack.layers }

  package func plans(on backend: any Backend, batch: Int) throws -> [Recurrent.LayerPlan] {
    try stack.plans(on: backend, steps: history, batch: batch)
  }

  /// The squared error of the next step.
  func enqueueLoss(_ windows: SalesBatch, of data: SalesDataset, to loss: BatchLoss) throws {
    let tape = loss.tape
    let past = try windows.past(
      of: data, steps: history, columns: columns, scale: inputScale, on: tape.backend)
    let target = try windows.target(of: data, on: tape.backend)
    try loss(
      .meanSquaredError, stack(tape.constant(past), on: tape), target: target.step(0))
  }

  /// - Returns: `[horizon, N, 1]`.
  /// - Complexity: `horizon` passes over the history: the state cannot be kept, since each pass
  ///   begins one step later.
  func callAsFunction(
    _ windows: SalesBatch, of data: SalesDataset, on tape: Tape, hidesHistory: Bool
  ) throws -> Variable {
    let backend = tape.backend
    let count = windows.count
    let forecast = try backend.makeTensor([horizon, count, 1])
    // The past and, behind it, what has been forecast so far, as the network reads them.
    let values = try backend.makeTensor([history + horizon, count, 1])
    let past = try windows.past(
      of: data, steps: history, columns: columns, scale: inputScale, on: backend)
    let known = values.steps(0..<history)
    if hidesHistory {
      try backend.enqueue(Fill(known, with: 0))
    } else {
      try backend.enqueue(Copy(past.columns(0..<1), to: known))
    }
    for step in 0..<horizon {
      let input = try windows.past(
        of: data, values: values.steps(step..<(step + history)), ahead: step, columns: columns,
        on: backend)
      let next = try stack(tape.constant(input), on: tape)
      try backend.enqueue(Copy(next.value, to: forecast.step(step)))
      try backend.enqueue(
        LinearCombination(
          next.value, scale: inputScale, to: values.step(history + step), outputScale: 0))
    }
    return tape.constant(forecast)
  }
}

extension Tensor {
  /// Some steps of a sequence `[T, …]`, without a copy.
  ///
  /// - Precondition: `range` lies within the outermost dimension.
  fileprivate func steps(_ range: Range<Int>) -> Tensor {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape[0], "steps \(range) of \(shape)")
    let inner = Array(shape.dimensions.dropFirst())
    return Tensor(
      buffer: buffer, offset: offset + range.lowerBound * Shape(inner).rows * rowStride,
      shape: Shape([range.count] + inner), rowStride: rowStride)
  }
}
