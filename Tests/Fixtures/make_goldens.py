#!/usr/bin/env python3
"""Writes the small golden files that Sluice's tests compare against.

    python3 Tests/Fixtures/make_goldens.py

needs PyTorch (2.13.0+cpu was used) and numpy; the tests themselves need no Python. Run twice, it
writes the same bytes.

Everything is computed in float64 from inputs that are exact in float32, and stored rounded to
float32, so a stored result is the correctly rounded truth, not another library's float32 path.
The header of every file says so (`computed_in`, `stored_as`), with the versions and the settings.

<lstm|gru|rnn|rnn_relu>/<layers>x<uni|bi>[-lengths][-state].safetensors
    torch.nn.LSTM, GRU and RNN, time-major. The scalar that is differentiated is
        sum(output * output_weight) + sum(hn * hn_weight) + sum(cn * cn_weight),
    without the last where there is no cell state.
    input [T, N, C], lengths [N] int32 (packed with enforce_sorted=False), h0 and c0 [layers * dirs, N, H],
    output [T, N, dirs * H], hn and cn like h0, weight_ih_l0 ... as PyTorch names them, and grad.<name>
    for input, h0, c0 and every weight.

losses.safetensors
    <case>.prediction, .target, [.row_weights, .class_weights], .statistics (sum of weighted losses,
    sum of weights), .gradient (of their quotient).

optimizers.safetensors
    initial [P], gradients [5, P], and for each case <case>.weights [5, P]: the weights after each of
    five steps with the global norm clipped at 1. The header's case.<case> holds the settings, as
    Sluice's configurations write them.
"""

import json
import pathlib
import struct

import numpy
import torch

HERE = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def draw(generator, *shape, scale=1.0):
    """Standard normal numbers times `scale`, exact in float32, held in float64."""
    values = torch.randn(*shape, generator=generator, dtype=torch.float64) * scale
    return values.to(torch.float32).to(torch.float64)


