import Foundation
import SluiceCompute
import SluiceNN
import SluiceTraining
import TestSupport
import Testing

/// A stack of each cell that we draw and save, against what PyTorch computes from the file:
/// `Tests/Fixtures/load_in_pytorch.py` loads it into torch.nn.LSTM, GRU and RNN.
@Suite struct PyTorchExchangeTests {
  /// Set `SLUICE_PYTORCH_FILE` to keep the file for the script.
  @Test func torchReproducesOurOutputs() throws {
    var layout = ParameterLayout()
    let stacks = RecurrentCell.allCases.map { cell in
      Recurrent(
        cell.rawValue, cell: cell, inputSize: 5, hiddenSize: 7, layers: 2, bidirectional: true,
        in: &layout)
    }
    let backend = try makeBackend()
    let arena = try ParameterArena(layout, on: backend, seed: 11)
    var draw = Draw(seed: 12)
    let values = draw.floats(6 * 3 * 5)
    let tape = Tape(arena, mode: .inference)
    let input = try tape.constant(backend.makeTensor([6, 3, 5], values))
    let outputs = try stacks.map { stack in
      (
        name: "\(stack.name).output", shape: Shape([6, 3, 14]),
        values: try backend.read(stack(input, on: tape).sequence.value)
      )
    }

    let scratch = FileManager.default.temporaryDirectory
      .appending(path: "sluice-exchange-\(UUID().uuidString).safetensors")
    let kept = ProcessInfo.processInfo.environment["SLUICE_PYTORCH_FILE"]
    let url = kept.map { URL(fileURLWithPath: $0) } ?? scratch
    defer { if kept == nil { try? FileManager.default.removeItem(at: url) } }
    try Safetensors(
      arena.namedWeights() + [("input", [6, 3, 5], values)] + outputs
    ).write(to: url.path())

    let written = try Safetensors(contentsOf: url.path())
    #expect(written.tensors.count == 17 * stacks.count + 1)
    let golden = try Fixture("load_in_pytorch")
    for output in outputs {
      #expect(written[output.name]?.values == .float32(output.values))
      let expected = try golden.floats(output.name)
      #expect(relativeError(output.values, expected) <= 1e-6, "\(output.name)")
    }
  }
}
