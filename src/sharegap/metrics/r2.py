"""The coefficient of determination R², in double precision and with missing targets."""

from collections.abc import Callable

import torch
from torch import Tensor
from torchmetrics import Metric

from sharegap.metrics.mean_loss import MeanLoss

CONSTANT = 1e-10
"""A target counts as constant if its variance is a smaller fraction of its mean square."""


class MeanR2(Metric):
    """Average R² = 1 − squared error / variance over targets.

    Outputs and targets are (batch, targets); a NaN target is missing and ignored. A constant target has no R² and is
    left out of the mean, which is NaN if all are constant.

    Args:
        num_targets: how many columns to average over.
        first: the first of these columns.

    Example:
        >>> metric = MeanR2(num_targets=1)
        >>> metric.update(torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[1.0], [2.0], [4.0]]))
        >>> round(metric.compute().item(), 3)
        0.786
    """

    higher_is_better = True
    full_state_update = False
    errors: Tensor
    sums: Tensor
    squares: Tensor
    samples: Tensor

    def __init__(self, num_targets: int, first: int = 0) -> None:
        super().__init__()
        self.columns = slice(first, first + num_targets)
        for name in ("errors", "sums", "squares", "samples"):
            self.add_state(name, torch.zeros(num_targets, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        outputs = outputs.reshape(targets.shape)[:, self.columns].double()
        targets = targets[:, self.columns].double()
        present = ~targets.isnan()
        # Replaced, because a mask to multiply by would leave NaN: NaN times 0 is NaN.
        targets = torch.where(present, targets, 0)
        self.errors += torch.where(present, outputs - targets, 0).square().sum(0)
        self.sums += targets.sum(0)
        self.squares += targets.square().sum(0)
        self.samples += present.sum(0)

    def compute(self) -> Tensor:
        r2, varies = self.r2_by_target()
        return torch.where(varies, r2, 0).sum() / varies.sum()

    def r2_by_target(self) -> tuple[Tensor, Tensor]:
        """Return the R² of each target, (targets,), and whether it varies: else it has none."""
        # A target without samples has the variance 0 then, and is left out.
        samples = self.samples.clamp_min(1)
        variance = _variance(self.sums, self.squares, samples)
        # The variance of a constant target is not 0 but rounding noise of this order.
        varies = variance > CONSTANT * self.squares / samples
        return 1 - self.errors / samples / torch.where(varies, variance, 1), varies


class ExplainedVariance(MeanLoss):
    """Compute 1 − mean loss / variance of the targets, both averaged over all features.

    Unlike `torchmetrics.R2Score` it sums in double precision. In float32, rounding decides whether a feature that
    is constant (a pixel that is always blank) counts.

    Args:
        loss: a function of outputs and targets that returns each sample's mean squared error, (batch,).
        features: the number of features of a target.

    Example:
        >>> metric = ExplainedVariance(lambda outputs, targets: (outputs - targets).square().mean(1), features=2)
        >>> metric.update(torch.zeros(2, 2), torch.tensor([[1.0, 2.0], [-1.0, -2.0]]))
        >>> metric.compute().item()
        0.0
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
        return 1 - super().compute() / _variance(self.sums, self.squares, self.samples).mean()


def _variance(sums: Tensor, squares: Tensor, samples: Tensor) -> Tensor:
    return squares / samples - (sums / samples).square()
