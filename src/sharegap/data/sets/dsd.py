"""Dynamic Signal Distribution (Lahoti et al. 2024): a signal that may be in any one of several patches."""

import numpy as np
import torch

from sharegap.data.dataset import Dataset
from sharegap.errors import check_int, check_range

TRAIN, TEST = 6000, 4000


def dsd(k: int = 8, d: int = 32, signal: float = 4.0, redraw: bool | int = False) -> Dataset:
    """Draw sequences (1, k·d) of k patches, one of which has the signal, and the sign of the signal as the class.

    All numbers are standard normal; to one random patch ±`signal` times a fixed direction of d numbers is added. To
    find it takes on the order of k·d samples with a filter for each patch, and of k + d with one filter for all. So the
    law says that sharing is worth kd / (k + d) times the samples, by default 6.4 times.

    Args:
        k: number of patches.
        d: numbers of each patch.
        signal: length of the signal, > 0.
        redraw: the seed of a new draw of direction and samples; False for fixed ones.
    """
    check_int("dataset.load.k", k)
    check_int("dataset.load.d", d)
    check_range("dataset.load.signal", signal, "(0, inf)")
    rng = np.random.default_rng(redraw)
    direction = rng.standard_normal(d)
    direction *= signal / np.linalg.norm(direction)
    labels = rng.integers(2, size=TRAIN + TEST)
    x = rng.standard_normal((TRAIN + TEST, k, d))
    x[np.arange(len(x)), rng.integers(k, size=len(x))] += np.outer(2 * labels - 1, direction)
    inputs, y = torch.from_numpy(x).float().view(-1, 1, k * d), torch.from_numpy(labels)
    return Dataset(inputs[:TRAIN], y[:TRAIN], inputs[TRAIN:], y[TRAIN:], classes=2, strata=labels[:TRAIN])
