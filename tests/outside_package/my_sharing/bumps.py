"""Sequences with a bump, up or down, somewhere in them."""

import numpy as np
import torch

from sharegap import Dataset

SAMPLES, TEST_SAMPLES, LENGTH, BUMP = 600, 400, 16, 4


def bumps(noise):
    """Draw sequences (1, 16) of noise with a bump of 4 numbers; the class is its sign."""
    rng = np.random.default_rng(0)
    x = noise * rng.standard_normal((SAMPLES + TEST_SAMPLES, 1, LENGTH))
    y = rng.integers(2, size=len(x))
    for sample, label in zip(x, y, strict=True):
        start = rng.integers(LENGTH - BUMP + 1)
        sample[0, start : start + BUMP] += 2 * label - 1
    inputs, classes = torch.from_numpy(x).float(), torch.from_numpy(y)
    return Dataset(inputs[:SAMPLES], classes[:SAMPLES], inputs[SAMPLES:], classes[SAMPLES:], classes=2)
