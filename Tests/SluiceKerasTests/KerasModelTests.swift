import SluiceCompute
import SluiceExport
import SluiceNN
import SluicePlatform
import SluiceTraining
import Testing

@testable import SluiceKeras

/// Models of Keras 3 read, and written again. The files and answers are Keras' own.
@Suite(.enabled(if: KerasFiles.canBeRead, "libhdf5 is not installed")) struct KerasModelTests {
  @Test(arguments: KerasFiles.samples) func answersAsKerasDoes(_ sample: KerasFiles.Sample) throws {
    let read = try sample.read()
    let (input, output) = try sample.golden()
    #expect(KerasFiles.distance(try read.model.predict(input).values, output) < 1e-5)
    #expect(read.remarks.count == sample.remarks, "\(read.remarks)")
    // Saved as ours, it is the same model.
    let folder = try KerasFiles.Folder()
    let path = try folder.file("m.safetensors", [])
    try read.model.save(to: path)
    let loaded = try SequenceModel.load(from: path, on: KerasFiles.backend())
    #expect(try loaded.predict(input) == read.model.predict(input))
    #expect(try loaded.graph().outputPorts.map(\.name) == ["predictions"])
  }

  /// Out and in again: the biases, which Keras keeps as one sum, aside, every weight is the same.
  @Test(arguments: KerasFiles.samples, [".keras", ".weights.h5"])
  func outAndInAgain(_ sample: KerasFiles.Sample, _ ending: String) throws {
    let model = try sample.read().model
    // Biases in both places, as a training leaves them.
    var weights = try model.parameters.namedWeights()
    for place in weights.indices where weights[place].name.contains("bias_hh") {
      for unit in weights[place].values.indices {
        let share = Float(unit % 5) / 4 - 0.5
        weights[place].values[unit] += share
        weights[place - 1].values[unit] -= share
      }
    }
    try model.parameters.load(named: weights)
    let bytes = try model.kerasFile(named: "m\(ending)")
    #expect(try model.kerasFile(named: "m\(ending)") == bytes)
    let folder = try KerasFiles.Folder()
    let path = try folder.file("m\(ending)", bytes)
    let layers = try #require(model.layers)
    let again = try SequenceModel.keras(
      contentsOf: path, configuration: ending == ".keras" ? nil : StackConfiguration(layers),
      on: KerasFiles.backend())
    #expect(again.model.layers == layers && again.model.input == model.input)
    #expect(again.remarks.isEmpty)
    let input = try sample.golden().input
    #expect(
      KerasFiles.distance(
        try again.model.predict(input).values, try model.predict(input).values) < 1e-6)
    for (found, own) in zip(try again.model.parameters.namedWeights(), weights)
    where !own.name.contains("bias") {
      #expect(found.name == own.name && found.values == own.values)
    }
  }

  /// Out and in again for every cell, one way and both: Keras' files hold it whole.
  @Test(arguments: RecurrentCell.allCases, [false, true])
  func everyCellOutAndInAgain(_ cell: RecurrentCell, _ bidirectional: Bool) throws {
    let layers: [StackLayer] = [
      .recurrent(
        .init(cell: cell, units: 4, sequences: true, bidirectional: bidirectional)),
      .recurrent(.init(cell: cell, units: 3, bidirectional: bidirectional)), .dense(1),
    ]
    let model = try SequenceModel(layers, input: .features(2), seed: 5, on: KerasFiles.backend())
    var weights = try model.parameters.namedWeights()
    for place in weights.indices {
      for unit in weights[place].values.indices {
        weights[place].values[unit] += Float((7 * unit + place) % 11) / 20 - 0.25
      }
    }
    try model.parameters.load(named: weights)
    let folder = try KerasFiles.Folder()
    let rows: [[Float]] = (0..<6).map { [Float($0 % 3) - 1, 0.5 * Float($0 % 4) - 0.75] }
    let input = try SequenceData([rows, Array(rows.reversed())])
    let expected = try model.predict(input).values
    for name in ["m.keras", "m.weights.h5"] {
      let path = try folder.file(name, model.kerasFile(named: name))
      let again = try SequenceModel.keras(
        contentsOf: path,
        configuration: name == "m.keras" ? nil : StackConfiguration(layers),
        on: KerasFiles.backend())
      #expect(again.model.layers == layers && again.remarks.isEmpty)
      #expect(KerasFiles.distance(try again.model.predict(input).values, expected) < 1e-6)
      let keepsBoth = try #require(cell.keras).hasTwoBiases
      for (found, own) in zip(try again.model.parameters.namedWeights(), weights)
      where keepsBoth || !own.name.contains("bias") {
        #expect(found.name == own.name && found.values == own.values, "\(own.name)")
      }
    }
  }

  /// A GRU that resets before its product keeps one bias: weights alone show it by that.
  @Test func aGRUThatResetsBefore() throws {
    let bias = { (shape: [Int]) in
      KerasArray(
        path: "layers/gru/cell/vars/2", shape: shape,
        values: [Float](repeating: 0, count: shape.reduce(1, *)))
    }
    let others = [([2, 9], 0), ([3, 9], 1)].map { shape, place in
      KerasArray(
        path: "layers/gru/cell/vars/\(place)", shape: shape,
        values: [Float](repeating: 0, count: shape.reduce(1, *)))
    }
    let dense = [([3, 1], 0), ([1], 1)].map { shape, place in
      KerasArray(
        path: "layers/dense/vars/\(place)", shape: shape,
        values: [Float](repeating: 0, count: shape.reduce(1, *)))
    }
    let folder = try KerasFiles.Folder()
    func complain(_ shape: [Int]) throws -> String {
      let path = try folder.file(
        "m.weights.h5", HDF5Writer.file(others + [bias(shape)] + dense, groups: ["layers", "vars"]))
      return complaint {
        _ = try SequenceModel.keras(
          contentsOf: path, configuration: StackConfiguration([.recurrent(.gru, 3), .dense(1)]),
          on: KerasFiles.backend())
      }
    }
    #expect(try complain([2, 9]).isEmpty)
    #expect(try complain([9]).contains("is [9], where layer 1 (gru) needs [2, 9]"))
  }

  /// A file does not say when it was written.
  @Test func theSameBytesLater() throws {
    let model = try #require(KerasFiles.samples.first).read().model
    let bytes = try model.kerasFile(named: "m.keras")
    usleep(1_100_000)
    #expect(try model.kerasFile(named: "m.keras") == bytes)
  }

  /// Keras 3.0 reads no file without a group of the model's own variables.
  @Test func groupsThatKerasExpects() throws {
    let model = try #require(KerasFiles.samples.first).read().model
    let bytes = try model.kerasFile(named: "m.weights.h5")
    let names = try HDF5Reader.read(bytes, file: "m.weights.h5") { reader in
      try [reader.names(in: ""), reader.names(in: "layers"), reader.names(in: "vars")]
    }
    #expect(names == [["layers", "vars"], ["dense", "embedding", "lstm"], []])
  }

  @Test func whatKerasLacks() throws {
    func complain(_ layers: [StackLayer], _ name: String = "m.keras") -> String {
      complaint {
        let model = try SequenceModel(layers, input: .features(2), on: KerasFiles.backend())
        _ = try model.kerasFile(named: name)
      }
    }
    let lstm = StackLayer.lstm(2, sequences: true)
    #expect(complain([lstm, .pool(.last), .dense(1)]).contains("Keras has no layer"))
    #expect(complain([lstm, .pool(.max), .dense(1)]).isEmpty)
    #expect(complain([.lstm(2), .dense(1)], "m.h5").contains("Let it end in .keras"))
    let function = try SequenceModel(output: .linear, on: KerasFiles.backend()) { layout in
      let lstm = Recurrent("own", inputSize: 2, hiddenSize: 1, in: &layout)
      return { batch, tape in try lstm(batch.features, on: tape).states[0].hidden }
    }
    #expect(complaint { _ = try function.kerasFile(named: "m.keras") }.contains("is a function"))
  }

  /// The layers that are given prevail over those of the file.
  @Test func layersOfOnesOwn() throws {
    let sample = KerasFiles.Sample(
      file: "sentiment.h5",
      layers: [.embedding(4), .lstm(3), .dropout(0.1), .dense(1, .sigmoid)])
    let model = try sample.read().model
    #expect(model.layers == sample.layers)
    let (input, output) = try sample.golden()
    #expect(KerasFiles.distance(try model.predict(input).values, output) < 1e-5)
  }
}

struct HDF5LibraryTests {
  @Test func withoutTheLibrary() {
    guard case .failure(let missing) = HDF5Library.load(["libnot-there.so.1"]) else {
      Issue.record("a library that does not exist has been loaded")
      return
    }
    #expect("\(missing)".contains("apt install libhdf5-103-1"))
    #expect("\(missing)".contains("libnot-there.so.1"))
    guard case .failure(let other) = HDF5Library.load(["libnot-there.so.1", "libc.so.6"]) else {
      Issue.record("the C library has been taken for HDF5")
      return
    }
    #expect("\(other)".contains("libc.so.6 has no H5open"))
  }
}
