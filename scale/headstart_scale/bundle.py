"""headstart's export: the graph that makes features, and what a picture needs before. Nothing of it is executed but the graph."""
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from .refused import Refused

FORMAT = ("headstart-model", 1)


@dataclass
class Bundle:
    """`card.json` and the bytes of `model.onnx`, which belong to it."""

    card: dict
    model: bytes

    @property
    def backbone(self):
        return {name: self.card["backbone"][name] for name in ("name", "sha256", "num_features")}

    @property
    def preprocessing(self):
        return {"fit": "crop", **self.card["preprocessing"]}  # exports of before there were fits don't say


def read_bundle(folder):
    """A folder that "Take the model elsewhere" or `train_folder --export` wrote, unzipped. Refuses another version and a changed file."""
    folder = Path(folder)
    card = _card(folder)
    if (found := (card.get("format"), card.get("version"))) != FORMAT:
        raise Refused(f"{folder / 'card.json'} is of {found[0]} version {found[1]}; this program reads {FORMAT[0]} version {FORMAT[1]}. Export the model again.")
    try:
        model = (folder / "model.onnx").read_bytes()
        recorded = card["files"]["model.onnx"]
        backbone, preprocessing = card["backbone"], card["preprocessing"]
        backbone["name"], backbone["sha256"], backbone["num_features"], preprocessing["input_size"]
    except OSError as error:
        raise Refused(f"{folder / 'model.onnx'} can't be read ({error.strerror}). Export the model as a bundle, and unzip all of it.") from error
    except KeyError as error:
        raise Refused(f"{folder / 'card.json'} says nothing of {error}. Export the model again.") from error
    if (found := hashlib.sha256(model).hexdigest()) != recorded:
        raise Refused(f"{folder / 'model.onnx'} is not the one of card.json: its SHA-256 is {found[:12]}…, and should be {recorded[:12]}…. Unzip the export again.")
    return Bundle(card, model)


def _card(folder):
    path = folder / "card.json"
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Refused(f"{path} can't be read ({error.strerror}). Name the folder of an exported bundle, unzipped.") from error
    except ValueError as error:
        raise Refused(f"{path} is damaged ({error}). Unzip the export again.") from error


def open_session(model, threads, use_gpu):
    """ONNX Runtime on these bytes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Workers share cores with others: one that waits must not spin.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers = ["CUDAExecutionProvider"] * use_gpu + ["CPUExecutionProvider"]
    return onnxruntime.InferenceSession(model, options, providers=providers)
