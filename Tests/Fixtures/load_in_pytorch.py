#!/usr/bin/env python3
"""Loads an LSTM that Sluice saved into torch.nn.LSTM and compares the outputs.

    SLUICE_PYTORCH_FILE=lstm.safetensors swift test --filter PyTorchExchangeTests
    python3 Tests/Fixtures/load_in_pytorch.py lstm.safetensors [golden.safetensors]

With a second file, what PyTorch computed is stored there: the committed load_in_pytorch.safetensors
is made so. Needs PyTorch and the safetensors package; the tests need neither.
"""

import sys

import torch
from safetensors.torch import load_file, save_file

file = load_file(sys.argv[1])
weights = {name.removeprefix("lstm."): value for name, value in file.items() if name.startswith("lstm.")}
layers = sum(name.startswith("bias_ih") and not name.endswith("reverse") for name in weights)
model = torch.nn.LSTM(weights["weight_ih_l0"].shape[1], weights["weight_hh_l0"].shape[1], layers,
                      bidirectional="bias_ih_l0_reverse" in weights)
model.load_state_dict(weights)
with torch.no_grad():
    output, _ = model(file["input"])
difference = (output - file["output"]).abs().max().item()
print(f"largest difference of {output.numel()} outputs: {difference:.1e}")
if len(sys.argv) > 2:
    save_file({"output": output.contiguous()}, sys.argv[2])
sys.exit(0 if difference < 1e-6 else 1)
