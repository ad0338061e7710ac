"""Decide what kind of targets a user's columns are."""

from collections.abc import Sequence

import numpy as np

from sharegap.data.dataset import TASK_KINDS
from sharegap.data.user.target_column import Column
from sharegap.errors import UserError, unknown_name

KINDS = tuple(kind for kind in TASK_KINDS if not kind.startswith("related_"))  # which a task column says
MAX_CLASS_VALUES, MIN_REPEATS = 20, 2
"""Real numbers may be classes if they are whole and so few, each so often on average."""


def infer_kind(columns: Sequence[Column], kind: str | None) -> str:
    """Return the kind that is asked for, or else the one that the columns' types suggest.

    Real numbers are regression, and all else are classes; several columns of classes are tasks. If some columns are
    real and the others integers, all are real.

    Raises:
        UserError: if the kind is unknown or unclear, or the number of columns does not fit it.
    """
    if kind is not None and kind not in KINDS:
        raise unknown_name("dataset.kind", kind, KINDS)
    if kind is None:
        kind = _suggest_kind(columns)
    is_joined = kind == "classification" and is_one_hot(columns)
    if kind in ("classification", "pairs") and len(columns) != 1 and not is_joined:
        raise UserError(f"{kind} must have one target per sample, got {len(columns)}: change dataset.kind")
    minimum = {"multitask": 2, "regression": 1}.get(kind, 0)
    if len(columns) < minimum:
        raise UserError(f"{kind} must have at least {minimum} targets, got {len(columns)}: change dataset.kind")
    for column in columns:
        if kind == "regression" and column.values.dtype.kind not in "biuf":
            raise UserError(f"the target {column.name} must hold numbers, got text: change dataset.kind or the targets")
    return kind


def _suggest_kind(columns: Sequence[Column]) -> str:
    """The kind that the columns' types suggest; asks where they and the values do not agree."""
    if not columns:
        raise UserError("the data must have targets, got none: name them, or set dataset.kind=reconstruction")
    if is_one_hot(columns):
        raise UserError(
            f"dataset.kind must be classification, multitask or regression, as the {len(columns)} targets look like "
            "one-hot classes, got null"
        )
    classes = "classification" if len(columns) == 1 else "multitask"
    if not any(column.is_real for column in columns):
        return classes
    if all(num_whole_values(column) in range(1, MAX_CLASS_VALUES + 1) for column in columns):
        raise UserError(
            f"dataset.kind must be {classes} or regression, as {columns[0].name} takes "
            f"{num_whole_values(columns[0])} whole values, stored as real numbers, got null"
        )
    return "regression"


def num_whole_values(column: Column) -> int:
    """Number of different values of a column of whole numbers that recur; 0 for another column."""
    if column.values.dtype.kind not in "biuf":
        return 0
    values = column.values[~column.missing]
    values = values[values == values]  # without NaN
    distinct = np.unique(values)
    is_whole = len(distinct) > 1 and bool((distinct == np.round(distinct)).all())
    return len(distinct) if is_whole and MIN_REPEATS * len(distinct) <= len(values) else 0


def is_one_hot(columns: Sequence[Column]) -> bool:
    """Whether each sample has 1 in one of the columns, and 0 in all others."""
    if len(columns) < 2 or any(column.missing.any() or column.values.dtype.kind not in "biuf" for column in columns):
        return False
    values = np.stack([column.values for column in columns], 1)
    return bool(np.isin(values, (0, 1)).all() and (values.sum(1) == 1).all())


def join_one_hot(columns: Sequence[Column]) -> Column:
    """One column of the names of the columns that hold 1."""
    names = np.array([column.name for column in columns])
    values = names[np.stack([column.values for column in columns], 1).argmax(1)]
    return Column("class", values, np.zeros(len(values), dtype=bool))
