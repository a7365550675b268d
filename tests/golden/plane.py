#!/usr/bin/env python3
"""Writes plane.json beside this file: the first two principal components of rows that any language can draw again.

    python3 tests/golden/plane.py

By NumPy's singular value decomposition in float64, the largest coordinate of each axis positive, as scikit-learn's PCA has it.
Made with Python 3.11.7, NumPy 2.4.6.
"""
import json
from pathlib import Path

import numpy as np

from draws import numbers

ROWS, WIDTH = 60, 40


def main():
    # Column j varies by 1 / (1 + j / 4), and every third row is moved along the first two.
    rows = numbers(ROWS * WIDTH, 5).astype(np.float64).reshape(ROWS, WIDTH) / (1 + np.arange(WIDTH) / 4) + 3
    rows[::3, 0] += 1
    rows[::3, 1] -= 0.5
    centred = rows - rows.mean(0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2] * np.sign(axes[:2, [np.abs(axis).argmax() for axis in axes[:2]]].diagonal())[:, None]
    golden = {"points": (centred @ axes.T).tolist(), "explained": (values[:2] ** 2 / (values**2).sum()).tolist()}
    print(f"explained {golden['explained']}, the next {(values[2:10] ** 2 / (values**2).sum()).round(3).tolist()}")
    Path(__file__).with_name("plane.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
