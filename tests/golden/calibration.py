#!/usr/bin/env python3
"""Prints the temperatures and expected calibration errors that src/calibration.rs is tested against.

NumPy 2.4.6, double precision. The temperature by a fine grid and golden sections on the cross-entropy, so by another way
than headstart's; the error as in Guo et al. (2017): 15 bins of equal width, each open below and closed above.
"""
import numpy as np


def random(state):
    while True:
        state = (state * 1664525 + 1013904223) % 2**32
        yield state >> 24


def rows(n, classes):
    draw, logits, truth = random(7), [], []
    for _ in range(n):
        row = [(next(draw) - 128) / 16 for _ in range(classes)]
        luck, other = next(draw), next(draw)
        truth.append(int(np.argmax(row)) if luck < 160 else other % classes)
        logits.append(row)
    return np.array(logits), np.array(truth)


def probabilities(logits, temperature):
    raised = np.exp((logits - logits.max(1, keepdims=True)) / temperature)
    return raised / raised.sum(1, keepdims=True)


def loss(logits, truth, temperature):
    return -np.log(probabilities(logits, temperature)[np.arange(len(truth)), truth]).sum()


def fitted(logits, truth):
    low, high = 0.25, 20.0
    for _ in range(6):
        grid = np.linspace(low, high, 401)
        best = grid[np.argmin([loss(logits, truth, t) for t in grid])]
        low, high = max(0.25, best - (high - low) / 100), min(20.0, best + (high - low) / 100)
    return best


def ece(logits, truth, temperature, bins=15):
    p = probabilities(logits, temperature)
    confidence, right = p.max(1), p.argmax(1) == truth
    error = 0.0
    for low, high in zip(np.linspace(0, 1, bins + 1)[:-1], np.linspace(0, 1, bins + 1)[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return error


for n, classes in [(200, 5), (77, 2), (500, 9)]:
    logits, truth = rows(n, classes)
    t = fitted(logits, truth)
    print(f"({n}, {classes}, [{t:.6f}, {ece(logits, truth, 1.0):.6f}, {ece(logits, truth, t):.6f}]),")
