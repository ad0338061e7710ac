"""What a data set is, and how a run's training and validation samples are taken from it."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from torch import Tensor

from sharegap.errors import UserError, as_int
from sharegap.seeding import derive_seed

TaskKind = Literal["classification", "multitask", "regression", "related_tasks", "pairs", "reconstruction"]
TASK_KINDS: tuple[TaskKind, ...] = get_args(TaskKind)
"""What targets can be; `sharegap.tasks.registry` has a task for each."""


@dataclass(frozen=True)
class Dataset:
    """Tensors of one data set; the test part is fixed, the training part is what runs draw from.

    Args:
        x: inputs (samples, ...): (channels, *size), pairs (2, channels, *size), or tokens (context,).
        y: targets: class numbers (samples,) or one column per task, or real numbers (samples, features).
        x_test: as `x`.
        y_test: as `y`.
        classes: how many values a target takes; 0 for real numbers.
        tasks: the names of the targets, where there are several.
        entropy: nats per target that no model can do without, where that is known.
        strata: (samples,) numbers which every split keeps in proportion; none where None.
        groups: (samples,) numbers; samples of one group have something in common, such as an image, so they
            are never on both sides of a split. None where each sample stands for itself.
        kind: what the targets ask for, where the data decide that and not a config; see `sharegap.tasks.make_task`.
        understood: what was read, and how it was taken, in words; empty for data whose page is in the docs.
    """

    x: Tensor
    y: Tensor
    x_test: Tensor
    y_test: Tensor
    classes: int
    tasks: tuple[str, ...] = ()
    entropy: float | None = None
    strata: np.ndarray | None = None
    groups: np.ndarray | None = None
    kind: str = ""
    understood: str = ""

    @property
    def sample_shape(self) -> tuple[int, ...]:
        return tuple(self.x.shape[1:])


def split(dataset: Dataset, seed: int, n_train: int, n_validation: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices (n_train,) and (n_validation,) of the training part, disjoint and stratified, drawn for `seed`.

    The same seed's smaller training sets lie in its larger ones and share their validation set.
    """
    samples = len(dataset.y)
    strata = np.zeros(samples, dtype=int) if dataset.strata is None else dataset.strata
    least = len(np.unique(strata))
    if not 0 <= n_validation < samples:
        raise UserError(
            f"dataset.n_validation is {n_validation}: it must be from 0 to {samples - 1}, the training part"
        )
    rng = np.random.default_rng(derive_seed(seed, "split"))
    held, rest = set_aside(strata, dataset.groups, n_validation, rng)
    if not least <= n_train <= len(rest):
        raise UserError(
            f"dataset.n_train is {n_train}: it must be from {least}, one of each class, to {len(rest)}, "
            f"which is the training part of {samples} less what {n_validation} for validation take"
        )
    return rest[:n_train], held[:n_validation]


def part_sizes(dataset: Dataset, n_train: int | None, n_validation: float) -> tuple[int, int]:
    """How many training and validation samples are meant.

    A number of validation samples below 1 is a fraction of the training part; no number of training samples is as
    many as are left for every seed.
    """
    samples = len(dataset.y)
    share = isinstance(n_validation, float) and 0 < n_validation < 1
    held = as_int("dataset.n_validation", round(n_validation * samples) if share else n_validation, minimum=0)
    if n_train is None:
        largest = 1 if dataset.groups is None else int(np.unique(dataset.groups, return_counts=True)[1].max())
        n_train = max(1, samples - held - (largest - 1 if held else 0))
    return as_int("dataset.n_train", n_train), held


def set_aside(
    strata: np.ndarray, groups: np.ndarray | None, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of `count` samples, or of as few whole groups as hold them, and of the others.

    Both are in random order, of which any stretch is stratified.
    """
    order = _stratified(strata, rng.permutation(len(strata)))
    if groups is None:
        return order[:count], order[count:]
    whole = np.isin(order, _whole_groups(groups, count, rng))
    return _stratified(strata, order[whole]), _stratified(strata, order[~whole])


def _stratified(strata: np.ndarray, shuffled: np.ndarray) -> np.ndarray:
    """The indices `shuffled`, so ordered that any stretch holds each stratum in proportion."""
    together = shuffled[np.argsort(strata[shuffled], kind="stable")]
    _, first, sizes = np.unique(strata[together], return_index=True, return_counts=True)
    within = np.arange(len(together)) - np.repeat(first, sizes)
    place = np.empty(len(strata))  # a sample's place within its stratum, as a fraction
    place[together] = (within + 0.5) / np.repeat(sizes, sizes)
    return shuffled[np.argsort(place[shuffled], kind="stable")]


def _whole_groups(groups: np.ndarray, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """The samples of as few groups, in random order, as hold `wanted` samples."""
    known, counts = np.unique(groups, return_counts=True)
    names = rng.permutation(known)
    sizes = np.cumsum(counts[np.searchsorted(known, names)])
    enough = int(np.searchsorted(sizes, wanted)) + 1 if wanted else 0
    return np.flatnonzero(np.isin(groups, names[:enough]))
