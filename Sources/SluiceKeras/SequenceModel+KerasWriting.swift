import Foundation
import SluiceCompute
import SluiceExport
import SluiceNN
import SluicePlatform
import SluiceTraining

extension SequenceModel {
  /// The model for Keras 3, as a file of `path`'s name would hold it: `.keras` for the whole, which
  /// `keras.models.load_model` reads; `.weights.h5` for weights alone.
  ///
  /// Where a layer of Keras has one bias, as an LSTM has, it is the sum of our two.
  ///
  /// - Returns: The bytes; the same for the same model and library.
  /// - Throws: ``KerasError`` where there is no libhdf5, the name ends otherwise, or a layer is none of
  ///   Keras'; ``ComputeError`` with `.deviceFailure`.
  /// - Note: Waits for the device.
  package func kerasFile(named path: String) throws -> [UInt8] {
    let isArchive = path.hasSuffix(".keras")
    guard isArchive || path.hasSuffix(".weights.h5") else {
      throw KerasError(
        path, "Keras goes by a file's name",
        remedy: "Let it end in .keras for the whole model, or in .weights.h5 for its weights alone")
    }
    guard let layers, let input else {
      throw KerasError(
        nil, "the network is a function, which says nothing of its layers",
        remedy: "Stacks of layers can be exported")
    }
    let stack = KerasStack(StackConfiguration(layers))
    let described = try stack.description(input)
    // Early versions of Keras 3 read variables of the model itself too, of which there are none.
    let weights = try HDF5Writer.file(try arrays(of: stack), groups: ["layers", "vars"])
    guard isArchive else { return weights }
    return ZipWriter.archive([
      // Without the time of saving, so that the same model gives the same bytes.
      ("metadata.json", Array(#"{"keras_version": "3.0.0", "date_saved": ""}"#.utf8)),
      ("config.json", described), ("model.weights.h5", weights),
    ])
  }

  /// The weights as Keras has them.
  private func arrays(of stack: KerasStack) throws -> [KerasArray] {
    var left = try parameters.namedWeights()[...]
    return try stack.containers.flatMap { part, container in
      let form = part.form ?? .dense
      var arrays: [(shape: [Int], values: [Float])] = []
      func next(_ count: Int) -> [(name: String, shape: Shape, values: [Float])] {
        defer { left = left.dropFirst(count) }
        return Array(left.prefix(count))
      }
      func turned(
        _ matrix: (name: String, shape: Shape, values: [Float]), _ order: GateOrder = GateOrder(0)
      ) -> (shape: [Int], values: [Float]) {
        (
          matrix.shape.dimensions.reversed(),
          KerasArray.turned(
            order.there(matrix.values), rows: matrix.shape[0], columns: matrix.shape[1])
        )
      }
      switch form {
      case .embedding:
        arrays = next(1).map { ($0.shape.dimensions, $0.values) }
      case .dense, .timeDistributed:
        let own = next(2)
        arrays = [turned(own[0]), (own[1].shape.dimensions, own[1].values)]
      case .recurrent(let cell), .bidirectional(let cell):
        let keras = try cell.keras(for: part.title)
        while arrays.count < form.arrays.count {
          let own = next(4)
          let (input, hidden) = (keras.order.there(own[2].values), keras.order.there(own[3].values))
          arrays += [
            turned(own[0], keras.order), turned(own[1], keras.order),
            keras.hasTwoBiases
              ? ([2] + own[2].shape.dimensions, input + hidden)
              : (own[2].shape.dimensions, zip(input, hidden).map { $0 + $1 }),
          ]
        }
      }
      return zip(form.arrays, arrays).map { path, array in
        KerasArray(path: "layers/\(container)/\(path)", shape: array.shape, values: array.values)
      }
    }
  }
}

extension KerasStack {
  /// The model's `config.json`.
  ///
  /// - Throws: ``KerasError`` for a layer that Keras lacks.
  func description(_ input: StackConfiguration.Input) throws -> [UInt8] {
    typealias Settings = [String: Any]
    func layer(_ className: String, _ settings: Settings) -> Settings {
      [
        "module": "keras.layers", "class_name": className, "config": settings,
        "registered_name": NSNull(),
      ]
    }
    var described: [Settings] = []
    switch input {
    case .tokens:
      described.append(
        layer(
          "InputLayer",
          ["batch_shape": [NSNull(), NSNull()], "dtype": "int32", "name": "tokens"]))
    case .features(let count):
      described.append(
        layer(
          "InputLayer",
          [
            "batch_shape": [NSNull(), NSNull(), count], "dtype": "float32", "name": "features",
          ]))
    }
    var names = containers.map(\.name)[...]
    for (index, part) in parts.enumerated() {
      let name = part.form == nil ? "\(part.layer.kind)_\(index)" : names.popFirst() ?? ""
      switch part.layer {
      case .embedding(let size):
        guard case .tokens(let vocabulary, _) = input else { continue }
        described.append(
          layer("Embedding", ["name": name, "input_dim": vocabulary, "output_dim": size]))
      case .dropout(let rate):
        described.append(layer("Dropout", ["name": name, "rate": rate]))
      case .recurrent(let settings):
        let keras = try settings.cell.keras(for: part.title)
        func recurrent(_ name: String) -> Settings {
          let common: Settings = [
            "name": name, "units": settings.units, "return_sequences": settings.sequences,
            "recurrent_dropout": settings.recurrentDropout,
          ]
          let own = keras.settings.map { ($0.key, $0.value.plain) }
          return layer(keras.className, common.merging(own) { $1 })
        }
        described.append(
          settings.bidirectional
            ? layer(
              "Bidirectional", ["name": name, "layer": recurrent("\(name)_\(keras.container)")])
            : recurrent(name))
      case .pool(let pooling):
        switch pooling {
        case .max: described.append(layer("GlobalMaxPooling1D", ["name": name]))
        case .mean: described.append(layer("GlobalAveragePooling1D", ["name": name]))
        case .last, .first:
          throw KerasError(
            nil, "\(part.title) takes one step of a sequence, for which Keras has no layer",
            remedy: "ONNX and PyTorch take it: choose one of them")
        }
      case .dense(let units, let activation):
        described.append(
          layer("Dense", ["name": name, "units": units, "activation": activation.rawValue]))
      }
    }
    let model: Settings = [
      "module": "keras", "class_name": "Sequential", "registered_name": NSNull(),
      "config": ["name": "sequential", "layers": described] as Settings,
    ]
    return [UInt8](
      try JSONSerialization.data(
        withJSONObject: model, options: [.sortedKeys, .withoutEscapingSlashes]))
  }
}
