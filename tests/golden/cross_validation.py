#!/usr/bin/env python3
"""Writes cross_validation.json beside this file: what scikit-learn's cross-validation says of logistic regression.

    HEADSTART_DATA=… python3 tests/golden/cross_validation.py

`drawn`: rows that any language can draw again (README.md). `trashnet`: the feature rows of HEADSTART_DATA's
golden/features/trashnet-mini.lite0.npz. Both on five folds that are dealt here as src/split/folds.rs says, so that nothing
is left but what is trained, and once more on scikit-learn's own StratifiedGroupKFold.

Made with Python 3.11.7, scikit-learn 1.9.1, NumPy 2.4.6.
    pip install scikit-learn==1.9.1 numpy==2.4.6
"""
import hashlib
import json
import os
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import PredefinedSplit, StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from draws import numbers

FOLDS, SEED = 5, 1
ROWS, FEATURES, CLASSES, GROUP = 600, 48, 4, 3


def drawn():
    """Groups of three rows that share half of what they are, as a burst does."""
    classes = np.arange(ROWS) // GROUP % CLASSES
    raised = np.float32(0.3) * (np.arange(FEATURES) % CLASSES == classes[:, None])
    shared = np.repeat(numbers(ROWS // GROUP * FEATURES, 2).reshape(-1, FEATURES), GROUP, axis=0)
    return (numbers(ROWS * FEATURES, 1).reshape(ROWS, FEATURES) + shared) / 2 + raised, classes, np.arange(ROWS) // GROUP


def trashnet():
    with np.load(Path(os.environ["HEADSTART_DATA"]) / "golden/features/trashnet-mini.lite0.npz") as npz:
        return npz["features"].astype(np.float32), npz["labels"], np.arange(len(npz["labels"]))


def folds(classes, groups):
    """The groups of a class, in the order of their hashes, go round the folds; a group goes by its first row's file."""
    name = lambda group: f"{np.flatnonzero(groups == group)[0]:064x}"
    place = lambda group: hashlib.sha256(SEED.to_bytes(8, "little") + name(group).encode()).digest()[:8]
    order = [group for c in np.unique(classes) for group in sorted(np.unique(groups[classes == c]), key=place)]
    dealt = {group: at % FOLDS for at, group in enumerate(order)}
    return np.array([dealt[group] for group in groups])


def scores(x, classes, groups):
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    ours = folds(classes, groups)
    sizes = np.bincount(ours)
    each = cross_val_score(model, x, classes, cv=PredefinedSplit(ours))
    own = [cross_val_score(model, x, classes, groups=groups, cv=StratifiedGroupKFold(FOLDS, shuffle=True, random_state=s)).mean() for s in range(10)]
    return {"accuracy": float((each * sizes).sum() / sizes.sum()), "folds": each.tolist(), "sizes": sizes.tolist(), "own_folds": float(np.mean(own))}


if __name__ == "__main__":
    found = {"versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__}, "drawn": scores(*drawn()), "trashnet": scores(*trashnet())}
    text = json.dumps(found, indent=1)
    Path(__file__).with_suffix(".json").write_text(text + "\n")
    print(text)
