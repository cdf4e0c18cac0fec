import SluiceCompute
import SluiceNN

/// A small network with its batch: enough to run a training step on any back end.
struct Network {
  let layout: ParameterLayout
  /// Runs forward and sets the loss; `statistics` receives it.
  let run: (_ tape: Tape, _ statistics: Tensor) throws -> Void

  /// Makes the batch and the layers. `body` is given the layout to declare parameters in, and
  /// returns what runs on the tape.
  init(_ body: (inout ParameterLayout) throws -> (Tape, Tensor) throws -> Void) rethrows {
    var layout = ParameterLayout()
    run = try body(&layout)
    self.layout = layout
  }

  /// Every weight, biases too, drawn anew: zeros would hide mistakes.
  func arena(on backend: any Backend, scale: Float = 0.5) throws -> ParameterArena {
    let arena = try ParameterArena(layout, on: backend, seed: 1)
    var draw = Draw(seed: 99)
    try backend.write(draw.floats(arena.weights.count, scale: scale), to: arena.weights)
    return arena
  }

  /// Forward and backward once; the loss, its mean over true elements, and all gradients.
  func step(_ arena: ParameterArena, mode: Tape.Mode) throws -> (loss: Float, gradients: [Float]) {
    let backend = arena.backend
    try backend.enqueue(Fill(arena.gradients, with: 0))
    let statistics = try backend.makeTensor([2])
    let tape = Tape(arena, mode: mode)
    try run(tape, statistics)
    try tape.backward()
    let loss = try backend.read(statistics)
    return (loss[0] / loss[1], try backend.read(arena.gradients))
  }
}

/// Numbers for tests, the same on every run.
struct Draw {
  private var generator: PhiloxGenerator

  init(seed: UInt64) {
    generator = PhiloxGenerator(RandomStream(seed: seed, stream: 0))
  }

  /// Uniform in ±scale.
  mutating func floats(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { _ in (2 * generator.uniform() - 1) * scale }
  }

  mutating func integers(_ count: Int, below bound: Int) -> [Int32] {
    (0..<count).map { _ in Int32(generator.index(below: bound)) }
  }
}
