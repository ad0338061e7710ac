"""The task of a data set that says itself which kind it is."""

from sharegap.data.dataset import Dataset
from sharegap.tasks.classification import ClassificationTask
from sharegap.tasks.multitask_classification import MultitaskClassificationTask
from sharegap.tasks.per_task_regression import PerTaskRegressionTask
from sharegap.tasks.reconstruction import ReconstructionTask
from sharegap.tasks.regression import RegressionTask
from sharegap.tasks.task import Task
from sharegap.tasks.verification import VerificationTask

KINDS: dict[str, type[Task]] = {
    "classification": ClassificationTask,
    "multitask": MultitaskClassificationTask,
    "regression": RegressionTask,
    "related_tasks": PerTaskRegressionTask,
    "pairs": VerificationTask,
    "reconstruction": ReconstructionTask,
}


def make_task(dataset: Dataset) -> Task:
    """The task that `dataset.kind` names."""
    return KINDS[dataset.kind](dataset)
