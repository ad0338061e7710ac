"""Classification for many tasks, each with its own samples."""

from torch import Tensor
from torchmetrics import Metric

from sharegap.data.dataset import Dataset
from sharegap.data.task_in_sample import task_of
from sharegap.metrics.by_task import TaskAccuracy, TaskAUROC
from sharegap.tasks.classification import ClassificationTask

MAX_REPORTED_TASKS = 40
"""With more tasks, no one reads the figures of each."""


class PerTaskClassificationTask(ClassificationTask):
    """Cross-entropy as the loss, the accuracy over the samples of all tasks as the score.

    The mean over tasks of accuracy and ROC AUC is reported too, and both of each task. All tasks have the same
    classes. A network has outputs for each task, `output_shape` (tasks, classes). A sample belongs to one task, so
    outputs are (batch, classes) and targets (batch,).
    """

    def __init__(self, dataset: Dataset, score: str | Metric | None = None) -> None:
        super().__init__(dataset, score)
        self.names = dataset.tasks
        self.output_shape = (len(dataset.tasks), dataset.classes)

    def tasks_of(self, x: Tensor) -> Tensor:
        return task_of(x)

    def metrics_by_task(self) -> dict[str, Metric]:
        count = len(self.names)
        metrics: dict[str, Metric] = {
            "mean accuracy over tasks": TaskAccuracy(count),
            "mean ROC AUC over tasks": TaskAUROC(count),
        }
        if count <= MAX_REPORTED_TASKS:
            for task, name in enumerate(self.names):
                metrics[f"accuracy of {name}"] = TaskAccuracy(1, first=task)
                metrics[f"ROC AUC of {name}"] = TaskAUROC(1, first=task)
        return metrics
