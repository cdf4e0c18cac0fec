#!/usr/bin/env python3
"""Times one training step of the race shapes in PyTorch.

A step is forward, mean squared error on Linear(H -> 1) of the last output, backward, Adam.
Prints one JSON object:
{"device", "threads", "version", "cell", "results": {shape: median ms per step}, "peak_memory_mib"}.

The shapes come from Sluice, as JSON: `sluice bench --shapes` prints them, with the cell of their
recurrent layers, which --cell changes.

    sluice bench --shapes --cell gru | python3 race_shapes.py --threads 2 --shape sales-2x50-b32 --seconds 2
"""

import argparse
import functools
import json
import resource
import statistics
import sys
import time

import torch


CELLS = {
    "lstm": torch.nn.LSTM,
    "gru": torch.nn.GRU,
    "rnn": torch.nn.RNN,
    "rnn_relu": functools.partial(torch.nn.RNN, nonlinearity="relu"),
}


class Model(torch.nn.Module):
    def __init__(self, cell, vocabulary, inputs, hidden, layers):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, inputs) if vocabulary else None
        self.recurrent = CELLS[cell](inputs, hidden, layers)
        self.head = torch.nn.Linear(hidden, 1)

    def forward(self, x):
        if self.embedding is not None:
            x = self.embedding(x)
        output, _ = self.recurrent(x)
        return self.head(output[-1])


def measure(shape, device, seconds, fused):
    vocabulary, inputs, hidden, layers, steps, batch = (
        shape[key] for key in ("vocabulary", "input", "hidden", "layers", "steps", "batch"))
    torch.manual_seed(1)
    model = Model(shape["cell"], vocabulary, inputs, hidden, layers).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True if fused else None)
    if vocabulary:
        x = torch.randint(0, vocabulary, (steps, batch), device=device)
    else:
        x = torch.randn(steps, batch, inputs, device=device)
    y = torch.randn(batch, 1, device=device)

    def step():
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()

    def wait():
        if device == "cuda":
            torch.cuda.synchronize()

    for _ in range(3):
        step()
    wait()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        begin = time.perf_counter()
        step()
        wait()
        times.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--shapes", type=argparse.FileType(), default=sys.stdin,
                        help="a file of shapes as JSON; without it, standard input")
    parser.add_argument("--shape", action="append", help="only the shape of this name")
    parser.add_argument("--cell", choices=CELLS, help="of the recurrent layers of all shapes")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--fused", action="store_true", help="Adam as one fused kernel")
    arguments = parser.parse_args()
    if arguments.shapes.isatty():
        parser.error("give --shapes FILE, or pipe the output of `sluice bench --shapes` in")
    shapes = {shape["name"]: shape for shape in json.load(arguments.shapes)}
    for name in arguments.shape or []:
        if name not in shapes:
            parser.error(f"there is no shape {name}; there are {', '.join(shapes)}")
    for shape in shapes.values():
        shape["cell"] = arguments.cell or shape["cell"]
        if shape["cell"] not in CELLS:
            parser.error(f"PyTorch has no {shape['cell']}; here are {', '.join(CELLS)}")
    torch.set_num_threads(arguments.threads)
    results = {
        name: round(measure(shapes[name], arguments.device, arguments.seconds, arguments.fused), 4)
        for name in arguments.shape or shapes
    }
    print(json.dumps({
        "device": arguments.device, "threads": arguments.threads, "version": torch.__version__,
        "cell": {name: shapes[name]["cell"] for name in results}, "results": results,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))


if __name__ == "__main__":
    main()
