"""Encode the targets of samples that each belong to one of many tasks."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sharegap.data.user.kind import MAX_CLASS_VALUES, infer_kind, num_whole_values
from sharegap.data.user.target_column import Column
from sharegap.data.user.targets import MISSING_CLASS, Targets, encode_targets
from sharegap.errors import UserError

KINDS = {"regression": "related_tasks", "classification": "related_classes"}
"""What a target can be, with the kind of the data."""


def encode_targets_by_task(columns: Sequence[Column], kind: str | None, tasks: np.ndarray) -> Targets:
    """Encode one target of samples that each belong to one of many tasks.

    Real numbers are regression, and so are integers of many values, such as the points of an exam. Integers of up to
    MAX_CLASS_VALUES values that recur, Booleans and text are classes, the same ones in all tasks.

    Args:
        columns: the target.
        kind: "regression" or "classification"; None to decide by the values.
        tasks: (samples,) names or integers; splits keep their samples in proportion, and the classes within a task.

    Raises:
        UserError: if another kind is asked for, or there are several targets or a single task.
    """
    if kind not in (None, *KINDS):
        raise UserError(f"dataset.kind must be regression or classification if each sample has a task, got {kind}")
    if len(columns) != 1:
        raise UserError(f"there must be one target if each sample has a task, got {len(columns)}")
    targets = encode_targets(columns, kind or _suggest_kind(columns[0]), len(tasks))
    names, indices = np.unique(tasks[targets.present], return_inverse=True)
    if len(names) < 2:
        raise UserError(f"the samples with a target must have at least 2 tasks, got {len(names)}: leave the tasks out")
    task_indices = np.full(len(tasks), MISSING_CLASS)
    task_indices[targets.present] = indices
    strata = task_indices
    if targets.num_classes:
        strata = np.where(targets.present, task_indices * targets.num_classes + targets.y, MISSING_CLASS)
    return replace(
        targets,
        kind=KINDS[targets.kind],
        strata=strata,
        tasks=task_indices,
        task_names=tuple(names.astype(str).tolist()),
    )


def _suggest_kind(column: Column) -> str:
    """The kind that the values suggest; asks where real numbers may be classes."""
    is_integer = column.values.dtype.kind in "iu"
    if is_integer and num_whole_values(column) not in range(1, MAX_CLASS_VALUES + 1):
        return "regression"
    return infer_kind([column], None)
