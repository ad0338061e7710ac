"""Encode the targets of samples that each belong to one of many tasks."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sharegap.data.user.target_column import Column
from sharegap.data.user.targets import MISSING_CLASS, Targets, encode_targets
from sharegap.errors import UserError


def encode_targets_by_task(columns: Sequence[Column], kind: str | None, tasks: np.ndarray) -> Targets:
    """Encode one real target of samples that each belong to one of many tasks.

    Args:
        columns: the target.
        kind: "regression" or None.
        tasks: (samples,) names or integers; splits keep their samples in proportion.

    Raises:
        UserError: if another kind is asked for, or there are several targets or a single task.
    """
    if kind not in (None, "regression"):
        raise UserError(f"dataset.kind must be regression if each sample has a task, got {kind}")
    if len(columns) != 1:
        raise UserError(f"there must be one target if each sample has a task, got {len(columns)}")
    targets = encode_targets(columns, "regression", len(tasks))
    names, indices = np.unique(tasks[targets.present], return_inverse=True)
    if len(names) < 2:
        raise UserError(f"the samples with a target must have at least 2 tasks, got {len(names)}: leave the tasks out")
    strata = np.full(len(tasks), MISSING_CLASS)
    strata[targets.present] = indices
    return replace(targets, kind="related_tasks", strata=strata, task_names=tuple(names.astype(str).tolist()))
