import SluiceCompute
import Testing

@Suite("Checks of recurrent operations that read tokens")
struct RecurrentTokensTests {
  typealias Plain = RecurrentValidationTests
  static let V = 7

  static func forward() -> RecurrentForward {
    var operation = Plain.forward()
    operation.descriptor.vocabulary = V
    operation.input = floats([V, Plain.C])
    operation.tokens = RecurrentTokens(integers([Plain.T, Plain.N]))
    return operation
  }

  static func backward() -> RecurrentBackward {
    var operation = Plain.backward()
    operation.descriptor.vocabulary = V
    operation.input = floats([V, Plain.C])
    operation.tokens = RecurrentTokens(integers([Plain.T, Plain.N]), ignoring: 2)
    operation.inputGradient = floats([V, Plain.C])
    operation.accumulateInputGradient = true
    return operation
  }

  @Test("what fits is taken")
  func fits() {
    #expect(failure(Self.forward()) == nil)
    #expect(failure(Self.backward()) == nil)
    #expect(Plain.after(Self.backward()) { $0.inputGradient = nil } == nil)
  }

  @Test("what does not fit is refused")
  func refused() {
    let (T, N, C, V) = (Plain.T, Plain.N, Plain.C, Self.V)
    let shapes: [(inout RecurrentForward) -> Void] = [
      { $0.input = floats([T, N, C]) },
      { $0.input = floats([C, V]) },
      { $0.input = strided([V, C]) },
      { $0.input = integers([V, C]) },
      { $0.tokens?.indices = integers([N, T]) },
      { $0.tokens?.indices = floats([T, N]) },
    ]
    for (index, change) in shapes.enumerated() {
      #expect(Plain.after(Self.forward(), change) == .shapeMismatch, "change \(index)")
    }
    let arguments: [(inout RecurrentForward) -> Void] = [
      { $0.tokens = nil },
      { $0.descriptor.vocabulary = nil },
      { $0.descriptor.vocabulary = 0 },
      { $0.tokens?.ignoring = -1 },
      { $0.tokens?.ignoring = Int32(V) },
    ]
    for (index, change) in arguments.enumerated() {
      #expect(Plain.after(Self.forward(), change) == .invalidArgument, "change \(index)")
    }
    #expect(
      Plain.after(Self.backward()) { $0.inputGradient = floats([T, N, C]) } == .shapeMismatch)
    #expect(Plain.after(Self.backward()) { $0.inputGradient = strided([V, C]) } == .shapeMismatch)
    #expect(
      Plain.after(Self.backward()) { $0.accumulateInputGradient = false } == .invalidArgument)
  }
}
