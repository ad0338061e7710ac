"""Reconstruction of the input."""

import math
from collections.abc import Callable

from torch import Tensor
from torchmetrics import Metric

from sharegap.data.dataset import Dataset
from sharegap.metrics.mean_loss import RootMeanLoss
from sharegap.metrics.r2 import ExplainedVariance
from sharegap.tasks.task import Task


class ReconstructionTask(Task):
    """Squared error as the loss, R² as the score; outputs and targets are (batch, features)."""

    score_name = "R²"

    def __init__(self, dataset: Dataset, score: str | Metric | None = None) -> None:
        super().__init__(dataset, score)
        self.output_shape = tuple(dataset.y.shape[1:])

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return each sample's mean squared error over features, (batch,)."""
        return (outputs - targets).square().mean(1)

    def score(self) -> Metric:
        """Make the explained fraction of the variance of all features together."""
        return ExplainedVariance(self.loss, math.prod(self.output_shape))

    def scores(self) -> dict[str, Callable[[], Metric]]:
        """Return the root of the mean squared error, in the features' unit."""
        return {"RMSE": lambda: RootMeanLoss(self.loss)}
