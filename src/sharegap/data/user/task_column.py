"""Regressions of many tasks, of which each sample belongs to one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sharegap.data.dataset import Dataset
from sharegap.data.sets.related_tasks import with_task
from sharegap.data.user.targets import Column, Targets, targets
from sharegap.errors import UserError


@dataclass(frozen=True)
class Tasks:
    """The tasks' `names`, in order, and the number of each sample's, -1 where the sample has no target."""

    names: list[str]
    numbers: np.ndarray

    def of(self, dataset: Dataset, train: np.ndarray, test: np.ndarray) -> Dataset:
        """`dataset`, made of the samples `train` and `test`, with each one's task."""
        for number in np.setdiff1d(self.numbers[test], self.numbers[train]):
            raise UserError(
                f"the task {self.names[number]} is in the test part alone, where nothing can be learned of it: give a "
                "test part and groups so that each task is in both, or leave it out"
            )
        x, x_test = with_task(dataset.x, self.numbers[train]), with_task(dataset.x_test, self.numbers[test])
        return replace(dataset, x=x, x_test=x_test, tasks=tuple(self.names), kind="related_tasks")


def related(columns: Sequence[Column], asked: str | None, labels: np.ndarray) -> tuple[Targets, Tasks]:
    """One real target, and the task of each sample, which `labels` (samples,) name; splits keep tasks in proportion.

    Raises UserError where there is another number of targets, another kind is `asked`, or all are of one task.
    """
    if asked not in (None, "regression"):
        raise UserError(f"samples with a task each are regression, and dataset.kind is {asked}: leave out one of both")
    if len(columns) != 1:
        raise UserError(f"samples with a task each need one target, and there are {len(columns)}: name one")
    found = targets(columns, "regression", len(labels))
    names, coded = np.unique(labels[found.present], return_inverse=True)
    if len(names) < 2:
        raise UserError("the samples with a target are all of one task: leave the tasks out")
    numbers = np.full(len(labels), -1)
    numbers[found.present] = coded
    sizes = np.bincount(coded)
    words = f"{found.words}, in {len(names)} tasks of {sizes.min():,} to {sizes.max():,} samples"
    return replace(found, strata=numbers, words=words), Tasks([str(name) for name in names], numbers)
