import SluiceCompute

extension Backend {
  /// Runs `body`; where the device's memory is exhausted, says which batch would fit.
  ///
  /// - Parameters:
  ///   - batch: Rows per step.
  ///   - bytesPerRow: About what a row of the batch takes in training.
  /// - Throws: What `body` throws; `ComputeError` with `.outOfMemory` gets a remedy.
  func advisingOnMemory<Result>(
    batch: Int, bytesPerRow: Int, _ body: () throws -> Result
  ) throws -> Result {
    let before = memory.current
    do {
      return try body()
    } catch let error as ComputeError where error.code == .outOfMemory {
      // What was to be had beside the data and the weights.
      let room = max(0, memory.peak - before)
      var fitting = 1
      while fitting * 2 < batch, fitting * 2 * bytesPerRow <= room { fitting *= 2 }
      throw ComputeError(
        .outOfMemory, error.what,
        remedy: "A batch of \(batch) takes about \((batch * bytesPerRow) >> 20) MiB. Try "
          + "--batch-size \(fitting), or fewer --hidden units; the last checkpoint is intact.",
        cause: error.cause)
    }
  }
}
