"""What a data set is, and how a run's training and validation samples are taken from it."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from sharegap.errors import UserError
from sharegap.seeds import derive


@dataclass(frozen=True)
class Dataset:
    """Tensors of one data set; the test part is fixed, the training part is what runs draw from.

    `x` is (samples, channels, *size) and `y` (samples,), class numbers from 0 to `classes` − 1.
    """

    x: Tensor
    y: Tensor
    x_test: Tensor
    y_test: Tensor
    classes: int

    @property
    def sample_shape(self) -> tuple[int, ...]:
        return tuple(self.x.shape[1:])


def split(y: np.ndarray, seed: int, n_train: int, n_validation: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices (n_train,) and (n_validation,), disjoint and stratified by `y`, drawn for `seed`.

    The same seed's smaller training sets lie in its larger ones and share their validation set.
    """
    classes = len(np.unique(y))
    room = len(y) - n_validation
    if not 0 <= n_validation < len(y):
        raise UserError(f"dataset.n_validation is {n_validation}: it must be from 0 to {len(y) - 1}, the training part")
    if not classes <= n_train <= room:
        raise UserError(
            f"dataset.n_train is {n_train}: it must be from {classes}, the number of classes, to {room}, "
            f"which is the training part of {len(y)} less {n_validation} for validation"
        )
    shuffled = np.random.default_rng(derive(seed, "split")).permutation(len(y))
    # A sample's place within its class, as a fraction: any stretch of the order then holds each class in proportion.
    place = np.empty(len(y))
    for label in np.unique(y):
        members = shuffled[y[shuffled] == label]
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    order = shuffled[np.argsort(place[shuffled], kind="stable")]
    return order[n_validation : n_validation + n_train], order[:n_validation]
