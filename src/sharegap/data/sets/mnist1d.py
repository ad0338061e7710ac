"""MNIST-1D, made as its authors made it (Greydanus & Kobak 2024, github.com/greydanus/mnist1d, Apache-2.0).

Their package does the same but brings matplotlib and requests along.
"""

from functools import cache

import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from sharegap.data.dataset import Dataset

TEMPLATES = np.array(
    [
        [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
        [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
        [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
        [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
        [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
        [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
        [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
        [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
    ]
)
SAMPLES, TRAIN, PADDED, LENGTH = 5000, 4000, 72, 40
PADDING, MAX_TRANSLATION = (36, 60), 48
SCALE, CORRELATED_NOISE, IID_NOISE, SHEAR = 0.4, 0.25, 0.02, 0.75


def _resample(x: np.ndarray, length: int) -> np.ndarray:
    return np.interp(np.linspace(0, 1, length), np.linspace(0, 1, len(x)), x)


def _sample(template: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """One padded, scaled, shifted, noisy and sheared copy of a template; the order of the draws is the recipe's."""
    low, high = PADDING
    x = np.concatenate([template + 1e-8, np.zeros(low + int(rng.rand() * (high - low + 1)))])
    x = _resample(x, PADDED) * (1 + SCALE * (rng.rand() - 0.5))
    x = np.roll(x, rng.choice(MAX_TRANSLATION))
    x = np.where(x != 0, x, gaussian_filter(CORRELATED_NOISE * rng.randn(PADDED), sigma=2))
    x = x + IID_NOISE * rng.randn(PADDED)
    x = x - SHEAR * (rng.rand() - 0.5) * np.linspace(-0.5, 0.5, PADDED)
    return _resample(x, LENGTH)


@cache
def generate() -> tuple[np.ndarray, np.ndarray]:
    """The published samples (5000, 40) in float64 and labels (5000,); the first 4000 are for training."""
    templates = TEMPLATES - TEMPLATES.mean(1, keepdims=True)
    templates /= templates.std(1, keepdims=True)
    templates = (templates - templates[:, :1]) / 6
    rng = np.random.RandomState(42)
    x = np.stack([_sample(template, rng) for template in templates for _ in range(SAMPLES // len(templates))])
    y = np.repeat(np.arange(len(templates)), SAMPLES // len(templates))
    order = rng.permutation(SAMPLES)
    return (x[order] - x.mean()) / x.std(), y[order]


def mnist1d(shuffled: bool = False) -> Dataset:
    """MNIST-1D as (samples, 1, 40). `shuffled` permutes the positions, one permutation for all samples:
    the same information, but neighbouring positions have nothing in common.
    """
    x, y = generate()
    if shuffled:
        x = x[:, np.random.default_rng(0).permutation(LENGTH)]
    inputs, labels = torch.from_numpy(x).float().unsqueeze(1), torch.from_numpy(y)
    return Dataset(
        inputs[:TRAIN], labels[:TRAIN], inputs[TRAIN:], labels[TRAIN:], classes=len(TEMPLATES), strata=y[:TRAIN]
    )
