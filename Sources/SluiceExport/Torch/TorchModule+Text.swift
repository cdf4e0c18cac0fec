/// The parts of a module that are the same for all models.
extension TorchModule {
  static func opening(
    _ graph: ExportGraph, title: String, model: String, hasConstants: Bool
  ) -> [String] {
    var lines = [
      "\"\"\"\(title), for PyTorch.", "",
      "    python3 MODULE.py inputs.safetensors answers.safetensors", "",
      "or, from Python, predict({name: tensor}). Inputs (N rows, T steps):", "",
    ]
    func described(_ port: ExportGraph.Port) -> String {
      let shape = port.shape.joined(separator: ", ")
      return Python.escaped("    \(port.name) [\(shape)] \(port.element.rawValue): \(port.meaning)")
    }
    lines += graph.inputs.map(described) + ["", "Answers:", ""] + graph.outputPorts.map(described)
    lines += ["\"\"\"", "", "import os", "import sys", "", "import torch"]
    lines += [
      "import torch.nn.functional as F", "from safetensors.torch import load_file, save_file", "",
    ]
    lines += [
      "HERE = os.path.dirname(os.path.abspath(__file__))",
      "MODEL = os.path.join(HERE, \(Python.quoted(model)))",
    ]
    return lines
  }

  static let loading = "    w = load_file(model)"
  static let loadingConstants =
    "    w = {**load_file(model), **load_file(os.path.splitext(__file__)[0] + \".constants.safetensors\")}"

  /// The functions that the graph needs.
  static func helpers(_ graph: ExportGraph) -> [String] {
    var helpers = [scope]
    func has(_ matches: (ExportOperation) -> Bool) -> Bool {
      graph.nodes.contains { matches($0.operation) }
    }
    if has({ if case .recurrence = $0 { true } else { false } }) { helpers.append(recurrent) }
    if has({ if case .hidden = $0 { true } else { false } }) { helpers.append(hidden) }
    if has({ if case .pool = $0 { true } else { false } }) { helpers.append(pool) }
    return helpers
  }

  private static let scope = """


    def of(tensors, m):
        \"""The tensors of member m under their own names, and those of all members.\"""
        own = f"members.{m}."
        return {**tensors, **{k[len(own):]: v for k, v in tensors.items() if k.startswith(own)}}
    """

  private static let recurrent = """


    def recurrent(module, w, name, x, lengths=None, state=None, **cell):
        w = {k[len(name) + 1:]: v for k, v in w.items() if k.startswith(name + ".")}
        layers = sum(k.startswith("bias_ih") and not k.endswith("reverse") for k in w)
        net = module(w["weight_ih_l0"].shape[1], w["weight_hh_l0"].shape[1], layers, batch_first=True,
                     bidirectional="bias_ih_l0_reverse" in w, **cell)
        net.load_state_dict(w)
        if lengths is None:
            return net(x, state)
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            x, lengths.clamp(min=1), batch_first=True, enforce_sorted=False)
        y, state = net(packed)
        y = torch.nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=x.shape[1])[0]
        known = (lengths > 0)[:, None]
        return y, tuple(s * known for s in state) if isinstance(state, tuple) else state * known
    """

  private static let hidden = """


    def hidden(state):
        h = state[0] if isinstance(state, tuple) else state
        return h.transpose(0, 1).flatten(1)
    """

  private static let pool = """


    def pool(y, parts, lengths=None):
        lengths = torch.full((len(y), 1), y.shape[1]) if lengths is None else lengths[:, None]
        steps = torch.arange(y.shape[1])
        known = (steps < lengths)[..., None]
        kinds = {
            "max": y.masked_fill(~known, -torch.inf).amax(1).masked_fill(lengths == 0, 0),
            "mean": (y * known).sum(1) / lengths.clamp(min=1),
            "last": (y * (steps == lengths - 1)[..., None]).sum(1),
            "first": y[:, 0] * (lengths > 0),
        }
        return torch.cat([kinds[kind][:, first:end] for kind, first, end in parts], -1)
    """
}
