#!/usr/bin/env python3
"""Writes augment.safetensors beside this file: what torchvision makes of `clouds` and `shapes` with fixed parameters.

    python3 tests/golden/augment.py

The pictures are rows and columns 64 to 111 of those that README.md describes. torchvision works on Pillow images here, as in
`torchvision.transforms.v2` on what `datasets.ImageFolder` reads. For a turn or a shift the picture is first made larger by
`pad(padding_mode="symmetric")` and then cut again, so that reflection fills what is uncovered.

Made with Python 3.11.7, torchvision 0.29.2, torch 2.15.0, Pillow 13.0.0, NumPy 2.4.6, safetensors.
    pip install torchvision==0.29.2 torch==2.15.0 pillow==13.0.0 numpy==2.4.6 safetensors
"""
import json
from pathlib import Path

import numpy as np
import PIL
import torchvision
from PIL import Image
from safetensors.numpy import save_file
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

SIDE = 48
# What each case does, in the order and with the names of torchvision.
CASES = [
    {"flip": True},
    {"degrees": 10.0},
    {"degrees": -37.5},
    {"degrees": 170.0},
    {"translate": [7, -3]},
    {"degrees": 5.0, "translate": [-20, 11]},
    {"region": {"top": 5, "left": 2, "height": 31, "width": 40}},
    {"region": {"top": 0, "left": 20, "height": 48, "width": 9}},
    {"brightness": 0.8},
    {"brightness": 1.35},
    {"contrast": 0.0},
    {"contrast": 1.7},
    {"saturation": 0.45},
    {"saturation": 1.9},
    {"brightness": 1.2, "contrast": 0.9, "saturation": 1.1, "order": [2, 0, 1]},
    {"degrees": 8.0, "translate": [2, 4], "region": {"top": 2, "left": 5, "height": 40, "width": 36}, "flip": True,
     "brightness": 0.9, "contrast": 1.2, "saturation": 0.8, "order": [1, 2, 0]},
]


def random(seed):
    state = seed
    while True:
        state = (state * 1664525 + 1013904223) % 2**32
        yield state >> 24


def clouds():
    stream = random(2)
    node = np.array([next(stream) for _ in range(8 * 8 * 3)]).reshape(8, 8, 3)
    at = np.arange(224)
    i, v, j, u = at // 32, (at % 32)[:, None, None], at // 32, (at % 32)[None, :, None]
    near, far = node[i][:, j], node[i + 1][:, j]
    near, far = near * (32 - u) + node[i][:, j + 1] * u, far * (32 - u) + node[i + 1][:, j + 1] * u
    return (near * (32 - v) + far * v) // 1024


def shapes():
    y, x = np.mgrid[:224, :224]
    picture = np.where(((x // 16 + y // 16) % 2 == 0)[..., None], [230, 225, 210], [40, 60, 90])
    picture[(x - 90) ** 2 + (y - 100) ** 2 < 60**2] = [200, 50, 40]
    picture[(120 <= x) & (x < 200) & (130 <= y) & (y < 190)] = [30, 160, 80]
    return picture


def turned(image, degrees, translate):
    padded = F.pad(image, [SIDE], padding_mode="symmetric")
    moved = F.affine(padded, degrees, translate, 1.0, [0.0, 0.0], interpolation=InterpolationMode.BILINEAR)
    return F.crop(moved, SIDE, SIDE, SIDE, SIDE)


def changed(image, case):
    if "degrees" in case or "translate" in case:
        image = turned(image, case.get("degrees", 0.0), case.get("translate", [0, 0]))
    if "region" in case:
        image = F.resized_crop(image, **case["region"], size=[SIDE, SIDE], interpolation=InterpolationMode.BILINEAR)
    if case.get("flip"):
        image = F.horizontal_flip(image)
    for which in case.get("order", [0, 1, 2]):
        name = ["brightness", "contrast", "saturation"][which]
        if name in case:
            image = getattr(F, f"adjust_{name}")(image, case[name])
    return image


arrays = {}
for name, picture in {"clouds": clouds(), "shapes": shapes()}.items():
    image = Image.fromarray(picture.astype(np.uint8)[64:64 + SIDE, 64:64 + SIDE])
    for number, case in enumerate(CASES):
        arrays[f"{name}.{number}"] = np.asarray(changed(image, case)).copy()
versions = f"torchvision {torchvision.__version__}, Pillow {PIL.__version__}"
metadata = {"cases": json.dumps(CASES), "versions": versions}
save_file(arrays, Path(__file__).with_name("augment.safetensors"), metadata=metadata)
