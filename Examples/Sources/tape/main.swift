import Sluice

// The adding problem (Hochreiter & Schmidhuber 1997): each step has a number and a mark; the answer is
// the sum of the two numbers that are marked. A network of one's own, and a loop of one's own.
let (steps, batch) = (30, 64)
let backend = try Devices.open("auto")

/// Two layers of LSTM, and a head that reads the last state beside the mean of all steps.
struct Network {
  let lstm: Recurrent
  let head: Linear

  init(in layout: inout ParameterLayout) {
    lstm = Recurrent("lstm", inputSize: 2, hiddenSize: 32, layers: 2, in: &layout)
    head = Linear("head", inputSize: 64, outputSize: 1, in: &layout)
  }

  func callAsFunction(_ input: Variable, on tape: Tape) throws -> Variable {
    let output = try lstm(input, on: tape)
    let mean = try tape.pool(output.sequence, .mean)
    return try head(tape.concatenate([output.states[1].hidden, mean]), on: tape)
  }
}

/// Numbers and marks `[T, N, 2]`, and the sums `[N, 1]`.
func draw(_ number: Int, on backend: any Backend) throws -> (input: Tensor, sums: Tensor) {
  var generator = PhiloxGenerator(RandomStream(seed: 1, stream: 0, step: UInt32(number)))
  var input = [Float](repeating: 0, count: steps * batch * 2)
  for place in stride(from: 0, to: input.count, by: 2) { input[place] = generator.uniform() }
  var sums = [Float](repeating: 0, count: batch)
  for row in 0..<batch {
    let early = generator.index(below: steps / 2)
    for step in [early, steps / 2 + generator.index(below: steps / 2)] {
      let place = 2 * (step * batch + row)
      input[place + 1] = 1
      sums[row] += input[place]
    }
  }
  return (
    try backend.makeTensor([steps, batch, 2], input), try backend.makeTensor([batch, 1], sums)
  )
}

var layout = ParameterLayout()
let network = Network(in: &layout)
let parameters = try ParameterArena(layout, on: backend, seed: 1)
let training = try TapeTraining(parameters, learningRate: 5e-3, clipNorm: 1)
for number in 0..<400 {
  let (input, sums) = try draw(number, on: backend)
  let loss = try training.step { tape in
    try tape.loss(.meanSquaredError, network(tape.constant(input), on: tape), target: sums)
  }
  // Asking waits for the device, so ask now and then.
  if number % 100 == 99 { print("step \(number + 1): mean squared error \(try loss.mean())") }
}

let (input, sums) = try draw(1_000_000, on: backend)
let tape = Tape(parameters, mode: .inference)
let answers = try network(tape.constant(input), on: tape)
print("sums:", try backend.text(of: sums, limit: 4))
print("answers:", try backend.text(of: answers.value, limit: 4))
