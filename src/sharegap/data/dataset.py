"""What a data set is."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from torch import Tensor

TaskKind = Literal[
    "classification", "multitask", "regression", "related_tasks", "related_classes", "pairs", "reconstruction"
]
TASK_KINDS: tuple[TaskKind, ...] = get_args(TaskKind)
"""What targets can be; `sharegap.tasks.registry` has a task for each."""


@dataclass(frozen=True)
class Dataset:
    """Hold one data set as tensors, with a fixed test part.

    Runs draw their training and validation samples from `x` and `y`, see `sharegap.data.split`.

    Args:
        x: inputs (samples, ...): (channels, *size), pairs (2, channels, *size), or tokens (context,).
        y: targets: class indices (samples,) or (samples, tasks), or real numbers (samples, features).
        x_test: inputs of the test part, as `x`.
        y_test: targets of the test part, as `y`.
        classes: number of values that a target takes; 0 for real numbers.
        tasks: names of the targets, if there are several.
        entropy: nats per target that no model can do without, if known.
        strata: (samples,) numbers that every split keeps in proportion; None for no strata.
        groups: (samples,) numbers; a split never divides the samples of one group, such as the crops of one image.
        validation: (samples,) which samples are for validation alone, as they differ in kind from those for training;
            None to draw them at random.
        order: (samples,) integers in the order of time; of every training part the latest are for validation. None
            without such an order.
        duplicates: (samples,) numbers of groups joined with equal samples, which a split never divides; None if there
            is nothing to add to `groups`. See `sharegap.data.duplicates`.
        duplicates_note: how many samples are equal, in words.
        kind: what the targets ask for, if the data and not a config decide it, see `sharegap.tasks.make_task`.
        categories: of a table that each run is yet to prepare, for each column of `x` the texts that become inputs, as
            they are numbered in `x`; empty for a column of numbers. `sharegap.data.prepare` does that.
        description: what was read from a user's file, in words; empty for data sets that the docs describe.
        preparation: how new rows become inputs, see `sharegap.data.user.preparation`; None of data sets that are none
            of a user's.

    Example:
        >>> import torch
        >>> x, y = torch.zeros(4, 1, 8), torch.tensor([0, 1, 0, 1])
        >>> Dataset(x, y, x_test=x, y_test=y, classes=2).sample_shape
        (1, 8)
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
    validation: np.ndarray | None = None
    order: np.ndarray | None = None
    duplicates: np.ndarray | None = None
    duplicates_note: str = ""
    kind: str = ""
    categories: tuple[tuple[int, ...], ...] = ()
    description: str = ""
    preparation: dict[str, Any] | None = None

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one input."""
        return tuple(self.x.shape[1:])

    @property
    def has_tokens(self) -> bool:
        """Whether inputs are the numbers of tokens."""
        return not self.x.is_floating_point()
