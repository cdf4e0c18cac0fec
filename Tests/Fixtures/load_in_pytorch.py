#!/usr/bin/env python3
"""Loads any file of weights that Sluice writes into PyTorch's modules: torch.nn.LSTM, GRU, RNN, Linear,
Embedding.

    python3 Tests/Fixtures/load_in_pytorch.py run/model/model.safetensors

How many gates a recurrent layer has says which module it is; a plain one has tanh, or relu where it is called
`rnn_relu`. Where the file holds the `input` and `output` of layers called by their cell as well, the outputs
are compared:

    SLUICE_PYTORCH_FILE=cells.safetensors swift test --filter PyTorchExchangeTests
    python3 Tests/Fixtures/load_in_pytorch.py cells.safetensors [golden.safetensors]

With a second file, what PyTorch computed is stored there: the committed load_in_pytorch.safetensors
is made so. Needs PyTorch and the safetensors package; the tests need neither. What a model answers with
these modules, `sluice export --format torch` writes.
"""

import sys

import torch
from safetensors.torch import load_file, save_file


MODULES = {4: torch.nn.LSTM, 3: torch.nn.GRU, 1: torch.nn.RNN}


def recurrent(name, weights):
    layers = sum(own.startswith("bias_ih") and not own.endswith("reverse") for own in weights)
    rows, hidden = weights["weight_hh_l0"].shape
    options = {"nonlinearity": "relu"} if name.split(".")[-1] == "rnn_relu" else {}
    return MODULES[rows // hidden](weights["weight_ih_l0"].shape[1], hidden, layers,
                                   bidirectional="bias_ih_l0_reverse" in weights, **options)


def modules(file):
    """Every layer of a file, by its name, with its weights."""
    layers = {}
    for name, value in file.items():
        layer, _, own = name.rpartition(".")
        layers.setdefault(layer, {})[own] = value
    for name, weights in layers.items():
        if "weight_ih_l0" in weights:
            module = recurrent(name, weights)
        elif set(weights) == {"weight", "bias"}:
            module = torch.nn.Linear(*reversed(weights["weight"].shape))
        elif set(weights) == {"weight"}:
            module = torch.nn.Embedding(*weights["weight"].shape)
        else:
            sys.exit(f"{name} is no layer that is known here: {', '.join(weights)}")
        module.load_state_dict(weights)
        yield name, module


file = load_file(sys.argv[1])
given = {name: file.pop(name) for name in list(file) if name == "input" or name.endswith("output")}
found = dict(modules(file))
for name, module in found.items():
    print(f"{name}: {module}")
if given:
    largest = 0
    outputs = {}
    for name, module in found.items():
        with torch.no_grad():
            output, _ = module(given["input"])
        outputs[f"{name}.output"] = output.contiguous()
        difference = (output - given[f"{name}.output"]).abs().max().item()
        largest = max(largest, difference)
        print(f"{name}: largest difference of {output.numel()} outputs: {difference:.1e}")
    if len(sys.argv) > 2:
        save_file(outputs, sys.argv[2])
    sys.exit(0 if largest < 1e-6 else 1)