def save(path, tensors, **metadata):
    """Writes a safetensors file: the length of a JSON header, the header, the tensors in its order."""
    header = {"torch": torch.__version__, "computed_in": "float64", "stored_as": "float32", **metadata}
    table = {"__metadata__": {key: str(value) for key, value in header.items()}}
    data = b""
    for name in sorted(tensors):
        array = tensors[name].detach().numpy()
        is_real = array.dtype.kind == "f"
        array = array.astype("<f4" if is_real else "<i4")
        table[name] = {"dtype": "F32" if is_real else "I32", "shape": list(array.shape),
                       "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(table, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return 8 + len(text) + len(data)


CELLS = {
    "lstm": torch.nn.LSTM,
    "gru": torch.nn.GRU,
    "rnn": torch.nn.RNN,
    "rnn_relu": lambda *sizes, **options: torch.nn.RNN(*sizes, nonlinearity="relu", **options),
}


def recurrent(cell, layers, bidirectional, has_lengths, has_state, seed):
    T, N, C, H = 6, 5, 3, 4
    generator = torch.Generator().manual_seed(seed)
    dirs = 2 if bidirectional else 1
    model = CELLS[cell](C, H, num_layers=layers, bidirectional=bidirectional)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(draw(generator, *parameter.shape, scale=0.5))

    inputs = {"input": draw(generator, T, N, C)}
    if has_state:
        inputs["h0"] = draw(generator, layers * dirs, N, H, scale=0.7)
        if cell == "lstm":
            inputs["c0"] = draw(generator, layers * dirs, N, H)
    for tensor in inputs.values():
        tensor.requires_grad_()
    state = None
    if has_state:
        state = (inputs["h0"], inputs["c0"]) if cell == "lstm" else inputs["h0"]

    tensors = dict(inputs)
    if has_lengths:
        lengths = torch.tensor([4, 6, 1, 3, 6])
        tensors["lengths"] = lengths
        packed = torch.nn.utils.rnn.pack_padded_sequence(inputs["input"], lengths, enforce_sorted=False)
        packed_output, final = model(packed, state)
        output, _ = torch.nn.utils.rnn.pad_packed_sequence(packed_output, total_length=T)
    else:
        output, final = model(inputs["input"], state)

    results = {"output": output}
    results.update(zip(("hn", "cn"), final if cell == "lstm" else (final,)))
    weights = {name: draw(generator, *tensor.shape) for name, tensor in results.items()}
    sum((tensor * weights[name]).sum() for name, tensor in results.items()).backward()

    tensors.update(results)
    tensors.update({name + "_weight": tensor for name, tensor in weights.items()})
    for name, parameter in model.named_parameters():
        tensors[name] = parameter
        tensors["grad." + name] = parameter.grad
    for name, tensor in inputs.items():
        tensors["grad." + name] = tensor.grad

    name = f"{layers}x{'bi' if bidirectional else 'uni'}"
    name += ("-lengths" if has_lengths else "") + ("-state" if has_state else "")
    return save(HERE / cell / f"{name}.safetensors", tensors, model="torch.nn." + type(model).__name__,
                layers=layers, bidirectional=bidirectional, seed=seed)


def losses():
    tensors = {}
    generator = torch.Generator().manual_seed(7)
    functional = torch.nn.functional

    def add(name, prediction, target, element_losses, row_weights=None, class_weights=None):
        """`element_losses(prediction)` gives [R, K] or [R]; the mean is over true elements."""
        prediction = prediction.clone().requires_grad_()
        element = element_losses(prediction)
        weight = torch.ones_like(element)
        if row_weights is not None:
            weight = weight * (row_weights[:, None] if element.dim() == 2 else row_weights)
        if class_weights is not None:
            weight = weight * class_weights[target]
        total, count = (weight * element).sum(), weight.sum()
        (total / count).backward()
        tensors[name + ".prediction"] = prediction
        tensors[name + ".target"] = target
        tensors[name + ".statistics"] = torch.stack([total, count])
        tensors[name + ".gradient"] = prediction.grad
        if row_weights is not None:
            tensors[name + ".row_weights"] = row_weights
        if class_weights is not None:
            tensors[name + ".class_weights"] = class_weights

    R, K = 11, 3
    prediction, target = draw(generator, R, K, scale=2), draw(generator, R, K, scale=2)
    rows = draw(generator, R).abs()
    rows[4] = 0
    add("mse", prediction, target, lambda p: functional.mse_loss(p, target, reduction="none"))
    add("mse_weighted", prediction, target,
        lambda p: functional.mse_loss(p, target, reduction="none"), rows)
    add("mae", prediction, target, lambda p: functional.l1_loss(p, target, reduction="none"))
    add("huber", prediction, target,
        lambda p: functional.huber_loss(p, target, reduction="none", delta=1.5), rows)

    quantiles = torch.tensor([0.1, 0.5, 0.9]).to(torch.float32).to(torch.float64)
    single = draw(generator, R)

    def pinball(p):
        error = single[:, None] - p
        return torch.maximum(quantiles * error, (quantiles - 1) * error)

    add("quantile", prediction, single, pinball, rows)

    labels = (draw(generator, R, K) > 0).to(torch.float64)
    add("bce", prediction, labels, lambda p: functional.binary_cross_entropy_with_logits(
        p, labels, reduction="none", pos_weight=torch.tensor(2.5)), rows)

    classes = torch.randint(0, K, (R,), generator=generator)
    class_weights = torch.tensor([0.5, 1.0, 2.0])
    add("softmax", prediction, classes,
        lambda p: functional.cross_entropy(p, classes, reduction="none"))
    add("softmax_weighted", prediction, classes,
        lambda p: functional.cross_entropy(p, classes, reduction="none"), rows, class_weights)
    return save(HERE / "losses.safetensors", tensors, huber_delta=1.5, positive_weight=2.5,
                quantiles="0.1 0.5 0.9")


class Lion(torch.optim.Optimizer):
    """Chen et al., "Symbolic discovery of optimization algorithms", 2023, algorithm 2. PyTorch has none."""

    def __init__(self, parameters, lr, weight_decay, beta1, beta2):
        super().__init__(parameters, dict(lr=lr, weight_decay=weight_decay, beta1=beta1, beta2=beta2))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                update = torch.sign(group["beta1"] * m + (1 - group["beta1"]) * p.grad)
                m.copy_(group["beta2"] * m + (1 - group["beta2"]) * p.grad)
                p.sub_(group["lr"] * (update + group["weight_decay"] * p))


def optimizers():
    generator = torch.Generator().manual_seed(11)
    count, steps = 13, 5
    initial = draw(generator, count)
    gradients = torch.stack([draw(generator, count, scale=s) for s in (1.0, 0.1, 2.0, 0.05, 1.0)])
    tensors = {"initial": initial, "gradients": gradients}

    # Settings that are not exact in float32 are rounded to it first, as Sluice takes them.
    def f32(value):
        return float(numpy.float32(value))

    def case(optimizer, learning_rate, weight_decay=0.0):
        return {"optimizer": optimizer, "learning_rate": learning_rate, "weight_decay": weight_decay}

    cases = {
        "sgd": case({"name": "sgd"}, 0.1),
        "sgd_momentum": case({"name": "sgd", "momentum": 0.9}, 0.1, 0.01),
        "sgd_nesterov": case({"name": "sgd", "momentum": 0.9, "nesterov": True}, 0.1),
        "rmsprop": case({"name": "rmsprop", "decay": 0.99, "epsilon": 1e-6}, 0.01),
        "adam": case({"name": "adam", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}, 0.01, 0.01),
        "adamw": case({"name": "adamw", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}, 0.01, 0.01),
        "lion": case({"name": "lion", "beta1": 0.9, "beta2": 0.99}, 0.003, 0.1),
    }
    # What Sluice's constants are called in PyTorch.
    optimizers = {
        "sgd": lambda p, momentum=0.0, nesterov=False, **rest: torch.optim.SGD(
            p, momentum=momentum, nesterov=nesterov, **rest),
        "rmsprop": lambda p, decay, epsilon, **rest: torch.optim.RMSprop(
            p, alpha=decay, eps=epsilon, **rest),
        "adam": lambda p, beta1, beta2, epsilon, **rest: torch.optim.Adam(
            p, betas=(beta1, beta2), eps=epsilon, **rest),
        "adamw": lambda p, beta1, beta2, epsilon, **rest: torch.optim.AdamW(
            p, betas=(beta1, beta2), eps=epsilon, **rest),
        "lion": Lion,
    }

    def make(parameters, settings):
        constants = {key: f32(value) if isinstance(value, float) else value
                     for key, value in settings["optimizer"].items() if key != "name"}
        return optimizers[settings["optimizer"]["name"]](
            parameters, lr=f32(settings["learning_rate"]),
            weight_decay=f32(settings["weight_decay"]), **constants)

    for name, settings in cases.items():
        parameter = torch.nn.Parameter(initial.clone())
        optimizer = make([parameter], settings)
        trajectory = []
        for gradient in gradients:
            parameter.grad = gradient.clone()
            torch.nn.utils.clip_grad_norm_([parameter], 1.0)
            optimizer.step()
            trajectory.append(parameter.detach().clone())
        tensors[name + ".weights"] = torch.stack(trajectory)
    metadata = {"case." + name: json.dumps(settings) for name, settings in cases.items()}
    return save(HERE / "optimizers.safetensors", tensors, clip_norm=1, steps=steps, **metadata)


def main():
    total = losses() + optimizers()
    for cell in CELLS:
        seed = 100
        # The two plain cells differ in their activation alone.
        for layers in (2,) if cell == "rnn_relu" else (1, 2, 3):
            for bidirectional in (False, True):
                for has_lengths in (False, True):
                    for has_state in (False, True):
                        seed += 1
                        total += recurrent(cell, layers, bidirectional, has_lengths, has_state, seed)
    print(f"{total} bytes")


if __name__ == "__main__":
    main()
