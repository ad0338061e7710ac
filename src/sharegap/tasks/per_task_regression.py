"""Regression for many tasks, each with its own samples."""

from torch import Tensor
from torchmetrics import Metric

from sharegap.data.dataset import Dataset
from sharegap.data.task_in_sample import task_of
from sharegap.metrics.by_task import TaskNMSE, TaskR2
from sharegap.metrics.r2 import MeanR2
from sharegap.tasks.regression import MAX_REPORTED_TARGETS, RegressionTask


class PerTaskRegressionTask(RegressionTask):
    """Squared error as the loss, and one R² over the samples of all tasks as the score.

    That is the "explained variance" of the school data's literature (Evgeniou & Pontil 2004; Evgeniou et al. 2005).
    It is defined even where a task has a single test sample, and weighs a task by its samples. Reported beside it are
    the R² within tasks, in the mean and of each of a few tasks, and the normalized mean squared error, see `TaskNMSE`.

    A network has an output for each task, `output_shape` (tasks, 1). A sample belongs to one task, so outputs and
    targets are (batch, 1).
    """

    def __init__(self, dataset: Dataset, score: str | Metric | None = None) -> None:
        super().__init__(dataset, score)
        self.output_shape = (len(dataset.tasks), 1)

    def score(self) -> Metric:
        """Make the R² of all samples."""
        return MeanR2(1)

    def extra_metrics(self) -> dict[str, Metric]:
        return {}

    def tasks_of(self, x: Tensor) -> Tensor:
        return task_of(x)

    def metrics_by_task(self) -> dict[str, Metric]:
        count = len(self.names)
        metrics: dict[str, Metric] = {"mean R² within tasks": TaskR2(count), "nMSE within tasks": TaskNMSE(count)}
        if count <= MAX_REPORTED_TARGETS:
            for task, name in enumerate(self.names):
                metrics[f"R² within {name}"] = TaskR2(1, first=task)
        return metrics
