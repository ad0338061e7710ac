"""Tasks that have their own samples: how a sample says its task, and a synthetic set of such tasks."""

import math

import numpy as np
import torch
from torch import Tensor

from sharegap.data.dataset import Dataset

TASKS, FEATURES = 40, 10
FEWEST, MOST, TEST = 10, 100, 50
"""Samples of the smallest and the largest task, and test samples of each."""
COMMON, OWN, NOISE = 2.0, 1.0, 0.5
"""Variances of the targets: what the tasks' mean explains, what each task's deviation from it adds, and the noise."""


def with_task(x: Tensor, task: np.ndarray) -> Tensor:
    """Samples (samples, features + 1) of `x` (samples, ...), flattened, whose last number is that of their `task`."""
    return torch.cat([x.flatten(1), torch.from_numpy(task).to(x.dtype).unsqueeze(1)], 1)


def related_tasks() -> Dataset:
    """Linear regressions of 40 tasks whose weights are alike: w_t = w̄ + v_t (Evgeniou & Pontil 2004).

    Inputs are standard normal, 10 features; y = w_t · x + noise. ‖w̄‖² = 2, E‖v_t‖² = 1, and the noise has the
    variance 0.5. Tasks have 10 to 100 training samples, in geometric steps, and 50 test samples each. The weights that
    the data were drawn with have an R² of 0.845 on the test part, see `best_r2`: no model can be expected to do better.
    """
    weights = tasks()
    sizes = np.geomspace(FEWEST, MOST, TASKS).round().astype(int)
    rng = np.random.default_rng(1)
    (x, y), (x_test, y_test) = (_samples(weights, each, rng) for each in (sizes, np.full(TASKS, TEST)))
    return Dataset(
        x,
        y,
        x_test,
        y_test,
        classes=0,
        tasks=tuple(str(task) for task in range(TASKS)),
        strata=x[:, -1].long().numpy(),
    )


def tasks() -> np.ndarray:
    """Each task's weights, (tasks, features)."""
    rng = np.random.default_rng(0)
    common = rng.standard_normal(FEATURES)
    common *= np.sqrt(COMMON) / np.linalg.norm(common)
    own = rng.standard_normal((TASKS, FEATURES)) * np.sqrt(OWN / FEATURES)
    return common + own


def best_r2() -> float:
    """R² on the test part of the weights that it was drawn with."""
    data, weights = related_tasks(), tasks()
    x, task = data.x_test[:, :-1].numpy(), data.x_test[:, -1].long().numpy()
    y = data.y_test[:, 0].double().numpy()
    return float(1 - np.square(y - (x * weights[task]).sum(1)).mean() / y.var())


def _samples(weights: np.ndarray, sizes: np.ndarray, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    task = rng.permutation(np.repeat(np.arange(len(weights)), sizes))
    x = rng.standard_normal((len(task), weights.shape[1]))
    y = (x * weights[task]).sum(1) + math.sqrt(NOISE) * rng.standard_normal(len(task))
    return with_task(torch.from_numpy(x).float(), task), torch.from_numpy(y).float().unsqueeze(1)
