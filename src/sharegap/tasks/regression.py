"""Prediction of one real number, or of several for the same input."""

from collections.abc import Callable

import torch
from torch import Tensor
from torchmetrics import Metric

from sharegap.data.dataset import Dataset
from sharegap.errors import UserError
from sharegap.metrics.mean_loss import RootMeanLoss
from sharegap.metrics.r2 import MeanR2
from sharegap.tasks.task import Task, mean_over_present

MAX_REPORTED_TARGETS = 20
"""With more targets, no one reads the score of each."""


class RegressionTask(Task):
    """Squared error as the loss, mean R² over targets as the score; each target's R² is reported too.

    Outputs are (batch, 1) for one target and (batch, targets, 1) for several, which are tasks. Targets are
    (batch, targets), NaN where missing.
    """

    score_name = "R²"

    def __init__(self, dataset: Dataset, score: str | Metric | None = None) -> None:
        super().__init__(dataset, score)
        self.names = dataset.tasks
        if dataset.y.dim() != 2:
            raise UserError(f"dataset.y must be (samples, targets) for regression, got shape {tuple(dataset.y.shape)}")
        num_targets = dataset.y.shape[1]
        self.output_shape = (num_targets, 1) if num_targets > 1 else (1,)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return each sample's mean squared error over its present targets, (batch,)."""
        outputs, missing = outputs.reshape(targets.shape), targets.isnan()
        # Masking the error afterwards would not do: the gradient of a masked NaN is NaN.
        errors = outputs - torch.where(missing, outputs, targets)
        return mean_over_present(errors.square(), ~missing)

    def score(self) -> Metric:
        """Make the mean over targets of R²."""
        return MeanR2(self.output_shape[0])

    def scores(self) -> dict[str, Callable[[], Metric]]:
        """Return the root of the mean loss: in the targets' unit here, which for a user's data is their deviation."""
        return {"RMSE": lambda: RootMeanLoss(self.loss)}

    def extra_metrics(self) -> dict[str, Metric]:
        metrics: dict[str, Metric] = {}
        if 1 < len(self.names) <= MAX_REPORTED_TARGETS:
            for target, name in enumerate(self.names):
                metrics[f"R² of {name}"] = MeanR2(1, first=target)
        return metrics
