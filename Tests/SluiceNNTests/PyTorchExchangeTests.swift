import Foundation
import SluiceCompute
import SluiceNN
import SluiceTraining
import TestSupport
import Testing

/// A stack that we draw and save, against what PyTorch computes from the file:
/// `Tests/Fixtures/load_in_pytorch.py` loads it into torch.nn.LSTM.
@Suite struct PyTorchExchangeTests {
  /// Set `SLUICE_PYTORCH_FILE` to keep the file for the script.
  @Test func torchReproducesOurOutputs() throws {
    var layout = ParameterLayout()
    let lstm = Recurrent(
      "lstm", inputSize: 5, hiddenSize: 7, layers: 2, bidirectional: true, in: &layout)
    let backend = try makeBackend()
    let arena = try ParameterArena(layout, on: backend, seed: 11)
    var draw = Draw(seed: 12)
    let values = draw.floats(6 * 3 * 5)
    let tape = Tape(arena, mode: .inference)
    let output = try lstm(tape.constant(backend.makeTensor([6, 3, 5], values)), on: tape)
    let outputs = try backend.read(output.sequence.value)

    let scratch = FileManager.default.temporaryDirectory
      .appending(path: "sluice-exchange-\(UUID().uuidString).safetensors")
    let kept = ProcessInfo.processInfo.environment["SLUICE_PYTORCH_FILE"]
    let url = kept.map { URL(fileURLWithPath: $0) } ?? scratch
    defer { if kept == nil { try? FileManager.default.removeItem(at: url) } }
    try Safetensors(
      arena.namedWeights() + [("input", [6, 3, 5], values), ("output", [6, 3, 14], outputs)]
    ).write(to: url.path())

    let written = try Safetensors(contentsOf: url.path())
    #expect(written.tensors.count == 16 + 2)
    #expect(written["output"]?.values == .float32(outputs))
    let expected = try Fixture("load_in_pytorch").floats("output")
    #expect(relativeError(outputs, expected) <= 1e-6)
  }
}
