#!/usr/bin/env python3
"""Writes fit.json beside this file: the SHA-256 of what Pillow's `ImageOps.pad` makes of a drawn picture, `u8 [size, size, 3]`.

Pillow before 13 resizes the width first, as we do; 13 takes the height first where it loses more than twice as many pixels as the
width (tall pictures), and some samples then differ by one level, few by two. The script asks for the width first, and says so where that matters.

    python3 tests/golden/fit.py

`picture(width, height)` has at row y and column x, for channel c, `(x · (7 + c) + y · (13 + 5 c) + (x · y) / 8) mod 256`, where
`/` rounds down. A region is cut out first, from shares of the sides to whole pixels by Python's `round`.

Made with Python 3.11.7, Pillow 13.0.0, NumPy 2.4.6.
    pip install pillow==13.0.0 numpy==2.4.6
"""
import hashlib
import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageOps

SIZES = [(640, 480), (480, 640), (333, 500), (500, 333), (97, 61), (61, 97), (8, 160), (160, 8), (224, 224), (225, 224), (224, 225), (31, 31), (1001, 7 * 13)]
REGIONS = [(0.1, 0.2, 0.5, 0.5), (0.3333, 0, 0.6667, 1), (0.05, 0.05, 0.01, 0.01), (0.9, 0.9, 0.1, 0.1), (0, 0, 1, 1), (0.25, 0, 0.375, 0.5)]


def picture(width, height):
    y, x, c = np.mgrid[:height, :width, :3]
    return Image.fromarray(((x * (7 + c) + y * (13 + 5 * c) + x * y // 8) % 256).astype(np.uint8))


def cut(image, region):
    left, top, width, height = region
    edges = [round(left * image.width), round(top * image.height), round(round(left + width, 4) * image.width), round(round(top + height, 4) * image.height)]
    return image.crop(edges)


def width_first(image, size, method):
    width, height = ImageOps.contain(image, (size, size)).size
    return image.resize((width, image.height), method).resize((width, height), method)


def case(width, height, size, interpolation, fill, region=None):
    image = picture(width, height)
    image = cut(image, region) if region else image
    method = Image.Resampling[interpolation.upper()]
    padded = ImageOps.pad(width_first(image, size, method), (size, size), method, fill)
    differing = np.abs(np.int16(padded) - np.int16(ImageOps.pad(image, (size, size), method, fill)))
    assert differing.max() <= 3 and differing.mean() < 0.2, "another rounding at most"
    if differing.any():
        print(f"{image.width} × {image.height} to {size}: {np.count_nonzero(differing)} samples differ by up to {differing.max()} levels by the height first")
    found = {"width": width, "height": height, "size": size, "interpolation": interpolation, "fill": fill}
    return found | ({"region": region} if region else {}) | {"sha256": hashlib.sha256(np.asarray(padded).tobytes()).hexdigest()}


def main():
    cases = [case(w, h, size, how, fill) for w, h in SIZES for size, how, fill in
             ((224, "bicubic", (127, 127, 127)), (224, "bilinear", (124, 116, 104)), (65, "bicubic", (0, 255, 9)))]
    cases += [case(w, h, 224, "bicubic", (127, 127, 127), region) for w, h in ((640, 480), (1001, 333), (480, 900)) for region in REGIONS]
    text = ",\n".join(json.dumps(one) for one in cases)
    Path(__file__).with_name("fit.json").write_text(f'{{"pillow": "{PIL.__version__}", "cases": [\n{text}\n]}}\n')


if __name__ == "__main__":
    main()
