import SluiceCompute
import SluiceExport
import SluiceNN
import Testing

@testable import SluiceKeras

/// What Keras says of layers, and what becomes of it. No libhdf5 is needed.
struct KerasLayerTests {
  private static let input =
    #"{"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [null, null, 2]}}"#
  private static let dense =
    #"{"class_name": "Dense", "config": {"name": "d", "units": 1, "activation": "linear"}}"#

  private static func lstm(_ settings: String = "", name: String = "l", class: String = "LSTM")
    -> String
  {
    #"{"class_name": "\#(`class`)", "config": {"name": "\#(name)", "units": 2\#(settings)}}"#
  }

  private func stack(_ layers: String...) throws -> KerasStack {
    try stack(
      #"{"class_name": "Sequential", "config": {"layers": [\#(layers.joined(separator: ", "))]}}"#)
  }

  private func stack(_ model: String) throws -> KerasStack {
    try KerasStack(KerasArchitecture.layers(model, file: "m.keras"))
  }

  @Test func whatCanBeHad() throws {
    let embedding = #"{"class_name": "Embedding", "config": {"input_dim": 9, "output_dim": 3}}"#
    let both = #"""
      {"class_name": "Bidirectional", "config": {"name": "b", "merge_mode": "concat", "layer":
        \#(Self.lstm(#", "return_sequences": true, "recurrent_dropout": 0.25, "unroll": true"#)),
        "backward_layer":
        \#(Self.lstm(#", "return_sequences": true, "recurrent_dropout": 0.25, "go_backwards": true"#))}}
      """#
    let steps =
      #"{"class_name": "TimeDistributed", "config": {"name": "t", "layer": \#(Self.dense)}}"#
    let pool = #"{"class_name": "GlobalMaxPooling1D", "config": {"data_format": "channels_last"}}"#
    let softmax = #"{"class_name": "Activation", "config": {"activation": "softmax"}}"#
    let two = Self.dense.replacing("\"units\": 1", with: "\"units\": 2")
    let found = try stack(
      embedding, #"{"class_name": "Dropout", "config": {"rate": 0.5, "noise_shape": null}}"#, both,
      steps, pool, two, softmax)
    let lstm = StackLayer.RecurrentSettings(
      units: 2, sequences: true, bidirectional: true, recurrentDropout: 0.25)
    #expect(
      found.configuration.layers == [
        .embedding(3), .dropout(0.5), .recurrent(lstm), .dense(1), .pool(.max), .dense(2, .softmax),
      ])
    #expect(found.remarks.isEmpty)
    #expect(
      found.containers.map(\.name) == ["embedding", "bidirectional", "time_distributed", "dense"])
  }

  /// What matters in training alone is left out, and said.
  @Test func whatIsLeftOut() throws {
    let found = try stack(
      Self.input, #"{"class_name": "GaussianNoise", "config": {"name": "g", "stddev": 0.1}}"#,
      Self.lstm(#", "dropout": 0.2, "kernel_regularizer": {"class_name": "L2", "config": {}}"#),
      #"{"class_name": "Dense", "config": {"name": "d", "units": 1, "trainable": false, "dtype": "mixed_float16"}}"#
    )
    #expect(found.configuration.layers == [.lstm(2), .dense(1)])
    let remarks = found.remarks.joined(separator: "\n")
    for part in [
      "layer g (GaussianNoise): it is left out", "layer l (LSTM): dropout: 0.2 is left out",
      "kernel_regularizer: L2 is left out", "layer d (Dense): trainable: false",
      "in mixed_float16 there",
    ] {
      #expect(remarks.contains(part), "\(remarks)")
    }
    #expect(found.remarks.count == 5)
  }

  @Test(arguments: [
    (#", "activation": "relu""#, "layer l (LSTM) has activation: relu"),
    (#", "recurrent_activation": "hard_sigmoid""#, "has recurrent_activation: hard_sigmoid"),
    (
      #", "activation": {"module": "builtins", "class_name": "function", "config": "gelu"}"#,
      "has activation: gelu"
    ),
    (#", "use_bias": false"#, "has use_bias: false. Build the model with use_bias=True"),
    (#", "stateful": true"#, "has stateful: true"),
    (#", "go_backwards": true"#, "has go_backwards: true"),
    (#", "return_state": true"#, "has return_state: true"),
    (#", "time_major": true"#, "has time_major: true"),
    (#", "projection": 4"#, "has projection: 4, which is not known here"),
    (
      #", "dtype": {"class_name": "QuantizedDTypePolicy", "config": {"name": "int8_from_float32"}}"#,
      "has dtype: int8_from_float32"
    ),
    (#", "recurrent_dropout": 1"#, "has recurrent_dropout: 1"),
  ])
  func settingsOfAnLSTM(_ setting: String, _ message: String) {
    let found = complaint { _ = try stack(Self.input, Self.lstm(setting), Self.dense) }
    #expect(found.contains("m.keras: layer l (LSTM) ") && found.contains(message), "\(found)")
  }

  /// The class says the cell, or with it the activation.
  @Test(arguments: [
    ("GRU", #", "reset_after": true, "recurrent_activation": "sigmoid""#, RecurrentCell.gru),
    ("GRU", "", .gru), ("SimpleRNN", "", .rnn), ("SimpleRNN", #", "activation": "tanh""#, .rnn),
    ("SimpleRNN", #", "activation": "relu""#, .rnnReLU),
    (
      "SimpleRNN",
      #", "activation": {"module": "builtins", "class_name": "function", "config": "relu"}"#,
      .rnnReLU
    ),
  ])
  func cells(_ name: String, _ settings: String, _ cell: RecurrentCell) throws {
    let layer = Self.lstm(settings + #", "return_sequences": true"#, class: name)
    let both = #"{"class_name": "Bidirectional", "config": {"name": "b", "layer": \#(layer)}}"#
    let found = try stack(Self.input, layer, both, Self.lstm(settings, class: name), Self.dense)
    let twoWays = StackLayer.RecurrentSettings(
      cell: cell, units: 2, sequences: true, bidirectional: true)
    #expect(
      found.configuration.layers == [
        .recurrent(cell, 2, sequences: true), .recurrent(twoWays), .recurrent(cell, 2), .dense(1),
      ])
    let own = name == "GRU" ? "gru" : "simple_rnn"
    #expect(found.containers.map(\.name) == [own, "bidirectional", "\(own)_1", "dense"])
  }

  @Test(arguments: [
    ("GRU", #", "reset_after": false"#, "layer l (GRU) has reset_after: false. A GRU here resets"),
    ("GRU", #", "activation": "relu""#, "layer l (GRU) has activation: relu"),
    ("GRU", #", "recurrent_activation": "hard_sigmoid""#, "has recurrent_activation: hard_sigmoid"),
    (
      "SimpleRNN", #", "activation": "selu""#,
      "layer l (SimpleRNN) has activation: selu. A SimpleRNN here has tanh or relu"
    ),
    ("SimpleRNN", #", "use_bias": false"#, "has use_bias: false"),
  ])
  func settingsOfOtherCells(_ name: String, _ setting: String, _ message: String) {
    let found = complaint {
      _ = try stack(Self.input, Self.lstm(setting, class: name), Self.dense)
    }
    #expect(found.contains(message), "\(found)")
  }

  /// A cell that Keras lacks is called by its title.
  @Test func aCellThatKerasLacks() {
    let found = "\(RecurrentCell.lacking(.gru, "layer 2 (gru)"))"
    #expect(found.contains("layer 2 (gru) is of the cell GRU, for which Keras has no layer"))
    #expect(KerasCell.classNames == "LSTM, GRU, SimpleRNN")
    for cell in RecurrentCell.allCases {
      #expect(cell.keras?.order.blocks.sorted() == Array(0..<cell.gateCount), "\(cell)")
    }
  }

  @Test func layersThatAreRefused() {
    func complain(_ layers: String...) -> String {
      complaint {
        _ = try stack(
          #"{"class_name": "Sequential", "config": {"layers": [\#(layers.joined(separator: ", "))]}}"#
        )
      }
    }
    #expect(
      complain(Self.input, Self.lstm(class: "ConvLSTM1D"))
        .contains("There are Embedding, Dropout, LSTM, GRU, SimpleRNN, Bidirectional of these"))
    #expect(
      complain(Self.lstm(class: "Conv1D")).contains("(Conv1D) is not there in a stack. There are"))
    #expect(complain(Self.lstm(class: "Masking")).contains("leaves out steps"))
    #expect(
      complain(#"{"class_name": "Embedding", "config": {"output_dim": 3, "mask_zero": true}}"#)
        .contains("has mask_zero: true. Give rows without their filling"))
    #expect(
      complain(#"{"class_name": "LSTM", "registered_name": "Mine>LSTM", "config": {}}"#)
        .contains("(Mine>LSTM) is not there"))
    func both(_ merge: String, _ inner: String, _ more: String = "") -> String {
      complain(
        #"{"class_name": "Bidirectional", "config": {"merge_mode": "\#(merge)", "layer": \#(inner)\#(more)}}"#
      )
    }
    #expect(both("sum", Self.lstm()).contains("has merge_mode: sum"))
    #expect(
      both("concat", Self.lstm(class: "Conv1D"))
        .contains("wraps layer l (Conv1D). Here it may wrap one of LSTM, GRU, SimpleRNN"))
    #expect(
      both("concat", Self.lstm(), #", "backward_layer": \#(Self.lstm(class: "GRU"))"#)
        .contains("wraps layer l (LSTM) and layer l (GRU)"))
    #expect(
      both("concat", Self.lstm(#", "reset_after": false"#, class: "GRU"))
        .contains("layer l (GRU) has reset_after: false"))
    #expect(
      both("concat", Self.lstm(), #", "backward_layer": \#(Self.lstm())"#)
        .contains("has go_backwards: false"))
    #expect(
      both(
        "concat", Self.lstm(),
        #", "backward_layer": \#(Self.lstm(#", "go_backwards": true, "recurrent_dropout": 0.1"#))"#
      ).contains("unlike each other"))
    let relu = Self.dense.replacing("linear", with: "relu")
    #expect(complain(Self.lstm(), relu).contains("layer d (Dense)"))
    #expect(complain(Self.lstm(), relu).contains("whose activation is linear, sigmoid or softmax"))
    #expect(
      complain(Self.lstm(), Self.dense.replacing("linear", with: "selu")).contains(
        "activation: selu"))
    #expect(complain(Self.lstm(), Self.lstm(), Self.dense).contains("takes a sequence"))
    #expect(
      complain(Self.lstm(), #"{"class_name": "Activation", "config": {"activation": "tanh"}}"#)
        .contains("directly behind a linear Dense"))
    #expect(complain("3").contains("without a class"))
  }

  /// A functional model whose layers `l`, `d` read what `inputs` says, of Keras 2 or 3.
  private func functional(_ inputs: [String: [String]], output: String = "d", keras2: Bool = false)
    -> String
  {
    let layers = ["i": Self.input, "l": Self.lstm(), "d": Self.dense, "m": Self.lstm(name: "m")]
    let described = ["i", "d", "l", "m"].compactMap { name -> String? in
      guard name == "i" || inputs[name] != nil else { return nil }
      let calls = (inputs[name] ?? []).map { source in
        keras2
          ? #"[["\#(source)", 0, 0, {}]]"#
          : #"""
          {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["\#(source)", 0, 0]}}],
           "kwargs": {"mask": null}}
          """#
      }
      let nodes = calls.joined(separator: ", ")
      return (layers[name] ?? "").dropLast()
        + #", "name": "\#(name)", "inbound_nodes": [\#(nodes)]}"#
    }
    let ends = keras2 ? #"[["\#(output)", 0, 0]]"# : #"["\#(output)", 0, 0]"#
    return #"""
      {"class_name": "Functional", "config": {"layers": [\#(described.joined(separator: ", "))],
       "input_layers": ["i", 0, 0], "output_layers": \#(ends)}}
      """#
  }

  /// Layers run as they are fed, whatever the order in which they stand.
  @Test(arguments: [false, true]) func functionalModels(_ keras2: Bool) throws {
    let found = try stack(functional(["l": ["i"], "d": ["l"]], keras2: keras2))
    #expect(found.configuration.layers == [.lstm(2), .dense(1)])
    func complain(_ inputs: [String: [String]], output: String = "d") -> String {
      complaint { _ = try stack(functional(inputs, output: output, keras2: keras2)) }
    }
    #expect(complain(["l": ["i", "i"], "d": ["l"]]).contains("is called 2 times"))
    #expect(complain(["l": ["i"], "m": ["i"], "d": ["l"]]).contains("both"))
    #expect(complain(["l": ["i"], "d": ["l"]], output: "l").contains("not at the end of one line"))
    #expect(complain(["l": ["m"], "m": ["l"], "d": ["i"]]).contains("not at the end of one line"))
  }

  @Test func descriptionsThatAreNone() {
    for text in ["", "[]", "{", "{\"class_name\": 3}"] {
      #expect(complaint { _ = try stack(text) }.contains("is not valid JSON"), "\(text)")
    }
    let own = #"{"class_name": "MyModel", "config": {"layers": 3}}"#
    #expect(complaint { _ = try stack(own) }.contains("MyModel, a class that does not say"))
    let deep = String(repeating: "[", count: 100_000)
    #expect(complaint { _ = try stack(deep) }.contains("is not valid JSON"))
  }
}
