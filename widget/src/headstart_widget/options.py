"""Options of training: named as in Python here, as in JavaScript over there."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

OPTIONS = (
    "head",
    "hidden",
    "epochs",
    "seed",
    "batch_size",
    "learning_rate",
    "validation_split",
    "split",
    "optimizer",
    "momentum",
    "nesterov",
    "weight_decay",
    "schedule",
    "shuffle",
    "dropout",
    "neighbors",
    "neighbor_weights",
    "monitor",
    "patience",
    "class_weight",
    "augment",
    "views",
    "restore_best_weights",
)
"""Those of `fit`; what each means, and what it is where it is left out, stands in the npm package's `FitOptions`."""

NAMED_VALUES = ("monitor", "type")
"""Options whose value is a name of ours too: `val_loss`, `cosine_decay`."""


def options_from(given: Mapping[str, Any], allowed: tuple[str, ...] = OPTIONS) -> dict[str, Any]:
    """Give the browser's options for Python's. Raises TypeError for a name that is none, with the nearest that is."""
    for name in given:
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, n=1)
            advice = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(allowed)}."
            raise TypeError(f"{name} is no option of training. {advice}")
    return {camel(name): _value(name, value) for name, value in given.items() if value is not None}


def camel(name: str) -> str:
    """`batch_size` → `batchSize`."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _value(name: str, value: object) -> object:
    if isinstance(value, Mapping):
        return {camel(key): _value(key, inner) for key, inner in value.items()}
    if name in NAMED_VALUES and isinstance(value, str):
        return camel(value)
    return list(value) if isinstance(value, tuple) else value
