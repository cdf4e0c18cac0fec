import Foundation
import Sluice
import Testing

@Suite struct ModelFileTests {
  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  @Test func whatWasSavedPredictsTheSame() throws {
    try inFolder { folder in
      let data = try Waves.data(40)
      let model = try Waves.model()
      try model.fit(data, epochs: 2)
      let path = "\(folder)/model.safetensors"
      try model.save(to: path)
      let loaded = try SequenceModel.load(from: path, device: "cpu")
      #expect(loaded.layers == model.layers)
      #expect(loaded.input == model.input)
      #expect(try loaded.bits() == model.bits())
      #expect(try loaded.predict(data).bits == model.predict(data).bits)

      // And goes on from there as the model itself does.
      try model.fit(data, epochs: 2, seed: 5)
      try loaded.fit(data, epochs: 2, seed: 5)
      #expect(try loaded.bits() == model.bits())

      // The same model, the same bytes; nothing else is left in the folder.
      try loaded.save(to: "\(folder)/a")
      try model.save(to: "\(folder)/b")
      let contents = try ["a", "b"].map {
        try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))
      }
      #expect(contents[0] == contents[1])
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == ["a", "b", "model.safetensors"])
    }
  }

  @Test(arguments: [
    (LayerStack.Output.linear, LossFunction.huber(delta: 0.5)),
    (.linear, .quantile([0.1, 0.5, 0.9])), (.linear, .meanAbsoluteError),
    (.sigmoid, .binaryCrossEntropy(positiveWeight: 3)),
    (.softmax, .rankedProbability(share: 0.25)), (.softmax, .softmaxCrossEntropy),
    (.linear, .meanSquaredError),
  ])
  func inputAndLossAreKept(output: LayerStack.Output, loss: LossFunction) throws {
    try inFolder { folder in
      let activation = try #require(StackActivation(rawValue: output.rawValue))
      let input = StackConfiguration.Input.tokens(vocabulary: 9, padding: 2)
      let model = try SequenceModel(
        [.embedding(2), .lstm(3, sequences: true), .pool(.max), .dense(3, activation)],
        input: input,
        loss: loss, device: "cpu")
      try model.save(to: "\(folder)/m")
      let loaded = try SequenceModel.load(from: "\(folder)/m", device: "cpu")
      #expect(loaded.loss == loss)
      #expect(loaded.input == input)
      #expect(loaded.output == output)
      #expect(loaded.layers == model.layers)
    }
  }

  @Test func aFunctionKeepsItsWeights() throws {
    func model(hidden: Int) throws -> SequenceModel {
      try SequenceModel(output: .linear, seed: 7, device: "cpu") { layout in
        let lstm = Recurrent("lstm", inputSize: 2, hiddenSize: hidden, in: &layout)
        let head = Linear("head", inputSize: hidden, outputSize: 1, in: &layout)
        return { batch, tape in
          try head(lstm(batch.features, on: tape).states[0].hidden, on: tape)
        }
      }
    }
    try inFolder { folder in
      let path = "\(folder)/m"
      let first = try model(hidden: 4)
      try first.fit(
        SequenceData([[[1, 2]], [[2, 1]]], targets: .values([1, 2])), epochs: 3)
      try first.save(to: path)
      let second = try model(hidden: 4)
      #expect(try second.bits() != first.bits())
      try second.loadWeights(from: path)
      #expect(try second.bits() == first.bits())

      let other = try model(hidden: 5)
      let before = try other.bits()
      let misfit = try #require(throws: SafetensorsError.self) { try other.loadWeights(from: path) }
      #expect(misfit.what.contains("lstm.weight_hh_l0"))
      #expect(try other.bits() == before)
      let function = try #require(throws: SafetensorsError.self) {
        _ = try SequenceModel.load(from: path, device: "cpu")
      }
      #expect(function.file == path && function.remedy.contains("loadWeights"))
    }
  }

  @Test func filesOfAnotherKind() throws {
    try inFolder { folder in
      let path = "\(folder)/m"
      func load() throws -> SafetensorsError {
        try #require(throws: SafetensorsError.self) {
          _ = try SequenceModel.load(from: path, device: "cpu")
        }
      }
      try Safetensors([.init("a", [1], [1])]).write(to: path)
      #expect(try load().remedy.contains("loadWeights"))
      try Safetensors(metadata: ["sluice": "{\"format\":99}"]).write(to: path)
      #expect(try load().what.contains("format 99"))
      try Safetensors(metadata: ["sluice": "{\"format\":1}"]).write(to: path)
      #expect(try load().what.contains("output"))
      try Data("no model".utf8).write(to: URL(fileURLWithPath: path))
      #expect(try load().file == path)
      #expect(throws: (any Error).self) {
        _ = try SequenceModel.load(from: "\(folder)/none", device: "cpu")
      }
    }
  }
}
