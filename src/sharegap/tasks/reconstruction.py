"""Reconstruction of the input."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torchmetrics import Metric

from sharegap.data.dataset import Dataset
from sharegap.metrics.mean_loss import MeanLoss
from sharegap.tasks.task import Task


class ReconstructionTask(Task):
    """Squared error as the loss, R² as the score; outputs and targets (batch, features)."""

    score_name = "R²"

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.output_shape = tuple(dataset.y.shape[1:])

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean over features of the squared error."""
        return (outputs - targets).square().mean(1)

    def score(self) -> Metric:
        """The explained part of the variance of all features together."""
        return _ExplainedVariance(self.loss, math.prod(self.output_shape))


class _ExplainedVariance(MeanLoss):
    """1 − the mean squared error over the targets' variance, both over all features.

    torchmetrics' R2Score sums in float32, and takes or leaves the errors at pixels that are always blank, as the
    rounding of the batches falls.
    """

    higher_is_better = True
    sums: Tensor
    squares: Tensor

    def __init__(self, loss: Callable[[Tensor, Tensor], Tensor], features: int) -> None:
        super().__init__(loss)
        for name in ("sums", "squares"):
            self.add_state(name, torch.zeros(features, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        super().update(outputs, targets)
        self.sums += targets.double().sum(0)
        self.squares += targets.double().square().sum(0)

    def compute(self) -> Tensor:
        variance = self.squares / self.samples - (self.sums / self.samples).square()
        return 1 - super().compute() / variance.mean()
