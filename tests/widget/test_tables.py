"""What the browser answers, as pandas and NumPy. The answers are in the form of www/shared/protocol.js and report.js."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from headstart_widget import tables

EPOCHS = [
    {"epoch": 1, "loss": 1.5, "accuracy": 0.4, "valLoss": 1.2, "valAccuracy": 0.5, "learningRate": 0.001, "seconds": 0.1},
    {"epoch": 2, "loss": 0.5, "accuracy": 0.9, "valLoss": 0.7, "valAccuracy": 0.75, "learningRate": 0.001, "seconds": 0.1},
]
REPORT: dict[str, Any] = {
    "labels": ["cat", "dog"],
    "confusion": [[2, 1], [0, 1]],
    "perClass": [
        {"label": "cat", "precision": 1.0, "recall": 2 / 3, "f1": 0.8, "support": 3},
        {"label": "dog", "precision": 0.5, "recall": 1.0, "f1": 2 / 3, "support": 1},
    ],
    "accuracy": 0.75,
    "interval": [0.3, 0.95],
    "trainAccuracy": 1,
    "train": 16,
    "validation": 4,
    "bestEpoch": 2,
    "calibration": {"temperature": 1.4, "before": {"ece": 0.2, "bins": []}, "after": {"ece": 0.1, "bins": []}},
    "images": [{"id": 7, "name": "a.png", "label": "cat", "predicted": "dog", "probability": 0.6, "loss": None}],
}


def test_history_is_by_epoch_in_python_names() -> None:
    history = tables.history_from(EPOCHS)
    assert history.index.tolist() == [1, 2]
    assert history.columns.tolist() == ["loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"]
    assert history.loc[2, "val_accuracy"] == 0.75


def test_metrics_have_the_interval() -> None:
    metrics = tables.metrics_from(REPORT)
    assert metrics[["accuracy", "interval_low", "interval_high"]].tolist() == [0.75, 0.3, 0.95]
    assert metrics["calibration_error"] == 0.1, "of the half that the temperature was not fitted on"


def test_confusion_has_true_rows_and_predicted_columns() -> None:
    confusion = tables.confusion_from(REPORT)
    assert confusion.loc["cat", "dog"] == 1
    assert confusion.loc["dog", "cat"] == 0
    assert (confusion.index.name, confusion.columns.name) == ("true", "predicted")


def test_classes_and_predictions_are_found_by_their_names() -> None:
    assert tables.per_class_from(REPORT).loc["dog", "support"] == 1
    assert tables.predictions_from(REPORT).loc[7, "name"] == "a.png"


def test_features_are_the_bytes_row_by_row() -> None:
    rows = np.arange(12, dtype="<f4").reshape(3, 4)
    pictures = [{"id": at, "name": f"{at}.png", "label": "cat", "side": None} for at in range(3)]
    features = tables.features_from({"numFeatures": 4, "pictures": pictures}, rows.tobytes())
    np.testing.assert_array_equal(features.rows, rows)
    assert features.pictures["id"].tolist() == [0, 1, 2]


def test_features_of_no_picture_are_no_rows() -> None:
    features = tables.features_from({"numFeatures": 0, "pictures": []}, b"")
    assert features.rows.shape == (0, 0)


def test_bytes_that_do_not_belong_to_the_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="reshape"):
        tables.features_from({"numFeatures": 1, "pictures": [{}, {}, {}]}, bytes(16))


def test_pictures_are_cut_apart() -> None:
    value = [{"id": 1, "name": "a", "label": "x", "size": 2}, {"id": 2, "name": "b", "label": "y", "size": 3}]
    assert [one.bytes for one in tables.pictures_from(value, b"aabbb")] == [b"aa", b"bbb"]


def test_folds_are_counted_from_0() -> None:
    fold = {"accuracy": 0.5, "trainAccuracy": 1.0, "train": 8, "validation": 2, "epochs": []}
    result = tables.cross_validation_from({**REPORT, "folds": [fold, fold]})
    assert result.folds.index.tolist() == [0, 1]
    assert result.folds["train_accuracy"].tolist() == [1.0, 1.0]
    assert result.interval == (0.3, 0.95)


def test_lab_has_an_epoch_of_each_policy() -> None:
    runs = [{"policy": policy, "epochs": [{"run": 0, "epoch": epoch} for epoch in EPOCHS]} for policy in ("stored", "batch")]
    lab = tables.lab_from({"runs": runs, "inside": {"layers": [{"layer": "bn1", "distance": 0.5}]}, "sentences": ["So."]})
    assert lab.history.loc[("batch", 2), "accuracy"] == 0.9
    assert lab.layers.loc["bn1", "distance"] == 0.5


def test_ranked_keeps_the_order() -> None:
    ranked = tables.ranked_from([{"label": "dog", "probability": 0.9}, {"label": "cat", "probability": 0.1}])
    assert ranked.index[0] == "dog"
