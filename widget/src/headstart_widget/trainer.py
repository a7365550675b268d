"""The widget: the trainer in a cell, and what Python may ask of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import anywidget
import pandas as pd
import traitlets
from headstart_widget import tables
from headstart_widget.answer import Answer
from headstart_widget.assets import STATIC, asset
from headstart_widget.errors import BrowserError, NoBrowserError, NotYetError, StoppedError
from headstart_widget.kernel import hear_apart
from headstart_widget.options import OPTIONS, options_from
from headstart_widget.pictures import labelled_paths

T = TypeVar("T")
BROWSER_PATIENCE_SECS = 60.0
LAB_OPTIONS = (*OPTIONS, "policies", "validation_policy", "shuffles")


class Trainer(anywidget.AnyWidget):
    """Trains an image classifier in the cell that shows it.

    `epochs`, `head` ("mlp", "linear" or "knn": nearest neighbours), `seed` and the other options of `fit` hold for every training,
    by hand or from Python. `device`: "auto", "webgpu" or "cpu". `workers`: one a core, 8 at most.

    The pictures stay in the browser. Python gets numbers, names of classes and names of files; pictures only through `images()`.
    """

    _esm = STATIC / "widget.js"
    _css = STATIC / "widget.css"
    options = traitlets.Dict(read_only=True).tag(sync=True)
    device = traitlets.Enum(["auto", "webgpu", "cpu"], "auto").tag(sync=True)
    workers = traitlets.Int(None, allow_none=True, min=1, max=8).tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    """What the browser has: status, counts, history, report, rejected. Observe it to hear of changes."""

    def __init__(self, *, device: str = "auto", workers: int | None = None, **options: Any) -> None:  # noqa: ANN401
        """Raise TypeError for an option that is none."""
        self._page: str | None = None
        self._ids = itertools.count(1)
        self._waiting: dict[int, tuple[Answer[Any], Callable[[Any, bytes], Any]]] = {}
        self._parts: dict[int, list[bytes]] = {}
        self._unsent: list[tuple[int, dict[str, Any], list[bytes]]] = []
        self.set_trait("options", options_from(options))
        super().__init__(device=device, workers=workers)
        self.on_msg(self._hear)

    # What is there

    @property
    def history(self) -> pd.DataFrame:
        """Loss and accuracy of each epoch so far, on both sides of the split."""
        epochs = self.state.get("history")
        if not epochs:
            raise self._not_yet("trained")
        return tables.history_from(epochs)

    @property
    def metrics(self) -> pd.Series[float]:
        """Accuracy on the validation pictures with its 95 % interval, and what belongs to it."""
        return tables.metrics_from(self._report)

    @property
    def per_class(self) -> pd.DataFrame:
        """Precision, recall, F1 and support of each class."""
        return tables.per_class_from(self._report)

    @property
    def confusion(self) -> pd.DataFrame:
        """The confusion matrix: rows true, columns predicted."""
        return tables.confusion_from(self._report)

    @property
    def predictions(self) -> pd.DataFrame:
        """What the model says of each validation picture."""
        return tables.predictions_from(self._report)

    @property
    def classes(self) -> pd.Series[int]:
        """Pictures of each class."""
        return pd.Series(self.state.get("counts", {}), name="pictures", dtype=int)

    @property
    def rejected(self) -> pd.DataFrame:
        """Files that were left out, and why."""
        return pd.DataFrame(self.state.get("rejected", []), columns=["name", "reason", "code"])

    # What can be asked for; each is under way at once, and `await` waits for it

    def load_examples(self, kind: str = "patterns", each: int = 20, seed: int = 1) -> Answer[pd.Series[int]]:
        """Draw example pictures in the browser: "patterns", "cells" (solar cells, sound or not) or "bursts" (classes by coin)."""
        return self._ask({"command": "load_examples", "kind": kind, "each": each, "seed": seed}, _counts_from)

    def add_images(self, source: str | Path | Iterable[str | Path], label: str | None = None) -> Answer[pd.Series[int]]:
        """Send pictures from the kernel's disk to the browser: a folder with a sub-folder for each class, or files of one class."""
        found = labelled_paths(source, label)
        pictures = [{"name": path.name, "label": name} for path, name in found]
        return self._ask({"command": "add_images", "pictures": pictures}, _counts_from, [path.read_bytes() for path, _ in found])

    def fit(self, **options: Any) -> Answer[pd.DataFrame]:  # noqa: ANN401
        """Train; the answer is the history. Options given here hold for this training alone."""
        call = {"command": "fit", "options": options_from(options)}
        return self._ask(call, lambda _, __: self.history)

    def cross_validate(self, folds: int = 5, **options: Any) -> Answer[tables.CrossValidation]:  # noqa: ANN401
        """Let every picture validate once. Near-duplicates are in one fold."""
        call = {"command": "cross_validate", "folds": folds, "options": options_from(options)}
        return self._ask(call, lambda value, _: tables.cross_validation_from(value))

    def lab(self, policies: Iterable[str] = ("stored", "batch"), **options: Any) -> Answer[tables.Lab]:  # noqa: ANN401
        """Train under several BatchNorm policies side by side: stored, batch, updated, reestimated."""
        call = {"command": "lab", "options": options_from({"policies": list(policies), **options}, LAB_OPTIONS)}
        return self._ask(call, lambda value, _: tables.lab_from(value))

    def predict(self, picture: str | Path | bytes) -> Answer[pd.Series[float]]:
        """Classify a picture that Python has: a path, or the bytes of a file."""
        name = "picture" if isinstance(picture, bytes) else Path(picture).name
        data = picture if isinstance(picture, bytes) else Path(picture).read_bytes()
        return self._ask({"command": "predict", "name": name}, lambda value, _: tables.ranked_from(value), [data])

    def groups(self) -> Answer[list[list[int]]]:
        """Ids of pictures that look alike, group by group. The split keeps each on one side."""
        return self._ask({"command": "groups"}, lambda value, _: value)

    def features(self) -> Answer[tables.Features]:
        """Feature rows of all pictures, in their order."""
        return self._ask({"command": "features"}, tables.features_from)

    def images(self) -> Answer[list[tables.Picture]]:
        """Take the pictures themselves into the kernel. The trainer says on screen that this was done."""
        return self._ask({"command": "images"}, tables.pictures_from)

    def export(self, kind: str, path: str | Path) -> Answer[Path]:
        """Write the model to a file: "safetensors", "onnx", "head-onnx", "bundle", "pytorch" or "tfjs"."""
        file = Path(path)
        if not file.parent.is_dir():
            raise FileNotFoundError(f"{file.parent} is no folder, so {file.name} can't be written there.")

        def write(_: object, data: bytes) -> Path:
            file.write_bytes(data)
            return file

        return self._ask({"command": "export", "kind": kind}, write)

    # Between the two

    @traitlets.observe("comm")
    def _comm_opened(self, change: dict[str, Any]) -> None:
        hear_apart(change["new"], self._handle_msg)

    def _ask(self, call: dict[str, Any], read: Callable[[Any, bytes], T], buffers: list[bytes] | None = None) -> Answer[T]:
        number = next(self._ids)

        def check(waited_secs: float) -> None:
            if self._page is None and waited_secs > BROWSER_PATIENCE_SECS:
                del self._waiting[number]
                raise NoBrowserError(
                    "No browser has opened this trainer. Let a cell end with it, so that it is shown, in JupyterLab, Colab, VS Code or "
                    "marimo. If it is shown: does ipykernel's version let it be heard? It needs 6, or 7.4 and later."
                )

        answer: Answer[T] = Answer(call["command"], check, lambda: self.send({"type": "stop", "id": number}))
        self._waiting[number] = (answer, read)
        self._send_call(number, call, buffers or [])
        return answer

    def _send_call(self, number: int, call: dict[str, Any], buffers: list[bytes]) -> None:
        if self._page is None:
            self._unsent.append((number, call, buffers))
        else:
            self.send({"type": "call", "id": number, "session": self._page, "call": call}, buffers)

    def _hear(self, _: object, message: dict[str, Any], buffers: list[memoryview]) -> None:
        kind = message.get("type")
        if kind == "hello":
            self._greet(message["session"])
        elif kind == "files":
            for name in message["names"]:
                self.send({"type": "file", "name": name}, [asset(name)])
        elif kind == "state":
            self.state = message["state"]
        elif kind == "ping":
            self.send({"type": "pong"})
        elif kind == "part":
            self._parts.setdefault(message["id"], []).append(bytes(buffers[0]))
        elif kind in ("done", "failed") and message["id"] in self._waiting:
            self._settle(message)

    def _greet(self, page: str) -> None:
        """Talk to the newest page alone. What an older one was asked for, it can't answer any more."""
        if self._page is not None:
            for answer, _ in self._waiting.values():
                answer.fail(NoBrowserError("The page was loaded anew meanwhile, or another shows this trainer now. Ask again there."))
            self._waiting.clear()
            self._parts.clear()
        self._page = page
        self.send({"type": "listening", "session": page})
        unsent, self._unsent = self._unsent, []
        for number, call, buffers in unsent:
            self._send_call(number, call, buffers)

    def _settle(self, message: dict[str, Any]) -> None:
        answer, read = self._waiting.pop(message["id"])
        data = b"".join(self._parts.pop(message["id"], []))
        if message["type"] == "failed":
            kind = StoppedError if message["code"] == "stopped" else BrowserError
            answer.fail(kind(message["message"], message["code"], message.get("file")))
            return
        self.state = message["state"]
        try:
            answer.settle(read(message["value"], data))
        except Exception as error:  # noqa: BLE001  # whoever awaits is told, not the kernel's log
            answer.fail(error)

    @property
    def _report(self) -> dict[str, Any]:
        report = self.state.get("report")
        if report is None:
            raise self._not_yet("trained")
        return dict(report)

    def _not_yet(self, what: str) -> NotYetError:
        if self._waiting or self.state.get("status") == "training":
            return NotYetError(
                "The browser is still at it. Write `await` before the call, such as `await trainer.fit()`, and it is waited for."
            )
        if not self.state:
            return NotYetError("The browser has not been heard of yet. Show the trainer, then `await trainer.fit()` in a cell after it.")
        return NotYetError(f"Nothing is {what} yet, or pictures came since. Press Train, or `await trainer.fit()`.")


def _counts_from(value: dict[str, Any], _: bytes) -> pd.Series[int]:
    return pd.Series(value["counts"], name="pictures", dtype=int)
