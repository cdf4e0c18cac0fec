#!/usr/bin/env python3
"""Takes models from Keras 3 to `sluice import`, and back by `sluice export --format keras`.

    python3 Tests/Fixtures/check_keras.py [--sluice PATH] [--tolerance 1e-5] [--make]

Each model goes in by every kind of file that Keras writes, and its answers, through `sluice export --format
onnx` and onnxruntime, are held against Keras' own; then out again, with its biases split between the two
of our layers where Keras has one, and Keras' answers are held against those of the model that it began with. --make
also writes the small files of Tests/Fixtures/keras that Swift's tests read. Needs keras, jax, h5py,
onnxruntime and safetensors.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import zipfile

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("ABSL_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import onnxruntime
from keras import layers
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

options = argparse.ArgumentParser()
options.add_argument("--sluice", default=".build/debug/sluice")
options.add_argument("--tolerance", type=float, default=1e-5)
options.add_argument("--make", action="store_true")
options.add_argument("--only", help="one model")
options = options.parse_args()
folder = tempfile.TemporaryDirectory()
fixtures = f"{os.path.dirname(os.path.abspath(__file__))}/keras"
random = np.random.default_rng(7)
failed = False


def sluice(*arguments):
    run = subprocess.run([options.sluice, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode:
        sys.exit(f"sluice {' '.join(arguments)}\n{run.stderr}")


def path(name):
    return f"{folder.name}/{name}"


def report(what, found, expected):
    global failed
    distance = float(np.abs(np.asarray(found) - expected).max())
    fails = not distance <= options.tolerance
    failed |= fails
    print(f"{what}: {distance:.1e} in {expected.shape[0]} rows{', TOO FAR' if fails else ''}")


def chain(*stack):
    """The same layers as a functional model."""
    output = stack[0]
    for layer in stack[1:]:
        output = layer(output)
    return keras.Model(stack[0], output)


tokens = lambda: keras.Input((None,), dtype="int32")
# Of each model: itself, what it reads, and its layers for a file of weights alone.
models = {
    "sentiment": (
        keras.Sequential([
            tokens(), layers.Embedding(20, 4), layers.Dropout(0.3), layers.LSTM(3),
            layers.Dense(1, activation="sigmoid")]),
        20, "embedding: 4|dropout: 0.3|lstm: 3|dense: {units: 1, activation: sigmoid}"),
    "classes": (
        chain(
            tokens(), layers.Embedding(20, 3), layers.SpatialDropout1D(0.2),
            layers.LSTM(4, recurrent_dropout=0.25), layers.Dropout(0.5), layers.Dense(3),
            layers.Activation("softmax")),
        20,
        "embedding: 3|lstm: {units: 4, recurrent_dropout: 0.25}|dropout: 0.5|dense: {units: 3, activation: softmax}"),
    "both": (
        keras.Sequential([
            tokens(), layers.Embedding(20, 3), layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.Bidirectional(layers.LSTM(2)), layers.Dense(4, activation="relu"),
            layers.Dense(2, activation="softmax")]),
        20,
        "embedding: 3|lstm: {units: 3, sequences: true, bidirectional: true}|lstm: {units: 2, bidirectional: true}"
        "|dense: {units: 4, activation: relu}|dense: {units: 2, activation: softmax}"),
    "values": (
        keras.Sequential([
            keras.Input((None, 2)), layers.LSTM(4, return_sequences=True), layers.LSTM(3), layers.Dense(1)]),
        (2,), "lstm: {units: 4, sequences: true}|lstm: 3|dense: 1"),
    "steps": (
        keras.Sequential([
            keras.Input((None, 3)), layers.LSTM(3, return_sequences=True),
            layers.TimeDistributed(layers.Dense(4, activation="tanh")), layers.GlobalAveragePooling1D(),
            layers.Dense(2, activation="sigmoid")]),
        (3,),
        "lstm: {units: 3, sequences: true}|dense: {units: 4, activation: tanh}|pool: mean"
        "|dense: {units: 2, activation: sigmoid}"),
    "gru": (
        keras.Sequential([
            tokens(), layers.Embedding(20, 3), layers.Bidirectional(layers.GRU(4, return_sequences=True)),
            layers.GRU(3, return_sequences=True, recurrent_dropout=0.25), layers.Bidirectional(layers.GRU(2)),
            layers.Dense(2, activation="softmax")]),
        20,
        "embedding: 3|gru: {units: 4, sequences: true, bidirectional: true}"
        "|gru: {units: 3, sequences: true, recurrent_dropout: 0.25}|gru: {units: 2, bidirectional: true}"
        "|dense: {units: 2, activation: softmax}"),
    "simple": (
        keras.Sequential([
            keras.Input((None, 2)), layers.SimpleRNN(4, return_sequences=True),
            layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True)),
            layers.Bidirectional(layers.SimpleRNN(2, activation="relu", return_sequences=True)),
            layers.SimpleRNN(3, activation="relu"), layers.Dense(1)]),
        (2,),
        "rnn: {units: 4, sequences: true}|rnn: {units: 3, sequences: true, bidirectional: true}"
        "|rnn_relu: {units: 2, sequences: true, bidirectional: true}|rnn_relu: 3|dense: 1"),
}
# Of these Keras keeps both biases.
with_two_biases = {"gru"}
# What Swift's tests read of each.
kinds = {
    "sentiment": "h5", "classes": "keras", "both": "keras", "values": "weights.h5", "steps": "keras", "gru": "keras",
    "simple": "keras"}


def rows(reads, count, steps):
    if isinstance(reads, int):
        return random.integers(0, reads, (count, steps)).astype(np.int32)
    return random.standard_normal((count, steps, *reads)).astype(np.float32)


def answers(model, inputs):
    return np.asarray(model.predict(inputs, verbose=0), np.float32)


def onnx(model, inputs):
    sluice("export", "--model", model, "--format", "onnx", "--output", path("m.onnx"))
    session = onnxruntime.InferenceSession(path("m.onnx"))
    count, steps = inputs.shape[:2]
    is_tokens = inputs.ndim == 2
    return session.run(None, {
        "tokens" if is_tokens else "features": inputs.astype(np.int64) if is_tokens else inputs,
        "lengths": np.full(count, steps, np.int64)})[0]


for name, (model, reads, stack) in models.items():
    if options.only not in (None, name):
        continue
    # Weights that matter all: Keras would begin with biases of 0.
    model.set_weights([(0.6 * random.standard_normal(w.shape)).astype(np.float32) for w in model.get_weights()])
    inputs = rows(reads, 1000, 17)
    expected = answers(model, inputs)
    with open(path("stack.yaml"), "w") as file:
        file.write("model:\n  stack:\n" + "".join(f"    - {layer}\n" for layer in stack.split("|")))
    for kind in ("keras", "h5", "weights.h5"):
        saved = path(f"{name}.{kind}")
        model.save_weights(saved) if kind == "weights.h5" else model.save(saved)
        given = ["--config", path("stack.yaml")] if kind == "weights.h5" else []
        sluice("import", "--from", saved, "--output", path("in.safetensors"), *given)
        report(f"{name}.{kind} in", onnx(path("in.safetensors"), inputs), expected)

    tensors = load_file(path("in.safetensors"))
    with safe_open(path("in.safetensors"), "numpy") as file:
        metadata = file.metadata()
    for key in tensors:
        if "bias_hh" in key and name not in with_two_biases:
            share = random.standard_normal(tensors[key].shape).astype(np.float32)
            tensors[key] = share
            tensors[key.replace("bias_hh", "bias_ih")] -= share
    save_file(tensors, path("split.safetensors"), metadata)
    for kind in ("keras", "weights.h5"):
        sluice("export", "--model", path("split.safetensors"), "--format", "keras", "--output", path(f"out.{kind}"))
    whole = keras.models.load_model(path("out.keras"))
    report(f"{name}.keras out", answers(whole, inputs), expected)
    whole.set_weights([0 * w for w in whole.get_weights()])
    whole.load_weights(path("out.weights.h5"))
    report(f"{name}.weights.h5 out", answers(whole, inputs), expected)

    if options.make:
        os.makedirs(fixtures, exist_ok=True)
        kept = f"{fixtures}/{name}.{kinds[name]}"
        if kinds[name] == "keras":
            # Zipped again, as people do; smaller, too.
            with zipfile.ZipFile(path(f"{name}.keras")) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
                for member in old.namelist():
                    new.writestr(zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0)), old.read(member), zipfile.ZIP_DEFLATED)
        else:
            with open(path(f"{name}.{kinds[name]}"), "rb") as old, open(kept, "wb") as new:
                new.write(old.read())
        few = rows(reads, 6, 5)
        save_file({"input": few, "output": answers(model, few)}, f"{fixtures}/{name}.safetensors")
        os.chmod(f"{fixtures}/{name}.safetensors", 0o644)

sys.exit(failed)
