"""What a user's file holds, and whether its arrays fit together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sharegap.data.user.inputs import check_numbers, check_sample_shape
from sharegap.data.user.target_column import Column
from sharegap.errors import UserError, as_int

MIN_SAMPLES = 10
"""Of fewer, no split is meaningful."""


@dataclass(frozen=True)
class UserData:
    """What a user's file holds.

    Args:
        source: its name, for messages.
        x: inputs (samples, ...).
        columns: targets, each (samples,) of x and then of x_test.
        x_test: inputs of the test part, if the file has one.
        groups: (samples of x,) names or integers; a split never divides a group.
        tasks: (samples,) of x and then of x_test, names or integers, if each sample belongs to one of many tasks.
        times: (samples of x,) numbers that order the samples, whose latest are the test part.
        input_names: names of the columns of x, if they have any.
        notes: sentences to add to the description.
        texts: of each column of x its different texts, of which x has the places; empty for numbers, which may be NaN.
            Without any, x needs no preparation.
        split_seed: of the test part that is set aside.
    """

    source: str
    x: np.ndarray
    columns: Sequence[Column]
    x_test: np.ndarray | None = None
    groups: np.ndarray | None = None
    tasks: np.ndarray | None = None
    times: np.ndarray | None = None
    input_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    texts: tuple[tuple[str, ...], ...] = ()
    split_seed: int = 0

    @property
    def test_inputs(self) -> np.ndarray:
        """The array that test samples are rows of."""
        return self.x if self.x_test is None else self.x_test

    @property
    def test_start(self) -> int:
        """Where the test inputs begin among all samples: 0 if they are held out of x."""
        return 0 if self.x_test is None else len(self.x)

    @property
    def num_samples(self) -> int:
        """Number of samples, those of the test part included."""
        return len(self.x) + (0 if self.x_test is None else len(self.x_test))


def check_shapes(data: UserData) -> None:
    """Check that all arrays have as many samples as they must."""
    if data.x.ndim < 2:
        raise UserError(f"x of {data.source} must be (samples, ...), e.g. (samples, 1), got {data.x.shape}")
    if len(data.x) < MIN_SAMPLES:
        raise UserError(f"{data.source} must have at least {MIN_SAMPLES} samples, got {len(data.x)}")
    if data.x_test is not None and (data.x_test.shape[1:] != data.x.shape[1:] or not len(data.x_test)):
        expected = ("samples", *data.x.shape[1:])
        raise UserError(f"x_test must be ({', '.join(map(str, expected))}) as x is, got {data.x_test.shape}")
    if data.times is not None and data.groups is not None:
        raise UserError("dataset.time_column must be null with dataset.groups, got both: a split follows one of them")
    seed = as_int("dataset.split_seed", data.split_seed, 0)
    if seed and (data.x_test is not None or data.times is not None):
        reason = "a test part of its own" if data.times is None else "dataset.time_column"
        raise UserError(f"dataset.split_seed must be 0 with {reason}, got {seed}: no test part is drawn")
    _check_labels(data.source, "groups", data.groups, len(data.x))
    _check_labels(data.source, "tasks", data.tasks, data.num_samples)


def _check_labels(source: str, name: str, labels: np.ndarray | None, num_samples: int) -> None:
    """Check the groups or tasks of samples."""
    if labels is not None and (labels.shape != (num_samples,) or labels.dtype.kind not in "biuU"):
        raise UserError(
            f"{name} of {source} must be an integer or name for each of the {num_samples} samples, got {labels.dtype} "
            f"of the shape {labels.shape}"
        )


def check_inputs(data: UserData, is_pairs: bool) -> None:
    """Check the shape and the numbers of the inputs."""
    if is_pairs and data.x.shape[1] != 2:
        raise UserError(f"x of {data.source} must be (samples, 2, ...) for pairs, got {data.x.shape}")
    check_sample_shape(data.x.shape[2:] if is_pairs else data.x.shape[1:])
    for name, x in (("x", data.x), ("x_test", data.x_test)):
        if x is not None:
            check_numbers(np.nan_to_num(x, posinf=np.inf, neginf=-np.inf) if data.texts else x, name)
