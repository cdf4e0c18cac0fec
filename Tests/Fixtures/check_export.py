#!/usr/bin/env python3
"""Compares an exported model, in onnxruntime and in PyTorch, with `sluice predict`.

    python3 Tests/Fixtures/check_export.py run/model [rows.csv] [--sluice PATH] [--tolerance 1e-5]

A model of churn or reviews needs rows; one of sales answers for its own series. Answers are compared with
the ones that `sluice export --format example` holds, which are not rounded, and with what `sluice predict`
writes, which are: to six places of a probability, four of a rating, six digits of a forecast. Differences
above 1 are relative. Needs onnx, onnxruntime, torch and safetensors.
"""

import argparse
import csv
import io
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

options = argparse.ArgumentParser()
options.add_argument("model")
options.add_argument("data", nargs="?")
options.add_argument("--sluice", default=".build/debug/sluice")
options.add_argument("--tolerance", type=float, default=1e-5)
options = options.parse_args()
folder = tempfile.TemporaryDirectory()
data = ["--data", options.data] if options.data else []
failed = False


def sluice(*arguments):
    return subprocess.run([options.sluice, *arguments], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True).stdout


def path(name):
    return f"{folder.name}/{name}"


def difference(a, b):
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return float((np.abs(a - b) / np.maximum(1, np.abs(b))).max())


def report(what, rows, found, tolerance):
    global failed
    failed |= not found <= tolerance
    print(f"{what}: {found:.1e} in {rows} rows{'' if found <= tolerance else ', TOO FAR'}")


def predicted(answers):
    """Pairs of a column of `predict` and what it rounds: name, cells, answers, half a unit of the last place."""
    rows = list(csv.DictReader(io.StringIO(sluice("predict", "--model", options.model, *data))))
    column = lambda name: [float(row[name]) for row in rows]
    if "forecast" in answers:
        middle = answers["forecast"].shape[2] // 2
        yield "prediction", column("prediction"), answers["forecast"][:, :, middle].ravel(), 5e-6
    elif "churn_probability" in answers:
        yield "churn_probability", column("churn_probability"), answers["churn_probability"], 5e-7
    else:
        name = "rating_expected" if "rating_expected" in rows[0] else "rating"
        yield name, column(name), answers["rating"], 5e-5
        count = answers["probabilities"].shape[1] if "probabilities" in answers else 0
        own = [name for name in rows[0] if name.startswith("p_")][-count:] if count else ["p10", "p90"]
        for place, name in enumerate(own):
            values = answers["probabilities"][:, place] if count else answers[name]
            yield name, column(name), values, 5e-5


for kind, name in (("onnx", "m.onnx"), ("torch", "m.py")):
    sluice("export", "--model", options.model, "--format", kind, "--output", path(name))
sluice("export", "--model", options.model, "--format", "example", "--output", path("example.safetensors"), *data)
example = load_file(path("example.safetensors"))
truth = {name.removeprefix("answers."): v for name, v in example.items() if name.startswith("answers.")}

onnx.checker.check_model(onnx.load(path("m.onnx")), full_check=True)
session = onnxruntime.InferenceSession(path("m.onnx"), providers=["CPUExecutionProvider"])
inputs = {port.name: example[port.name] for port in session.get_inputs()}
names = [port.name for port in session.get_outputs()]
found = {"onnxruntime": dict(zip(names, session.run(None, inputs)))}
subprocess.run([sys.executable, path("m.py"), path("example.safetensors"), path("t.safetensors")], check=True)
found["PyTorch"] = load_file(path("t.safetensors"))

for program, answers in found.items():
    for name, values in answers.items():
        report(f"{program} {name}", len(values), difference(values, truth[name]), options.tolerance)
    for name, cells, values, half in predicted(answers):
        report(f"{program} {name} of predict", len(cells), difference(values, cells), options.tolerance + half)
# Any number of rows: the first alone answers as among all.
first = session.run(None, {name: value[:1] for name, value in inputs.items()})
for name, value in zip(names, first):
    report(f"onnxruntime {name}, one row alone", 1, difference(value, truth[name][:1]), options.tolerance)
sys.exit(1 if failed else 0)
