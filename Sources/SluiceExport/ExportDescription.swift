/// What stands in the JSON file beside an exported model: what goes in and comes out, and all that lies
/// between that and a table.
package struct ExportDescription<Fitted: Encodable>: Encodable {
  /// Raised where readers must learn something new.
  let formatVersion: Int
  /// Nil for a stack of layers, which reads no table.
  let task: String?
  let inputs: [ExportGraph.Port]
  let answers: [ExportGraph.Port]
  /// As `config.yaml` of the model.
  let configuration: String?
  /// What was fitted, as in `preprocessing.json` of the model.
  let preprocessing: Fitted?

  package init(
    task: String?, _ graph: ExportGraph, configuration: String?, preprocessing: Fitted?
  ) {
    formatVersion = 1
    self.task = task
    inputs = graph.inputs
    answers = graph.outputPorts
    self.configuration = configuration
    self.preprocessing = preprocessing
  }
}
