"""Numbers that any language can draw again, as README.md says."""
import numpy as np


def numbers(count, seed):
    """-1…1, float32: the upper 24 bits of each state of `random(seed)`, so that each is exact."""
    state, values = seed, np.empty(count, np.float32)
    for i in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values[i] = np.float32(state >> 8) / np.float32(2**23) - np.float32(1)
    return values
