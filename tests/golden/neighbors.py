#!/usr/bin/env python3
"""Writes neighbors.json beside this file: what scikit-learn's nearest neighbours say.

    HEADSTART_DATA=… python3 tests/golden/neighbors.py

`drawn`: rows that any language can draw again (README.md). `trashnet`: the feature rows of HEADSTART_DATA's
golden/features/trashnet-mini.lite0.npz, every fifth held back. In float64.

Made with Python 3.11.7, scikit-learn 1.9.1, NumPy 2.4.6.
    pip install scikit-learn==1.9.1 numpy==2.4.6
"""
import json
import os
from pathlib import Path

import numpy as np
import sklearn
from sklearn.neighbors import KNeighborsClassifier

from draws import numbers

ROWS, ASKED, FEATURES, CLASSES = 150, 40, 27, 5
CASES = [(k, weights) for k in (1, 5, 12, 50) for weights in ("uniform", "distance")]


def drawn():
    """Row i is of class i mod 5; the first asked row is a training row again."""
    def rows(count, seed):
        classes = np.arange(count) % CLASSES
        return numbers(count * FEATURES, seed).reshape(count, FEATURES) + np.float32(0.25) * (np.arange(FEATURES) % CLASSES == classes[:, None]), classes

    (train, classes), (asked, _) = rows(ROWS, 1), rows(ASKED, 2)
    asked[0] = train[7]
    return train, classes, asked


def trashnet():
    with np.load(Path(os.environ["HEADSTART_DATA"]) / "golden/features/trashnet-mini.lite0.npz") as npz:
        rows, classes = npz["features"].astype(np.float32), npz["labels"]
    held = np.arange(len(rows)) % 5 == 0
    return rows[~held], classes[~held], rows[held]


def answers(train, classes, asked):
    found = []
    for k, weights in CASES:
        model = KNeighborsClassifier(k, metric="cosine", weights=weights)
        model.fit(train.astype(np.float64), classes)
        probabilities = model.predict_proba(asked.astype(np.float64))
        predicted = model.predict(asked.astype(np.float64))
        found.append({"neighbors": k, "weights": weights, "probabilities": probabilities.round(9).tolist(), "predicted": predicted.tolist()})
    return found


if __name__ == "__main__":
    golden = {"versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__}, "drawn": answers(*drawn()), "trashnet": answers(*trashnet())}
    Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
