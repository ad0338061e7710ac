"""What a data set is, and how a run's training and validation samples are taken from it."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from sharegap.errors import UserError
from sharegap.seeds import derive


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
    rng = np.random.default_rng(derive(seed, "split"))
    order = _stratified(strata, rng.permutation(samples))
    held, rest = order[:n_validation], order[n_validation:]
    if dataset.groups is not None:
        whole = np.isin(order, _whole_groups(dataset.groups, n_validation, rng))
        held, rest = (_stratified(strata, order[part]) for part in (whole, ~whole))
    if not least <= n_train <= len(rest):
        raise UserError(
            f"dataset.n_train is {n_train}: it must be from {least}, one of each class, to {len(rest)}, "
            f"which is the training part of {samples} less what {n_validation} for validation take"
        )
    return rest[:n_train], held[:n_validation]


def _stratified(strata: np.ndarray, shuffled: np.ndarray) -> np.ndarray:
    """The indices `shuffled`, so ordered that any stretch holds each stratum in proportion."""
    place = np.empty(len(strata))  # a sample's place within its stratum, as a fraction
    for stratum in np.unique(strata):
        members = shuffled[strata[shuffled] == stratum]
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return shuffled[np.argsort(place[shuffled], kind="stable")]


def _whole_groups(groups: np.ndarray, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """The samples of as few groups, in random order, as hold `wanted` samples."""
    names = rng.permutation(np.unique(groups))
    sizes = np.cumsum([(groups == name).sum() for name in names])
    enough = int(np.searchsorted(sizes, wanted)) + 1 if wanted else 0
    return np.flatnonzero(np.isin(groups, names[:enough]))
