"""Reconstruction of the input."""

from torch import Tensor
from torchmetrics import Metric, R2Score

from sharegap.data import Dataset
from sharegap.metrics.task import Task


class Reconstruction(Task):
    """Squared error as the loss, R² as the score; outputs and targets (batch, features)."""

    score_name = "R²"

    def __init__(self, dataset: Dataset) -> None:
        self.output_shape = tuple(dataset.y.shape[1:])

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean over features of the squared error."""
        return (outputs - targets).square().mean(1)

    def score(self) -> Metric:
        """The explained part of the variance of all features together."""
        return R2Score(multioutput="variance_weighted")
