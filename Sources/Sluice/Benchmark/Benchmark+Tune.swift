import SluiceCompute

extension Benchmark {
  /// Measures the kernels that can run the recurrent layers of a shape, takes the fastest and keeps the
  /// choice for later runs on this machine.
  ///
  /// - Returns: Empty where the device has no choice.
  /// - Throws: ``ComputeError``.
  public static func tune(_ shape: RaceShape, on backend: any Backend) throws -> [KernelMeasurement]
  {
    // All layers have the same T, N and H, and only these matter.
    try backend.tune(
      RecurrentDescriptor(
        cell: shape.cell, steps: shape.steps, batch: shape.batch, inputSize: shape.input,
        hiddenSize: shape.hidden),
      .all)
  }
}
