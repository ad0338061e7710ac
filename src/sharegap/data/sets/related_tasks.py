"""A synthetic set of related regression tasks, each with samples of its own."""

import math

import numpy as np
import torch
from torch import Tensor

from sharegap.data.dataset import Dataset

TASKS, FEATURES = 40, 10
MIN_SAMPLES, MAX_SAMPLES, TEST_SAMPLES = 10, 100, 50
"""Training samples of the smallest and of the largest task, and test samples of each task."""
COMMON, SPECIFIC, NOISE = 2.0, 1.0, 0.5
"""Variance of the targets due to the tasks' mean weights, to each task's deviation from them, and to noise."""


def related_tasks() -> Dataset:
    """Draw linear regressions of 40 tasks with similar weights: w_t = w̄ + v_t (Evgeniou & Pontil 2004).

    Inputs are 10 standard normal features and the task, see `with_task`; y = w_t · x + noise. ‖w̄‖² = 2, E‖v_t‖² = 1,
    and the noise has the variance 0.5. Tasks have 10 to 100 training samples, in geometric steps, and 50 test samples
    each. No model can be expected to exceed the R² of the true weights, 0.845 on the test part, see `best_r2`.
    """
    weights = task_weights()
    sizes = np.geomspace(MIN_SAMPLES, MAX_SAMPLES, TASKS).round().astype(int)
    # Not the seed of the weights: the samples must be independent of them.
    rng = np.random.default_rng(1)
    x, y = _draw_samples(weights, sizes, rng)
    x_test, y_test = _draw_samples(weights, np.full(TASKS, TEST_SAMPLES), rng)
    return Dataset(
        x,
        y,
        x_test,
        y_test,
        classes=0,
        tasks=tuple(map(str, range(TASKS))),
        strata=x[:, -1].long().numpy(),
    )


def with_task(x: Tensor, task: np.ndarray) -> Tensor:
    """Append the task of each sample to its features.

    Args:
        x: inputs (samples, ...), which are flattened.
        task: (samples,) integers.

    Returns:
        (samples, features + 1); the last column is the task.
    """
    return torch.cat([x.flatten(1), torch.from_numpy(task).to(x.dtype).unsqueeze(1)], 1)


def task_weights() -> np.ndarray:
    """Draw the weights of each task, (tasks, features)."""
    rng = np.random.default_rng(0)
    common = rng.standard_normal(FEATURES)
    common *= np.sqrt(COMMON) / np.linalg.norm(common)
    specific = rng.standard_normal((TASKS, FEATURES)) * np.sqrt(SPECIFIC / FEATURES)
    return common + specific


def best_r2() -> float:
    """Compute the R² of the true weights on the test part."""
    dataset, weights = related_tasks(), task_weights()
    x, task = dataset.x_test[:, :-1].numpy(), dataset.x_test[:, -1].long().numpy()
    y = dataset.y_test[:, 0].double().numpy()
    return float(1 - np.square(y - (x * weights[task]).sum(1)).mean() / y.var())


def _draw_samples(weights: np.ndarray, sizes: np.ndarray, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Inputs with their tasks, and targets (samples, 1), of `sizes` samples of each task."""
    task = rng.permutation(np.repeat(np.arange(len(weights)), sizes))
    x = rng.standard_normal((len(task), weights.shape[1]))
    y = (x * weights[task]).sum(1) + math.sqrt(NOISE) * rng.standard_normal(len(task))
    return with_task(torch.from_numpy(x).float(), task), torch.from_numpy(y).float().unsqueeze(1)
