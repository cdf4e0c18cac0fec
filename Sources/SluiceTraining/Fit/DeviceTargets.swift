import SluiceCompute
import SluiceNN

/// The targets of a data set on the device, in the form that the loss takes, and on the host, for
/// metrics.
struct DeviceTargets {
  let loss: LossFunction
  /// int32 classes, or float32, `[R, W]`.
  private let tensor: Tensor
  /// `[R, W]` on the host.
  let values: [Float]
  /// W
  let width: Int
  private let backend: any Backend

  /// - Parameter outputs: K of the network.
  /// - Throws: ``ComputeError`` with `.shapeMismatch`, `.invalidArgument` or `.indexOutOfRange` where the
  ///   targets do not fit the network's output or its loss.
  init(
    _ targets: SequenceTargets, output: LayerStack.Output, loss named: LossFunction?, outputs: Int,
    on backend: any Backend
  ) throws(ComputeError) {
    self.backend = backend
    let rows = targets.count
    switch (output, targets) {
    case (.softmax, .classes(let classes)):
      for (row, value) in classes.enumerated() where value >= outputs {
        throw ComputeError(
          .indexOutOfRange, "row \(row) is of the class \(value)",
          remedy: "The network tells \(outputs) classes apart, numbered from 0")
      }
      loss = named ?? .softmaxCrossEntropy
      width = 1
      values = classes.map { Float($0) }
      tensor = try backend.makeTensor([rows, 1], classes.map { Int32($0) })
      return
    case (.softmax, _):
      throw ComputeError(
        .invalidArgument, "a network that ends in softmax learns classes",
        remedy: "Give `.classes`, or let it end in sigmoid or linear")
    case (.linear, .classes):
      throw ComputeError(
        .invalidArgument, "a network that ends in linear learns values, not classes",
        remedy: "Let it end in softmax, or in sigmoid for two classes")
    case (_, .classes(let classes)): values = classes.map { Float($0) }
    case (_, .values(let given)): values = given
    case (_, .vectors(let vectors)): values = vectors.flatMap { $0 }
    }
    loss =
      named ?? (output == .sigmoid ? .binaryCrossEntropy(positiveWeight: 1) : .meanSquaredError)
    if case .quantile(let quantiles) = loss {
      guard quantiles.count == outputs else {
        throw ComputeError(
          .shapeMismatch, "the network has \(outputs) outputs for \(quantiles.count) quantiles",
          remedy: "Give it one for each quantile")
      }
      width = 1
    } else {
      width = outputs
    }
    guard values.count == rows * width else {
      throw ComputeError(
        .shapeMismatch,
        "the targets have \(values.count / rows) numbers a row, the network \(width)",
        remedy: "Give the last layer as many units as a row has numbers")
    }
    if output == .sigmoid {
      for (place, value) in values.enumerated() where !(value >= 0 && value <= 1) {
        throw ComputeError(
          .invalidArgument, "the target of row \(place / width) is \(value)",
          remedy: "A network that ends in sigmoid learns 0, 1 and what lies between")
      }
    }
    tensor = try backend.makeTensor([rows, width], values)
  }

  /// Those of some rows, gathered on the device: `[N, W]`.
  ///
  /// - Throws: ``ComputeError`` with `.outOfMemory` or `.deviceFailure`.
  func batch(_ rows: [Int32]) throws(ComputeError) -> Tensor {
    let indices = try backend.makeTensor([rows.count], rows)
    let output = try backend.makeTensor([rows.count, width], tensor.elementType)
    try backend.enqueue(GatherRows(source: tensor, rows: indices, into: output))
    return output
  }
}
