import SluiceCompute
import SluiceNN

/// Runs a network over rows in inference.
struct SequenceScorer {
  let model: SequenceModel
  let sequences: DeviceSequences
  /// Nil where there is nothing to measure.
  let targets: DeviceTargets?
  let batchSize: Int

  /// What rows came to.
  struct Scores {
    /// `[rows, K]`, in the order of the rows asked for.
    var logits: [Float]
    /// K
    var width: Int
    /// The mean over true elements; nil without targets.
    var loss: Double?
  }

  /// Waits for the device once.
  ///
  /// - Parameters:
  ///   - rows: Not empty.
  ///   - parameters: The weights to use: those of the model, or other ones of its layout.
  func scores(of rows: [Int32], with parameters: ParameterArena) throws -> Scores {
    let backend = model.backend
    // Rows of similar length share a batch, so that few steps are padding.
    let order = rows.indices.sorted {
      (sequences.lengths[Int(rows[$0])], $0) < (sequences.lengths[Int(rows[$1])], $1)
    }
    let starts = Array(stride(from: 0, to: rows.count, by: batchSize))
    let sums = try backend.makeTensor([starts.count, 2])
    try backend.enqueue(Fill(sums, with: 0))
    var gathered: Tensor?
    for (batch, start) in starts.enumerated() {
      let own = order[start..<min(rows.count, start + batchSize)].map { rows[$0] }
      let tape = Tape(parameters, mode: .inference)
      let logits = try model.logits(sequences.batch(own, on: tape), on: tape)
      let width = logits.shape[1]
      let all = try gathered ?? backend.makeTensor([rows.count, width])
      gathered = all
      guard all.columns == width else {
        throw ComputeError(
          .shapeMismatch,
          "the network gives \(all.columns) outputs for one batch, \(width) for another")
      }
      let place = Tensor(
        buffer: all.buffer, offset: all.offset + start * width, shape: [own.count, width])
      try backend.enqueue(Copy(logits.value, to: place))
      if let targets {
        try tape.loss(
          targets.loss, logits, target: targets.batch(own),
          statistics: sums.step(batch).reshaped([2]))
      }
    }
    guard let gathered else { return Scores(logits: [], width: 0, loss: nil) }
    let width = gathered.columns
    let sorted: [Float] = try backend.read(gathered)
    var logits = [Float](repeating: 0, count: sorted.count)
    for (place, row) in order.enumerated() {
      for column in 0..<width { logits[row * width + column] = sorted[place * width + column] }
    }
    return Scores(logits: logits, width: width, loss: try targets.map { _ in try mean(of: sums) })
  }

  private func mean(of sums: Tensor) throws -> Double {
    let values: [Float] = try model.backend.read(sums)
    var (loss, weight) = (0.0, 0.0)
    for batch in 0..<(values.count / 2) {
      loss += Double(values[2 * batch])
      weight += Double(values[2 * batch + 1])
    }
    return weight == 0 ? 0 : loss / weight
  }

  /// The loss and what else tells how good the network is: `accuracy` where it chooses, `mae` and `rmse`
  /// where it estimates.
  ///
  /// - Precondition: there are targets.
  func metrics(of rows: [Int32], with parameters: ParameterArena) throws -> [MetricValue] {
    guard let targets else { return [] }
    let scores = try scores(of: rows, with: parameters)
    var metrics = [MetricValue("loss", scores.loss ?? 0)]
    if case .quantile = targets.loss { return metrics }
    let predictions = Predictions(logits: scores.logits, width: scores.width, output: model.output)
    let truth = rows.flatMap { row in
      targets.values[(Int(row) * targets.width)..<((Int(row) + 1) * targets.width)]
    }
    switch model.output {
    case .softmax:
      let hits = zip(predictions.classes, truth).count { $0 == Int($1) }
      metrics.append(MetricValue("accuracy", Double(hits) / Double(truth.count)))
    case .sigmoid:
      let hits = zip(predictions.values, truth).count { ($0 >= 0.5) == ($1 >= 0.5) }
      metrics.append(MetricValue("accuracy", Double(hits) / Double(truth.count)))
    case .linear:
      var (absolute, square) = (0.0, 0.0)
      for (value, target) in zip(predictions.values, truth) {
        let error = Double(value) - Double(target)
        absolute += error.magnitude
        square += error * error
      }
      let count = Double(truth.count)
      metrics.append(MetricValue("mae", absolute / count))
      metrics.append(MetricValue("rmse", (square / count).squareRoot()))
    }
    return metrics
  }
}
