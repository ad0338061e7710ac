"""Encode the columns of targets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sharegap.data.user.inputs import MAX_FLOAT32
from sharegap.data.user.kind import infer_kind, join_one_hot
from sharegap.data.user.target_column import Column
from sharegap.errors import UserError

MISSING_CLASS = -1
PAIR_CLASSES = (("0", "1"), ("False", "True"))


@dataclass(frozen=True)
class Targets:
    """The encoded targets of all samples.

    Args:
        kind: one of KINDS, or one for samples that each belong to one of many tasks.
        columns: the targets; empty for reconstruction.
        strata: (samples,) integers that splits keep in proportion.
        task_names: names of the targets, or of the tasks that samples belong to.
        tasks: (samples,) indices of the tasks that samples belong to, -1 without a target; None without such tasks.
    """

    kind: str
    columns: tuple[Column, ...]
    strata: np.ndarray
    task_names: tuple[str, ...] = ()
    tasks: np.ndarray | None = None

    @property
    def is_pairs(self) -> bool:
        """Whether a sample is two items to compare."""
        return self.kind == "pairs"

    @property
    def present(self) -> np.ndarray:
        """(samples,) whether a sample has any target."""
        if not self.columns:
            return np.ones(len(self.strata), dtype=bool)
        return ~np.all([column.missing for column in self.columns], axis=0)

    @property
    def y(self) -> np.ndarray:
        """(samples,) classes, or (samples, targets) with NaN or -1 where one is missing."""
        values = np.stack([column.values for column in self.columns], 1)
        is_one_class = self.num_classes and self.kind != "multitask"
        return values[:, 0] if is_one_class else values

    @property
    def num_classes(self) -> int:
        """The most classes of a target; 0 for real numbers."""
        return max((len(column.class_names) for column in self.columns), default=0)

    def moments(self, train: np.ndarray) -> dict[str, list[float]]:
        """Return mean and standard deviation of each real target in the training part; of classes none.

        Raises:
            UserError: for one that does not vary.
        """
        mean, std = [], []
        for column in () if self.num_classes else self.columns:
            values = column.values[train]
            # Asked first, as the moments of no value are a warning.
            if np.isnan(values).all() or not np.nanstd(values):
                raise UserError(
                    f"the target {column.name} must vary in the training part, got a constant: leave it out"
                )
            mean.append(float(np.nanmean(values)))
            std.append(float(np.nanstd(values)))
        return {"target_mean": mean, "target_std": std}


def encode_targets(columns: Sequence[Column], kind: str | None, num_samples: int) -> Targets:
    """Encode columns as targets of a kind.

    Args:
        columns: the targets, each of `num_samples` values.
        kind: one of KINDS; None to decide by the types, see `infer_kind`.
        num_samples: number of samples, with or without targets.

    Raises:
        UserError: if the columns do not fit the kind.
    """
    kind = infer_kind(columns, kind)
    if kind == "classification" and len(columns) > 1:
        columns = [join_one_hot(columns)]
    names = tuple(column.name for column in columns)
    if kind == "reconstruction":
        return Targets(kind, (), np.zeros(num_samples, dtype=int))
    if kind == "regression":
        return Targets(kind, tuple(map(encode_numbers, columns)), np.zeros(num_samples, dtype=int), names)
    encoded = tuple(encode_classes(column, several=kind == "multitask") for column in columns)
    if kind == "multitask":
        return Targets(kind, encoded, encoded[0].values, names)
    if kind == "pairs" and encoded[0].class_names not in PAIR_CLASSES:
        raise UserError(
            "the target of pairs must be 1 for the same and 0 for different items, got the classes "
            f"{', '.join(encoded[0].class_names[:10])}: change it or dataset.kind"
        )
    return Targets(kind, encoded, encoded[0].values)


def encode_numbers(column: Column) -> Column:
    """Convert values to double precision, with NaN where they are missing."""
    values = np.where(column.missing, np.nan, column.values.astype(np.float64))
    is_beyond = np.abs(values) > MAX_FLOAT32
    if is_beyond.any():
        raise UserError(
            f"the target {column.name} must be finite and at most {MAX_FLOAT32:.1e}, got another number in sample "
            f"{int(is_beyond.argmax())} (from 0): leave it empty or NaN if it is missing"
        )
    return replace(column, values=values, missing=np.isnan(values))


def encode_classes(column: Column, several: bool) -> Column:
    """Number the different values in their order; -1 stands for a missing one.

    Args:
        column: integers, whole real numbers, Booleans or text. NaN is missing, and so is -1 if there are `several`.
        several: whether there are several targets.

    Raises:
        UserError: if there are fewer than 2 classes, or than 2 samples of a class.
    """
    values, missing = _integers(column) if column.is_real else (column.values, column.missing)
    if values.dtype.kind == "i":
        is_minus_one = (values == MISSING_CLASS) & ~missing
        if several:
            missing = missing | is_minus_one
        elif is_minus_one.any() and set(np.unique(values[~missing]).tolist()) != {-1, 1}:
            raise UserError(
                f"the target {column.name} must not be -1, which can mean a missing one, got it in "
                f"{int(is_minus_one.sum())} samples: remove them, or renumber that class"
            )
    classes, indices = np.unique(values[~missing], return_inverse=True)
    if len(classes) < 2:
        raise UserError(f"the target {column.name} must have at least 2 classes, got {len(classes)}")
    counts = np.bincount(indices)
    if counts.min() < 2:
        is_text = values.dtype.kind == "U"
        raise UserError(
            f"class {classes[counts.argmin()]} of the target {column.name} must have at least 2 samples, got 1: remove "
            f"it{'' if is_text else ', or set dataset.kind=regression'}"
        )
    encoded = np.full(len(values), MISSING_CLASS)
    encoded[~missing] = indices
    return replace(column, values=encoded, missing=missing, class_names=tuple(map(str, classes)))


def _integers(column: Column) -> tuple[np.ndarray, np.ndarray]:
    """Whole real numbers as integers, and which are missing."""
    missing = column.missing | np.isnan(column.values)
    values = np.where(missing, 0, column.values)
    # From 2**53 on, neighbouring integers round to one double.
    if not (np.abs(values) < 2**53).all() or not (values == np.round(values)).all():
        raise UserError(
            f"the classes of the target {column.name} must be integers or text, got real numbers: set "
            "dataset.kind=regression"
        )
    return values.astype(np.int64), missing
