"""The task of a data set that says itself which kind it is."""

from sharegap.data import Dataset
from sharegap.metrics.classification import Classification
from sharegap.metrics.multitask import MultiTask
from sharegap.metrics.reconstruction import Reconstruction
from sharegap.metrics.regression import Regression
from sharegap.metrics.related_tasks import RelatedTasks
from sharegap.metrics.task import Task
from sharegap.metrics.verification import Verification

KINDS: dict[str, type[Task]] = {
    "classification": Classification,
    "multitask": MultiTask,
    "regression": Regression,
    "related_tasks": RelatedTasks,
    "pairs": Verification,
    "reconstruction": Reconstruction,
}


def task_of(dataset: Dataset) -> Task:
    """The task that `dataset.kind` names."""
    return KINDS[dataset.kind](dataset)
