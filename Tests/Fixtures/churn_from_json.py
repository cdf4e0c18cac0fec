#!/usr/bin/env python3
"""From the rows of a CSV to answers with nothing but model.onnx and model.json, as strangers would.

    sluice export --model run/model --format onnx --output model.onnx
    sluice predict --model run/model --data customers.csv --output predicted.csv
    python3 Tests/Fixtures/churn_from_json.py model.onnx customers.csv predicted.csv

For models of churn whose customers have one row each, without columns of dates. Needs onnxruntime.
"""

import csv
import json
import sys

import numpy as np
import onnxruntime


def number(text):
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def level(text, kind):
    """1 for 1.0, where levels are numbers."""
    value = None if kind == "category" else number(text)
    return text if value is None or value != round(value) else str(int(value))


def code(text, encoder, width):
    """How far a number reaches into each bin, its distance from the mean, whether there is none."""
    found = np.zeros(width, np.float32)
    value = number(text)
    if value is None:
        found[-1] = 2
        return found
    low, high = np.array(encoder["edges"][:-1]), np.array(encoder["edges"][1:])
    found[:len(low)] = np.clip((value - low) / (high - low), 0, 1)
    found[-2] = 2 * np.clip((value - encoder["centre"]) / encoder["scale"], -5, 5)
    return found


model, data, predicted = sys.argv[1:]
about = json.load(open(model.rsplit(".", 1)[0] + ".json"))
fitted = about["preprocessing"]
shapes = {port["name"]: port["shape"] for port in about["inputs"]}
rows = list(csv.DictReader(open(data, newline="")))
codes, numbers = [], []
for encoder in fitted["encoders"]:
    cells = [row[encoder["name"]].strip() for row in rows]
    if encoder["kind"] == "number":
        numbers.append([code(cell, encoder, int(shapes["numbers"][-1])) for cell in cells])
    else:
        places = {name: place + 1 for place, name in enumerate(encoder["levels"])}
        codes.append([places.get(level(cell, encoder["kind"]), 0) for cell in cells])
inputs = {}
if codes:
    inputs["codes"] = np.array(codes, np.int64).T
if numbers:
    inputs["numbers"] = np.array(numbers, np.float32).transpose(1, 0, 2)
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
answers = session.run(["churn_probability"], inputs)[0]
named = np.where(answers >= fitted["threshold"], fitted["columns"]["positive"], fitted["columns"]["negative"])
truth = list(csv.DictReader(open(predicted, newline="")))
difference = max(abs(a - float(row["churn_probability"])) for a, row in zip(answers, truth))
decision = "churn_predicted" if "churn_predicted" in truth[0] else "churn"
same = sum(name == row[decision] for name, row in zip(named, truth))
print(f"largest difference of {len(truth)} probabilities: {difference:.1e}; {same} decisions are the same")
sys.exit(0 if difference < 1e-5 and len(truth) == len(answers) else 1)
