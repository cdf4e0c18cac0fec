#!/usr/bin/env python3
"""Loads any file of weights that Sluice writes into PyTorch's modules: torch.nn.LSTM, Linear, Embedding.

    python3 Tests/Fixtures/load_in_pytorch.py run/model/model.safetensors

Where the file holds an LSTM's `input` and `output` as well, the outputs are compared:

    SLUICE_PYTORCH_FILE=lstm.safetensors swift test --filter PyTorchExchangeTests
    python3 Tests/Fixtures/load_in_pytorch.py lstm.safetensors [golden.safetensors]

With a second file, what PyTorch computed is stored there: the committed load_in_pytorch.safetensors
is made so. Needs PyTorch and the safetensors package; the tests need neither. What a model answers with
these modules, `sluice export --format torch` writes.
"""

import sys

import torch
from safetensors.torch import load_file, save_file


def lstm(weights):
    layers = sum(name.startswith("bias_ih") and not name.endswith("reverse") for name in weights)
    return torch.nn.LSTM(weights["weight_ih_l0"].shape[1], weights["weight_hh_l0"].shape[1], layers,
                         bidirectional="bias_ih_l0_reverse" in weights)


def modules(file):
    """Every layer of a file, by its name, with its weights."""
    layers = {}
    for name, value in file.items():
        layer, _, own = name.rpartition(".")
        layers.setdefault(layer, {})[own] = value
    for name, weights in layers.items():
        if "weight_ih_l0" in weights:
            module = lstm(weights)
        elif set(weights) == {"weight", "bias"}:
            module = torch.nn.Linear(*reversed(weights["weight"].shape))
        elif set(weights) == {"weight"}:
            module = torch.nn.Embedding(*weights["weight"].shape)
        else:
            sys.exit(f"{name} is no layer that is known here: {', '.join(weights)}")
        module.load_state_dict(weights)
        yield name, module


file = load_file(sys.argv[1])
given = {name: file.pop(name) for name in ("input", "output") if name in file}
found = dict(modules(file))
for name, module in found.items():
    print(f"{name}: {module}")
if given:
    with torch.no_grad():
        output, _ = found["lstm"](given["input"])
    difference = (output - given["output"]).abs().max().item()
    print(f"largest difference of {output.numel()} outputs: {difference:.1e}")
    if len(sys.argv) > 2:
        save_file({"output": output.contiguous()}, sys.argv[2])
    sys.exit(0 if difference < 1e-6 else 1)
