"""Regression for many tasks, each with its own samples."""

from torchmetrics import Metric

from sharegap.data.dataset import Dataset
from sharegap.metrics.r2 import MeanR2
from sharegap.tasks.regression import RegressionTask


class PerTaskRegressionTask(RegressionTask):
    """Squared error as the loss, and one R² over the samples of all tasks as the score.

    That is the "explained variance" of the school data's literature (Evgeniou & Pontil 2004; Evgeniou et al. 2005).
    It is defined even where a task has a single test sample, and weighs a task by its samples.

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
