"""A synthetic set of related regression tasks, each with samples of its own."""

import math

import numpy as np
import torch
from torch import Tensor

from sharegap.data.dataset import Dataset
from sharegap.data.task_in_sample import with_task
from sharegap.errors import check_range

TASKS, FEATURES = 40, 10
MIN_SAMPLES, MAX_SAMPLES, TEST_SAMPLES = 10, 100, 50
"""Training samples of the smallest and of the largest task, and test samples of each task."""
SIGNAL, NOISE = 3.0, 0.5
"""Variance of the targets due to the tasks' weights, and to noise."""
CORRELATION = 2 / 3


def related_tasks(correlation: float = CORRELATION, redraw: bool | int = False) -> Dataset:
    """Draw linear regressions of 40 tasks with similar weights: w_t = w̄ + v_t (Evgeniou & Pontil 2004).

    Inputs are 10 standard normal features and the task, see `with_task`; y = w_t · x + noise. ‖w̄‖² = 3r, where r is
    the correlation, E‖v_t‖² = 3(1 − r), and the noise has the variance 0.5. So the ratio of shared to own variance,
    which is the right strength of soft sharing, is r / (1 − r), by default 2. Tasks have 10 to 100 training samples, in
    geometric steps, and 50 test samples each. No model can be expected to exceed the R² of the true weights, 0.845 on
    the test part, see `best_r2`, nor with the training samples alone that of the posterior mean, see `posterior_r2`.

    Args:
        correlation: r of the weights of two tasks, in [0, 1].
        redraw: the seed of a new draw of weights and samples; False for fixed ones.
    """
    check_range("dataset.load.correlation", correlation, "[0, 1]")
    weights = task_weights(correlation, redraw)
    sizes = np.geomspace(MIN_SAMPLES, MAX_SAMPLES, TASKS).round().astype(int)
    # Not the seed of the weights: the samples must be independent of them.
    rng = np.random.default_rng([1, redraw])
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


def task_weights(correlation: float = CORRELATION, redraw: bool | int = False) -> np.ndarray:
    """Draw the weights of each task, (tasks, features)."""
    rng = np.random.default_rng([0, redraw])
    common = rng.standard_normal(FEATURES)
    common *= np.sqrt(SIGNAL * correlation) / np.linalg.norm(common)
    specific = rng.standard_normal((TASKS, FEATURES)) * np.sqrt(SIGNAL * (1 - correlation) / FEATURES)
    return common + specific


def best_r2() -> float:
    """Compute the R² of the true weights on the test part."""
    dataset, weights = related_tasks(), task_weights()
    x, task = dataset.x_test[:, :-1].numpy(), dataset.x_test[:, -1].long().numpy()
    return _r2((x * weights[task]).sum(1), dataset)


def posterior_r2(dataset: Dataset, train: np.ndarray, correlation: float = CORRELATION) -> float:
    """Compute the R² on the test part of the best prediction that the training samples allow.

    That is the posterior mean, with a normal prior of the tasks' weights that has their true variances.

    Args:
        dataset: drawn by `related_tasks`.
        train: indices of the training samples.
        correlation: that it was drawn with.
    """
    x, y = dataset.x[train], dataset.y[train, 0].double().numpy()
    weights = np.linalg.solve(_covariance(x, x, correlation) + NOISE * np.eye(len(x)), y)
    return _r2(_covariance(dataset.x_test, x, correlation) @ weights, dataset)


def _covariance(x: Tensor, other: Tensor, correlation: float) -> np.ndarray:
    """The prior covariance of the noiseless targets of two lists of samples, (samples, other samples)."""
    same_task = (x[:, -1:] == other[:, -1]).double()
    products = x[:, :-1].double() @ other[:, :-1].double().T
    return (SIGNAL / FEATURES * products * (correlation + (1 - correlation) * same_task)).numpy()


def _r2(predicted: np.ndarray, dataset: Dataset) -> float:
    """The R² of predictions of the test part."""
    y = dataset.y_test[:, 0].double().numpy()
    return float(1 - np.square(y - predicted).mean() / y.var())


def _draw_samples(weights: np.ndarray, sizes: np.ndarray, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Inputs with their tasks, and targets (samples, 1), of `sizes` samples of each task."""
    task = rng.permutation(np.repeat(np.arange(len(weights)), sizes))
    x = rng.standard_normal((len(task), weights.shape[1]))
    y = (x * weights[task]).sum(1) + math.sqrt(NOISE) * rng.standard_normal(len(task))
    return with_task(torch.from_numpy(x).float(), task), torch.from_numpy(y).float().unsqueeze(1)
