"""The task classes by the kind that a data set names."""

from typing import cast

from torchmetrics import Metric

from sharegap.data.dataset import Dataset, TaskKind
from sharegap.tasks.classification import ClassificationTask
from sharegap.tasks.multitask_classification import MultitaskClassificationTask
from sharegap.tasks.per_task_classification import PerTaskClassificationTask
from sharegap.tasks.per_task_regression import PerTaskRegressionTask
from sharegap.tasks.reconstruction import ReconstructionTask
from sharegap.tasks.regression import RegressionTask
from sharegap.tasks.task import Task
from sharegap.tasks.verification import VerificationTask

TASKS: dict[TaskKind, type[Task]] = {
    "classification": ClassificationTask,
    "multitask": MultitaskClassificationTask,
    "regression": RegressionTask,
    "related_tasks": PerTaskRegressionTask,
    "related_classes": PerTaskClassificationTask,
    "pairs": VerificationTask,
    "reconstruction": ReconstructionTask,
}


def make_task(dataset: Dataset, score: str | Metric | None = None) -> Task:
    """Make the task that `dataset.kind` names, for data whose targets decide it (custom data)."""
    return TASKS[cast(TaskKind, dataset.kind)](dataset, score)
