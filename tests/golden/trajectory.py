#!/usr/bin/env python3
"""Writes trajectory.json beside this file: the loss of the MLP head over five epochs, as Keras and PyTorch train it.

    python3 tests/golden/trajectory.py

Rows and weights are numbers that any language can draw again (README.md); the order of the rows is fixed and there is no
dropout, so that nothing is left but gradients and the optimiser.

Made with Python 3.11.7, Keras 3.15.1 on PyTorch 2.15.0 on the CPU, NumPy 2.4.6; one thread.
    pip install keras==3.15.1 torch==2.15.0 numpy==2.4.6
"""
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch

from draws import numbers

FEATURES, HIDDEN, CLASSES, TRAIN, VALIDATION, BATCH, EPOCHS = 24, (512, 512), 5, 100, 40, 32, 5
# By optimiser: what made it, and with which options beside the learning rate.
RUNS = {
    "adam": ("keras", keras.optimizers.Adam, 1e-3, {}),
    "adam-balanced": ("keras", keras.optimizers.Adam, 1e-3, {"class_weight": "balanced"}),
    "adam-narrow": ("keras", keras.optimizers.Adam, 1e-3, {"hidden": (37,)}),
    "adamw": ("keras", keras.optimizers.AdamW, 1e-3, {}),
    "adamw-decay": ("keras", keras.optimizers.AdamW, 1e-3, {"weight_decay": 0.5}),
    "rmsprop": ("keras", keras.optimizers.RMSprop, 1e-4, {}),
    "rmsprop-momentum": ("keras", keras.optimizers.RMSprop, 1e-4, {"momentum": 0.5}),
    "sgd": ("keras", keras.optimizers.SGD, 0.05, {}),
    "sgd-momentum-keras": ("keras", keras.optimizers.SGD, 0.02, {"momentum": 0.9}),
    "sgd-momentum": ("pytorch", torch.optim.SGD, 0.02, {"momentum": 0.9}),
    "sgd-nesterov": ("pytorch", torch.optim.SGD, 0.02, {"momentum": 0.9, "nesterov": True}),
    "sgd-deep": ("pytorch", torch.optim.SGD, 0.05, {"hidden": (130, 9, 64)}),
}


def rows(count, seed):
    classes = np.arange(count) % CLASSES
    raised = np.float32(0.5) * (np.arange(FEATURES) % CLASSES == classes[:, None])
    return numbers(count * FEATURES, seed).reshape(count, FEATURES) + raised.astype(np.float32), classes


def unbalanced(x, y):
    """Of the last three classes only the first 40 rows, 20 of each of the first two, 8 of the others."""
    kept = (y < 2) | (np.arange(len(y)) < 40)
    return x[kept], y[kept]


def balanced(y):
    """scikit-learn's compute_class_weight("balanced"), in its own words: n_samples / (n_classes * np.bincount(y))"""
    return dict(enumerate(len(y) / (CLASSES * np.bincount(y))))


def weights(hidden):
    widths = [FEATURES, *hidden, CLASSES]
    for seed, (d_in, d_out) in enumerate(zip(widths, widths[1:]), 3):
        limit = np.sqrt(np.float32(6) / np.float32(d_in + d_out))
        yield numbers(d_in * d_out, seed).reshape(d_in, d_out) * limit


def keras_run(optimizer, hidden, is_weighted):
    dense = keras.layers.Dense
    model = keras.Sequential([keras.Input((FEATURES,)), *(dense(width, "relu") for width in hidden), dense(CLASSES, "softmax")])
    for layer, weight in zip(model.layers, weights(hidden)):
        layer.set_weights([weight, np.zeros(weight.shape[1], np.float32)])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    (x, y), validation = rows(TRAIN, 1), rows(VALIDATION, 2)
    if is_weighted:
        x, y = unbalanced(x, y)
    class_weight = balanced(y) if is_weighted else None
    history = model.fit(x, y, BATCH, EPOCHS, class_weight=class_weight, verbose=0, validation_data=validation, validation_batch_size=VALIDATION, shuffle=False)
    return {key: history.history[key] for key in ["loss", "accuracy", "val_loss", "val_accuracy"]}


def pytorch_run(make, rate, options, hidden):
    layers = []
    for weight in weights(hidden):
        linear = torch.nn.Linear(*weight.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight.T))
            linear.bias.zero_()
        layers += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = make(model.parameters(), lr=rate, **options)
    (x, y), (x_val, y_val) = [[torch.from_numpy(array) for array in rows(*side)] for side in [(TRAIN, 1), (VALIDATION, 2)]]
    history = {key: [] for key in ["loss", "accuracy", "val_loss", "val_accuracy"]}
    for _ in range(EPOCHS):
        loss = right = 0.0
        for at in range(0, TRAIN, BATCH):
            logits, classes = model(x[at : at + BATCH]), y[at : at + BATCH]
            mean = torch.nn.functional.cross_entropy(logits, classes)
            optimizer.zero_grad()
            mean.backward()
            optimizer.step()
            loss, right = loss + mean.item() * len(classes), right + (logits.argmax(1) == classes).sum().item()
        with torch.no_grad():
            logits = model(x_val)
            val_loss = torch.nn.functional.cross_entropy(logits, y_val).item()
        figures = [loss / TRAIN, right / TRAIN, val_loss, (logits.argmax(1) == y_val).float().mean().item()]
        for values, figure in zip(history.values(), figures):
            values.append(figure)
    return history


def main():
    torch.set_num_threads(1)
    trajectories = {}
    for name, (who, make, rate, options) in RUNS.items():
        ours = {key: value for key, value in options.items() if key not in ("class_weight", "hidden")}
        is_weighted, hidden = "class_weight" in options, options.get("hidden", HIDDEN)
        history = keras_run(make(rate, **ours), hidden, is_weighted) if who == "keras" else pytorch_run(make, rate, ours, hidden)
        rounded = {key: [round(float(value), 7) for value in values] for key, values in history.items()}
        trajectories[name] = {"by": who, "learning_rate": rate, **options, **rounded}
        print(name, rounded["loss"], rounded["val_loss"])
    versions = {"keras": keras.__version__, "torch": torch.__version__.split("+")[0], "numpy": np.__version__}
    text = ",\n".join(f"  {json.dumps(name)}: {json.dumps(run)}" for name, run in trajectories.items())
    (Path(__file__).parent / "trajectory.json").write_text(f'{{\n  "versions": {json.dumps(versions)},\n{text}\n}}\n')


main()
