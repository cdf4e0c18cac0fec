import Benchmark

/// Every operation on every device: the CPU back end with one thread, which is the steadiest, then
/// each OpenCL device.
let benchmarks: @Sendable () -> Void = {
  for device in MeasuredDevice.all {
    for measured in device.operations { register(measured) }
  }
}

private func register(_ measured: MeasuredOperation) {
  let rate = BenchmarkMetric.custom(
    "MFLOP/s", polarity: .prefersLarger, useScalingFactor: false)
  let metrics = measured.flops > 0 ? [.wallClock, rate] : [BenchmarkMetric.wallClock]
  Benchmark(
    measured.name,
    configuration: .init(
      metrics: metrics, warmupIterations: 2, maxDuration: .milliseconds(500),
      maxIterations: 10_000)
  ) { benchmark in
    let run = try measured.ready()
    try run.prepare()
    let clock = ContinuousClock()
    benchmark.startMeasurement()
    let begin = clock.now
    try run.body()
    let seconds = (clock.now - begin) / .seconds(1)
    benchmark.stopMeasurement()
    if measured.flops > 0 { benchmark.measurement(rate, Int(measured.flops / seconds / 1e6)) }
  }
}
