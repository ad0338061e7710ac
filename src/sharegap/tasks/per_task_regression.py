"""Regression for many tasks that have their own samples."""

from torchmetrics import Metric

from sharegap.data.dataset import Dataset
from sharegap.tasks.regression import MeanR2, RegressionTask


class PerTaskRegressionTask(RegressionTask):
    """Squared error as the loss, and as the score the explained part of the variance of all tasks' targets together.

    That is the "explained variance" of the school data's literature (Evgeniou & Pontil 2004; Evgeniou et al. 2005):
    1 − mean squared error / variance, both over the samples of all tasks. It is defined where a task has a single
    test sample, and a task counts as much as it has samples.

    Of the `output_shape` (tasks, 1) a sample asks for one task's output only: outputs and targets are (batch, 1).
    """

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.output_shape = (len(dataset.tasks), 1)

    def score(self) -> Metric:
        """One R² of all samples."""
        return MeanR2(1)

    def extra_metrics(self) -> dict[str, Metric]:
        return {}
