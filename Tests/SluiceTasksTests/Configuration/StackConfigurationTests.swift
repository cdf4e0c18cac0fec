import SluiceNN
import SluiceSettings
import Testing

/// Stacks of layers as users write them, and what is said of those that are no network.
@Suite struct StackConfigurationTests {
  private struct Probe: SettingsBlock {
    @Setting("Passes.") var epochs = 3
    @Setting("Layers.") var stack = StackConfiguration()
  }

  private func read(_ text: String) throws -> StackConfiguration {
    try SettingsReader(text, name: "c.yaml").settings(over: Probe()).stack
  }

  @Test func readsEveryForm() throws {
    let stack = try read(
      """
      epochs: 4
      stack:
        - embedding: 128
        - dropout: 0.2
        - lstm: {units: 128, sequences: true, bidirectional: true, recurrent_dropout: 0.1}
        - dense: {units: 7, activation: tanh}
        - lstm: 64
        - dropout: {rate: 0}
        - dense: {units: 1, activation: sigmoid}
      """)
    #expect(
      stack.layers == [
        .embedding(size: 128), .dropout(rate: 0.2),
        .recurrent(.init(units: 128, sequences: true, bidirectional: true, recurrentDropout: 0.1)),
        .dense(units: 7, activation: .tanh), .lstm(64), .dropout(rate: 0),
        .dense(units: 1, activation: .sigmoid),
      ])
    #expect(
      try read("stack: [{lstm: {units: 3, sequences: true}}, {pool: mean}, {dense: 2}]").layers
        == [.lstm(3, sequences: true), .pool(.mean), .dense(units: 2, activation: .linear)])
    #expect(try read("epochs: 1").isEmpty)
    #expect(try read("stack: []").isEmpty)
  }

  @Test func whatIsWrittenReadsBack() throws {
    var probe = Probe()
    probe.stack = try read(
      """
      stack:
        - dropout: 0.00005
        - lstm: {units: 128, sequences: true, recurrent_dropout: 0.1}
        - pool: first
        - dense: 3
        - dense: {units: 5, activation: softmax}
      """)
    let text = try SettingsText.yaml(of: probe)
    #expect(
      try SettingsReader(text, name: "c.yaml").settings(over: Probe(), isComplete: true) == probe)
  }

  @Test(
    arguments: [
      (
        "- lstn: 64",
        "c.yaml:2:11: `stack[0].lstn` is no layer; there are: embedding, dropout, "
          + "lstm, gru, rnn, rnn_relu, pool, dense"
      ),
      ("- lstm", "c.yaml:2:5: `stack[0]` takes one layer with its setting, for example `lstm: 64`"),
      (
        "- {lstm: 3, dense: 1}",
        "c.yaml:2:5: `stack[0]` holds 2 layers; each is an entry of its own"
      ),
      (
        "- lstm: {unit: 3}",
        "c.yaml:2:18: `stack[0].lstm.unit` is no setting of lstm; there are: "
          + "units, sequences, bidirectional, recurrent_dropout"
      ),
      ("- lstm: {sequences: true}", "c.yaml:2:11: `stack[0].lstm` lacks `units`"),
      ("- lstm: many", "c.yaml:2:11: `stack[0].lstm` is many, it must be a whole number"),
      ("- lstm: 0", "c.yaml:2:11: `stack[0].lstm` is 0, must lie between 1 and 65536"),
      (
        "- lstm: {units: 3, sequences: 1}",
        "c.yaml:2:33: `stack[0].lstm.sequences` is 1, it must be true or "
          + "false"
      ),
      (
        "- dropout: 1", "c.yaml:2:14: `stack[0].dropout` is 1.0, must be at least 0 and less than 1"
      ),
      (
        "- dense: {units: 1, activation: gelu}",
        "c.yaml:2:35: `stack[0].dense.activation` is gelu, "
          + "it takes one of: linear, sigmoid, tanh, relu, softmax"
      ),
      (
        "- pool: sum",
        "c.yaml:2:11: `stack[0].pool` is sum, it takes one of: max, mean, last, first"
      ),
      (
        "- lstm: 64\n  - lstm: 64\n  - dense: 1",
        "c.yaml:3:5: `stack[1]` takes a sequence, but "
          + "layer 1 (lstm) has made one vector of it: give that one `sequences: true`"
      ),
      (
        "- lstm: 64",
        "c.yaml:2:5: `stack[0]` is the last layer, which must be dense: it gives what "
          + "is predicted"
      ),
    ])
  func mistakesAreNamed(_ entry: String, _ message: String) throws {
    let error = #expect(throws: SettingError.self) { try read("stack:\n  \(entry)\n") }
    #expect(error?.description == message)
  }
}
