"""Predicting one real number, or several of the same input."""

import torch
from torch import Tensor
from torchmetrics import Metric

from sharegap.data.dataset import Dataset
from sharegap.tasks.task import Task, mean_over_present

MOST_NAMED = 20
"""Targets: of more, no one reads each one's figure."""
CONSTANT = 1e-10
"""Targets whose variance is a smaller part of their mean square do not vary."""


class RegressionTask(Task):
    """Squared error as the loss, mean R² over targets as the score, and each target's own; NaN is a missing target.

    Outputs (batch, 1) for one target, (batch, targets, 1) for several, which are tasks; targets (batch, targets).
    """

    score_name = "R²"

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.names = dataset.tasks
        several = dataset.y.shape[1] > 1
        self.output_shape = (dataset.y.shape[1], 1) if several else (1,)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean of the squared error over each sample's present targets."""
        outputs, missing = outputs.reshape(targets.shape), targets.isnan()
        errors = outputs - torch.where(missing, outputs, targets)  # no NaN, of which even a masked gradient is one
        return mean_over_present(errors.square(), ~missing)

    def score(self) -> Metric:
        """The mean over targets of the explained part of each one's variance."""
        return MeanR2(self.output_shape[0])

    def extra_metrics(self) -> dict[str, Metric]:
        if not 1 < len(self.names) <= MOST_NAMED:
            return {}
        return {f"R² of {name}": MeanR2(1, target) for target, name in enumerate(self.names)}


class MeanR2(Metric):
    """The mean over targets of 1 − squared error / variance, in double precision.

    Missing targets count in neither. A target that does not vary has no R² and is left out; NaN where none does.
    """

    higher_is_better = True
    full_state_update = False
    errors: Tensor
    sums: Tensor
    squares: Tensor
    samples: Tensor

    def __init__(self, targets: int, first: int = 0) -> None:
        super().__init__()
        self.chosen = slice(first, first + targets)
        for name in ("errors", "sums", "squares", "samples"):
            self.add_state(name, torch.zeros(targets, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        outputs, targets = (each[:, self.chosen].double() for each in (outputs.reshape(targets.shape), targets))
        present = ~targets.isnan()
        targets = torch.where(present, targets, 0)
        self.errors += torch.where(present, outputs - targets, 0).square().sum(0)
        self.sums += targets.sum(0)
        self.squares += targets.square().sum(0)
        self.samples += present.sum(0)

    def compute(self) -> Tensor:
        samples = self.samples.clamp_min(1)
        variance = self.squares / samples - (self.sums / samples).square()
        varies = variance > CONSTANT * self.squares / samples
        explained = 1 - self.errors / samples / torch.where(varies, variance, 1)
        return torch.where(varies, explained, 0).sum() / varies.sum()
