import SluiceCompute
import Testing

@Suite("Checks of recurrent operations")
struct RecurrentValidationTests {
  static let (T, N, C, H) = (4, 3, 5, 2)

  static func weights(_ make: (Shape) -> Tensor = floats) -> RecurrentWeights {
    RecurrentWeights(
      input: make([4 * H, C]), hidden: make([4 * H, H]), inputBias: make([4 * H]),
      hiddenBias: make([4 * H]))
  }

  static func state(_ shape: Shape = [N, H]) -> RecurrentState {
    RecurrentState(hidden: floats(shape), cell: floats(shape))
  }

  static func forward() -> RecurrentForward {
    RecurrentForward(
      RecurrentDescriptor(steps: T, batch: N, inputSize: C, hiddenSize: H),
      input: floats([T, N, C]), weights: weights(), output: floats([T, N, H]),
      gates: floats([T, N, 4 * H]), cells: floats([T, N, H]))
  }

  static func backward() -> RecurrentBackward {
    RecurrentBackward(
      forward().descriptor, input: floats([T, N, C]), weights: weights(),
      output: floats([T, N, H]), gates: floats([T, N, 4 * H]), cells: floats([T, N, H]),
      outputGradient: floats([T, N, H]), weightGradients: weights())
  }

  /// The failure of an operation after one change.
  static func after<O: Operation>(_ operation: O, _ change: (inout O) -> Void)
    -> ComputeError.Code?
  {
    var changed = operation
    change(&changed)
    return failure(changed)
  }

  @Test("forward takes what fits")
  func forwardFits() {
    #expect(failure(Self.forward()) == nil)
    #expect(
      Self.after(Self.forward()) {
        $0.input = strided([Self.T, Self.N, Self.C])
        $0.output = strided([Self.T, Self.N, Self.H])
        $0.initial = Self.state()
        $0.final = Self.state()
        $0.descriptor.hasLengths = true
        $0.lengths = integers([Self.N])
        $0.descriptor.hasRecurrentDropout = true
        $0.dropout = RecurrentDropout(rate: 0.5, stream: RandomStream(seed: 0, stream: 0))
      } == nil)
    #expect(
      Self.after(Self.forward()) {
        $0.descriptor.isTraining = false
        $0.gates = nil
        $0.cells = nil
      } == nil)
  }

  @Test("forward refuses shapes that do not fit")
  func forwardShapes() {
    let (T, N, C, H) = (Self.T, Self.N, Self.C, Self.H)
    let changes: [(inout RecurrentForward) -> Void] = [
      { $0.input = floats([N, T, C]) },
      { $0.input = short([T, N, C]) },
      { $0.input = integers([T, N, C]) },
      { $0.output = floats([T, N, 2 * H]) },
      { $0.gates = floats([T, N, 3 * H]) },
      { $0.gates = strided([T, N, 4 * H]) },
      { $0.cells = floats([T * N, H]) },
      { $0.cells = strided([T, N, H]) },
      { $0.weights.input = floats([4 * H, H]) },
      { $0.weights.hidden = floats([4 * H, C]) },
      { $0.weights.hidden = strided([4 * H, H]) },
      { $0.weights.inputBias = floats([H]) },
      { $0.weights.hiddenBias = short([4 * H]) },
      { $0.initial = Self.state([H, N]) },
      { $0.final = Self.state([1, N, H]) },
      {
        $0.initial = Self.state()
        $0.initial?.cell = strided([N, H])
      },
      {
        $0.descriptor.hasLengths = true
        $0.lengths = floats([N])
      },
      {
        $0.descriptor.hasLengths = true
        $0.lengths = integers([T])
      },
    ]
    for (index, change) in changes.enumerated() {
      #expect(Self.after(Self.forward(), change) == .shapeMismatch, "change \(index)")
    }
  }

  @Test("forward refuses a descriptor that disagrees with what is given")
  func forwardArguments() {
    let stream = RandomStream(seed: 0, stream: 0)
    let changes: [(inout RecurrentForward) -> Void] = [
      { $0.descriptor.steps = 0 },
      { $0.descriptor.batch = 0 },
      { $0.descriptor.hiddenSize = -1 },
      { $0.descriptor.inputSize = 0 },
      { $0.lengths = integers([Self.N]) },
      { $0.descriptor.hasLengths = true },
      { $0.dropout = RecurrentDropout(rate: 0.5, stream: stream) },
      { $0.descriptor.hasRecurrentDropout = true },
      {
        $0.descriptor.hasRecurrentDropout = true
        $0.dropout = RecurrentDropout(rate: 1, stream: stream)
      },
      { $0.gates = nil },
      { $0.cells = nil },
      { $0.descriptor.isTraining = false },
    ]
    for (index, change) in changes.enumerated() {
      #expect(Self.after(Self.forward(), change) == .invalidArgument, "change \(index)")
    }
  }

  @Test("backward takes what fits, and every optional may be left out")
  func backwardFits() {
    #expect(failure(Self.backward()) == nil)
    #expect(Self.after(Self.backward()) { $0.outputGradient = nil } == nil)
    #expect(
      Self.after(Self.backward()) {
        $0.initial = Self.state()
        $0.finalGradient = Self.state()
        $0.initialGradient = Self.state()
        $0.inputGradient = strided([Self.T, Self.N, Self.C])
        $0.outputGradient = strided([Self.T, Self.N, Self.H])
      } == nil)
  }

  @Test("backward refuses what does not fit")
  func backwardShapes() {
    let (T, N, C, H) = (Self.T, Self.N, Self.C, Self.H)
    let changes: [(inout RecurrentBackward) -> Void] = [
      { $0.input = floats([N, T, C]) },
      { $0.output = floats([T, N, C]) },
      { $0.outputGradient = floats([N, T, H]) },
      { $0.outputGradient = short([T, N, H]) },
      { $0.inputGradient = floats([T, N, H]) },
      { $0.gates = strided([T, N, 4 * H]) },
      { $0.cells = floats([T, N]) },
      { $0.weightGradients.input = floats([H, C]) },
      { $0.weightGradients.hidden = floats([H, H]) },
      { $0.weightGradients.hiddenBias = integers([4 * H]) },
      { $0.finalGradient = Self.state([N, C]) },
      { $0.initialGradient = Self.state([T, H]) },
    ]
    for (index, change) in changes.enumerated() {
      #expect(Self.after(Self.backward(), change) == .shapeMismatch, "change \(index)")
    }
    #expect(Self.after(Self.backward()) { $0.descriptor.isTraining = false } == .invalidArgument)
    #expect(Self.after(Self.backward()) { $0.descriptor.hasLengths = true } == .invalidArgument)
  }
}
