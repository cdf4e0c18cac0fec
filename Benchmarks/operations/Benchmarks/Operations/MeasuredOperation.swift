import Sluice
import SluiceCompute
import SluiceCPU

/// What is timed: `prepare` before each run, outside the clock; `body` ends when the device is done.
struct MeasuredRun {
  var prepare: () throws -> Void = {}
  var body: () throws -> Void
}

/// An operation with a name; its tensors are made when it first runs.
final class MeasuredOperation: @unchecked Sendable {
  let name: String
  /// Floating-point operations of one run; 0 where bytes count, not arithmetic.
  let flops: Double
  private let make: () throws -> MeasuredRun
  private var run: MeasuredRun?

  init(_ name: String, flops: Double = 0, _ make: @escaping () throws -> MeasuredRun) {
    self.name = name
    self.flops = flops
    self.make = make
  }

  func ready() throws -> MeasuredRun {
    if let run { return run }
    let made = try make()
    run = made
    return made
  }
}

/// A device and the operations that are timed on it.
struct MeasuredDevice {
  var label: String
  var backend: any Backend

  static let all: [MeasuredDevice] = {
    var devices: [MeasuredDevice] = []
    if let cpu = try? CPUBackend(threads: 1) { devices.append(.init(label: "cpu", backend: cpu)) }
    for device in Devices.all() where device.id != "cpu" && device.unusableReason == nil {
      guard let backend = try? Devices.open(device.id) else { continue }
      devices.append(.init(label: device.id, backend: backend))
    }
    return devices
  }()

  var operations: [MeasuredOperation] {
    products + recurrent + functions + optimizers + embeddings + losses
  }

  /// One operation, run over and over on the same tensors.
  func operation<Timed: Operation>(
    _ name: String, flops: Double = 0, _ make: @escaping () throws -> Timed
  ) -> MeasuredOperation {
    MeasuredOperation("\(label) \(name)", flops: flops) {
      let operation = try make()
      return MeasuredRun {
        try backend.enqueue(operation)
        try backend.synchronize()
      }
    }
  }

  /// Uniform in ± `scale`, the same every time.
  func random(_ shape: Shape, _ scale: Float = 1) throws -> Tensor {
    var generator = PhiloxGenerator(RandomStream(seed: 1, stream: 1))
    return try backend.makeTensor(
      shape, (0..<shape.count).map { _ in (generator.uniform() * 2 - 1) * scale })
  }

  /// Uniform in `0 ..< limit`.
  func indices(_ shape: Shape, below limit: Int) throws -> Tensor {
    var generator = PhiloxGenerator(RandomStream(seed: 1, stream: 2))
    return try backend.makeTensor(
      shape, (0..<shape.count).map { _ in Int32(generator.index(below: limit)) })
  }
}
