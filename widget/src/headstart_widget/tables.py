"""What the browser answers, as pandas and NumPy. Pure: no widget, no kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

HISTORY = {
    "epoch": "epoch",
    "loss": "loss",
    "accuracy": "accuracy",
    "valLoss": "val_loss",
    "valAccuracy": "val_accuracy",
    "learningRate": "learning_rate",
    "seconds": "seconds",
}


@dataclass(frozen=True)
class Features:
    """Feature rows: `rows` float32 [n, num_features]; `pictures` says of each its id, name, label and side of the split."""

    rows: np.ndarray[Any, np.dtype[np.float32]]
    pictures: pd.DataFrame


@dataclass(frozen=True)
class Picture:
    """A picture that was asked for: its file as it was chosen or drawn."""

    id: int
    name: str
    label: str
    bytes: bytes


@dataclass(frozen=True)
class CrossValidation:
    """Every picture validated once, by a head that did not learn from it; `interval`: 95 %, over all pictures."""

    accuracy: float
    interval: tuple[float, float]
    folds: pd.DataFrame
    confusion: pd.DataFrame


@dataclass(frozen=True)
class Lab:
    """Heads under several BatchNorm policies. `history`: by policy and epoch; `layers`: how far batches are from the stored statistics."""

    history: pd.DataFrame
    layers: pd.DataFrame
    sentences: list[str]


def history_from(epochs: list[dict[str, Any]]) -> pd.DataFrame:
    """One row an epoch, by its number."""
    return pd.DataFrame(epochs, columns=list(HISTORY)).rename(columns=HISTORY).set_index("epoch")


def metrics_from(report: dict[str, Any]) -> pd.Series[float]:
    """What the kept epoch is worth on the validation pictures."""
    low, high = report["interval"]
    calibration = report["calibration"]
    return pd.Series(
        {
            "accuracy": report["accuracy"],
            "interval_low": low,
            "interval_high": high,
            "train_accuracy": report["trainAccuracy"],
            "train": report["train"],
            "validation": report["validation"],
            "best_epoch": report["bestEpoch"],
            "temperature": calibration["temperature"],
            "calibration_error": calibration["after"]["ece"],
        },
        name="metrics",
        dtype=float,
    )


def per_class_from(report: dict[str, Any]) -> pd.DataFrame:
    """Precision, recall, F1 and support of each class."""
    return pd.DataFrame(report["perClass"]).set_index("label")


def confusion_from(report: dict[str, Any]) -> pd.DataFrame:
    """Rows true, columns predicted."""
    labels = report["labels"]
    return pd.DataFrame(report["confusion"], pd.Index(labels, name="true"), pd.Index(labels, name="predicted"), dtype=int)


def predictions_from(report: dict[str, Any]) -> pd.DataFrame:
    """Every validation picture, by its id."""
    columns = ["id", "name", "label", "predicted", "probability", "loss"]
    return pd.DataFrame(report["images"], columns=columns).set_index("id")


def features_from(value: dict[str, Any], data: bytes) -> Features:
    """Rows and what they belong to."""
    rows = np.frombuffer(data, dtype="<f4").reshape(len(value["pictures"]), value["numFeatures"])
    return Features(rows, pd.DataFrame(value["pictures"], columns=["id", "name", "label", "side"]))


def pictures_from(value: list[dict[str, Any]], data: bytes) -> list[Picture]:
    """The files, cut out of the bytes of all."""
    ends = np.cumsum([one["size"] for one in value], dtype=int)
    return [Picture(one["id"], one["name"], one["label"], data[end - one["size"] : end]) for one, end in zip(value, ends, strict=True)]


def cross_validation_from(value: dict[str, Any]) -> CrossValidation:
    """Folds in their order."""
    columns = {"accuracy": "accuracy", "trainAccuracy": "train_accuracy", "train": "train", "validation": "validation"}
    folds = pd.DataFrame(value["folds"], columns=list(columns)).rename(columns=columns)
    low, high = value["interval"]
    return CrossValidation(value["accuracy"], (low, high), folds.rename_axis("fold"), confusion_from(value))


def lab_from(value: dict[str, Any]) -> Lab:
    """All runs below each other."""
    runs = [history_from([one["epoch"] for one in run["epochs"]]).reset_index().assign(policy=run["policy"]) for run in value["runs"]]
    history = pd.concat(runs).set_index(["policy", "epoch"])
    layers = pd.DataFrame(value["inside"]["layers"]).set_index("layer")
    return Lab(history, layers, value["sentences"])


def ranked_from(value: list[dict[str, Any]]) -> pd.Series[float]:
    """Probabilities by class, best first."""
    return pd.Series({one["label"]: one["probability"] for one in value}, name="probability", dtype=float)
