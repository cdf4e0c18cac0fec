import SluiceCPU
import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceTraining

extension FuzzTarget {
  /// The state in a checkpoint, and a training that goes on from it.
  ///
  /// The input is what `state.json` holds under `state`; the checksums around it are always right.
  static var checkpoint: FuzzTarget {
    FuzzTarget("checkpoint") { bytes in
      let run = try ScratchFolder.shared.folder("checkpoint")
      try Folder.remove("\(run)/checkpoints")
      let store = try CheckpointStore(folder: "\(run)/checkpoints")
      let trainer = try SlopeProblem.trainer(store, MetricsLog(path: "\(run)/metrics.csv"))
      _ = try trainer.run()
      let folder = try store.path(ofStep: store.steps().last ?? 0)
      let (name, field) = ("\(folder)/state.json", Array("\"state\" : ".utf8))
      var text = try FileReader.bytes(of: name)
      guard let place = text.indices.first(where: { text[$0...].starts(with: field) }) else {
        return
      }
      text.replaceSubrange((place + field.count)..., with: bytes + Array("}".utf8))
      text = signed(text) + Array("\n".utf8)
      // Wherever its number of steps says that it lies.
      for step in [2, 3, 4, 1000] {
        try Folder.create(store.path(ofStep: step))
        for file in ["model.safetensors", "optimizer.safetensors"] {
          try ScratchFolder.write(
            FileReader.bytes(of: "\(folder)/\(file)"), to: "\(store.path(ofStep: step))/\(file)")
        }
        try ScratchFolder.write(text, to: "\(store.path(ofStep: step))/state.json")
      }
      guard let checkpoint = try store.newest() else { return }
      let resumed = try SlopeProblem.trainer(
        CheckpointStore(folder: "\(run)/resumed"), MetricsLog(path: "\(run)/metrics.csv"))
      try resumed.resume(from: checkpoint)
      _ = try resumed.run()
    }
  }

  /// With its own checksum in place.
  private static func signed(_ bytes: [UInt8]) -> [UInt8] {
    let field = Array("\"checksum\" : \"".utf8)
    guard let place = bytes.indices.first(where: { bytes[$0...].starts(with: field) }) else {
      return bytes
    }
    let digits = (place + field.count)..<(place + field.count + 16)
    var signed = bytes
    signed.replaceSubrange(digits, with: [UInt8](repeating: UInt8(ascii: "0"), count: 16))
    signed.replaceSubrange(digits, with: Array(Checksum.hexadecimal(of: signed).utf8))
    return signed
  }
}

/// y = 2x, learned by one weight and an offset.
private final class SlopeProblem: TrainingProblem {
  let parameters: ParameterArena
  let sequencesPerStep = 2
  private let layer: Linear

  init() throws {
    var layout = ParameterLayout()
    layer = Linear("slope", inputSize: 1, outputSize: 1, in: &layout)
    parameters = try ParameterArena(layout, on: CPUBackend(threads: 1), seed: 1)
  }

  func enqueueBatch(
    step: Int, microBatch: Int, tape: Tape, statistics: Tensor, gradientScale: Float
  ) throws {
    let output = try layer(
      tape.constant(tape.backend.makeTensor([2, 1], [Float(1), 2])), on: tape)
    try tape.loss(
      .meanSquaredError, output, target: tape.backend.makeTensor([2, 1], [Float(2), 4]),
      statistics: statistics, gradientScale: gradientScale)
    try tape.backward()
  }

  func validate(_ parameters: ParameterArena) throws -> [MetricValue] {
    [MetricValue("loss", 1)]
  }

  func describeBatch(step: Int, microBatch: Int) -> String { "both points" }

  static func trainer(_ store: CheckpointStore, _ metrics: MetricsLog) throws -> Trainer {
    var configuration = TrainerConfiguration()
    configuration.epochs = 2
    configuration.stepsPerEpoch = 2
    configuration.logEvery = 1
    configuration.onNaN = .rollback
    configuration.earlyStopping = EarlyStoppingConfiguration(patience: 1)
    configuration.schedule = .reduceOnPlateau(
      factor: 0.5, patience: 1, minimum: 0.01, metric: "loss", mode: .minimum)
    return try Trainer(
      SlopeProblem(), configuration: configuration, checkpoints: store, metrics: metrics)
  }
}
