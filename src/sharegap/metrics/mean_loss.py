"""The mean of a loss over samples."""

from collections.abc import Callable

import torch
from torch import Tensor
from torchmetrics import Metric


class MeanLoss(Metric):
    """Average a loss over all samples, summed in double precision.

    Args:
        loss: a function of outputs and targets that returns one value per sample, (batch,).

    Example:
        >>> metric = MeanLoss(lambda outputs, targets: (outputs - targets).abs())
        >>> metric.update(torch.tensor([1.0, 4.0]), torch.tensor([0.0, 0.0]))
        >>> metric.compute()
        tensor(2.5000, dtype=torch.float64)
    """

    higher_is_better = False
    full_state_update = False
    total: Tensor
    samples: Tensor

    def __init__(self, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.loss = loss
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("samples", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        losses = self.loss(outputs, targets)
        # In double precision, sums hardly depend on how the samples are divided into batches.
        self.total += losses.sum(dtype=torch.float64)
        self.samples += losses.numel()

    def compute(self) -> Tensor:
        return self.total / self.samples


class RootMeanLoss(MeanLoss):
    """The root of the mean loss, e.g. of squared errors.

    Args:
        loss: a function of outputs and targets that returns one value per sample, (batch,).

    Example:
        >>> metric = RootMeanLoss(lambda outputs, targets: (outputs - targets).square())
        >>> metric.update(torch.tensor([3.0, 3.0]), torch.tensor([0.0, 6.0]))
        >>> metric.compute()
        tensor(3., dtype=torch.float64)
    """

    def compute(self) -> Tensor:
        return super().compute().sqrt()
