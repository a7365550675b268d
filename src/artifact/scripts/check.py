"""Recomputes what headstart said of the sample pictures, from the pictures on, and says pass or fail.

    pip install numpy pillow onnxruntime            # for a folder with model.onnx
    pip install numpy pillow torch safetensors      # for one with model.py
    python check.py                                 # the samples in this folder
    python check.py PICTURE…                        # what the model says of other pictures

Ends with status 1 where anything fails.
"""
import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

HERE = Path(__file__).parent


def prepared(path, card):
    """As headstart sees a picture: upright, on white, fitted into a square, normalised; f32 [1, 3, size, size]."""
    want = card["preprocessing"]
    picture = ImageOps.exif_transpose(Image.open(path))
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    picture = picture.convert("RGB")
    pixels = np.asarray(fitted(picture, want), np.float32)
    pixels = (pixels - np.float32(want["mean"])) / np.float32(want["std"])
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])


def resized(picture, size, method):
    """The width first, as headstart does: Pillow 13 takes the height first of a tall picture, which rounds otherwise."""
    return picture.resize((size[0], picture.height), method).resize(size, method)


def fitted(picture, want):
    """The centre, the whole picture between bars, or a region of it."""
    size, method = want["input_size"], getattr(Image.Resampling, want["interpolation"].upper())
    fit, _, shares = want["fit"].partition(":")
    if fit == "crop":
        short = round(size / want["crop_pct"])
        scaled = [short * side // min(picture.size) for side in picture.size]
        left, top = (round((side - size) / 2) for side in scaled)
        return resized(picture, scaled, method).crop((left, top, left + size, top + size))
    if fit == "region":
        left, top, width, height = (float(share) for share in shares.split(","))
        edges = ((left, left + width, picture.width), (top, top + height, picture.height))
        (left, right), (top, bottom) = ((round(round(start, 4) * side), round(round(end, 4) * side)) for start, end, side in edges)
        left, top = min(left, picture.width - 1), min(top, picture.height - 1)
        picture = picture.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    inside = [max(1, round(min(1, ratio) * size)) for ratio in (picture.width / picture.height, picture.height / picture.width)]
    return ImageOps.pad(resized(picture, inside, method), (size, size), method, tuple(want["fill"]))


def network(folder):
    """A function from prepared pixels to features and probabilities, one row each."""
    if (folder / "model.onnx").exists():
        import onnxruntime

        session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
        return lambda pixels: [row[0] for row in session.run(["features", "probabilities"], {"pixels_normalized": pixels})]
    import torch
    from model import load

    model = load(folder)

    def run(pixels):
        with torch.no_grad():
            features = model.backbone(torch.from_numpy(pixels))
            return features[0].numpy(), model.forward_head(features)[0].numpy()

    return run


def head(folder, card):
    """head.safetensors by hand: a function from a feature row to probabilities, in double precision."""
    data = (folder / "head.safetensors").read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    weights = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            weights[name] = np.frombuffer(data[start + begin:start + end], "<f4").reshape(entry["shape"]).astype(np.float64)
    if "neighbors" in card["head"]:
        return neighbors(weights, card["head"])
    names = [name for name in ("fc1", "fc2", "fc3", "classifier") if f"{name}.weight" in weights]

    def run(features):
        x = (np.float64(features) - weights["standardize.mean"]) / weights["standardize.std"]
        for name in names:
            x = weights[f"{name}.weight"] @ x + weights[f"{name}.bias"]
            x = x if name == "classifier" else np.maximum(x, 0)
        x = np.exp((x - x.max()) / card["head"]["temperature"])
        return x / x.sum()

    return run


def neighbors(weights, facts):
    """The votes of the nearest rows by cosine, with one vote more in equal parts for all classes, as in the graph."""
    rows, classes = weights["neighbors.rows"], weights["neighbors.classes"].astype(int)
    voting, count = facts["neighbors"], len(facts["labels"])
    k = voting["n_neighbors"]

    def run(features):
        x = (np.float64(features) - weights["standardize.mean"]) / weights["standardize.std"]
        x = x / max(np.linalg.norm(x), 1e-30)
        nearest = np.argsort(-(rows @ x), kind="stable")[:k]
        distances = np.maximum(((rows[nearest] - x) ** 2).sum(1) / 2, 1e-9)
        votes = 1 / distances if voting["weights"] == "distance" else np.ones(k)
        shares = np.bincount(classes[nearest], votes, count) / votes.sum()
        x = ((k * shares + 1 / count) / (k + 1)) ** (1 / facts["temperature"])
        return x / x.sum()

    return run


class Verdicts:
    """Prints what was compared; remembers whether anything failed."""

    failed = False

    def say(self, passed, what):
        self.failed |= not passed
        print("pass" if passed else "FAIL", what)

    def compare(self, what, ours, theirs, limit):
        difference = float(np.abs(np.float64(ours) - np.float64(theirs)).max())
        self.say(difference <= limit, f"{what}: largest difference {difference:.1e}, allowed {limit:.1e}")


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check(folder):
    card = json.loads((folder / "card.json").read_text("utf-8"))
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    verdicts, run, run_head = Verdicts(), network(folder), head(folder, card)
    for name, recorded in card["files"].items():
        if sha256(folder / name) != recorded:
            verdicts.say(False, f"{name}: its SHA-256 is not the one in card.json")
    for sample in expected["samples"]:
        name, largest = sample["file"], max(1, max(map(abs, sample["features"])))
        features, probabilities = run(prepared(folder / name, card))
        verdicts.compare(f"{name}, probabilities", probabilities, sample["probabilities"], expected["tolerance"]["picture"])
        verdicts.compare(f"{name}, features", features, sample["features"], expected["tolerance"]["features"] * largest)
        verdicts.compare(f"{name}, head", run_head(sample["features"]), sample["probabilities"], expected["tolerance"]["head"])
    print("All checks passed." if not verdicts.failed else "Something differs: do not rely on this copy of the model.")
    return not verdicts.failed


def tell(folder, files):
    card, run = json.loads((folder / "card.json").read_text("utf-8")), network(folder)
    for file in files:
        ranked = sorted(zip(run(prepared(file, card))[1], card["head"]["labels"]), reverse=True)
        print(file, ", ".join(f"{label} {probability:.3f}" for probability, label in ranked[:5]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="PICTURE")
    options = parser.parse_args()
    if options.files:
        tell(HERE, options.files)
    elif not check(HERE):
        sys.exit(1)
