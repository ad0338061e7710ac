"""Score and loss of each run of a fleet, as torchmetrics."""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor
from torchmetrics import Metric, MetricCollection
from torchmetrics.wrappers import MultioutputWrapper


class Task(Protocol):
    """What a kind of task brings: a loss per sample, and a score, of which more is better."""

    score_name: str

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor: ...
    def score(self) -> Metric: ...


class MeanLoss(Metric):
    """The mean of a loss over samples; `loss(outputs, targets)` gives one value per sample."""

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
        self.total += losses.sum(dtype=torch.float64)
        self.samples += losses.numel()

    def compute(self) -> Tensor:
        return self.total / self.samples


def evaluation(task: Task, runs: int) -> MetricCollection:
    """Metrics `score` and `loss`, each (runs,), to be updated with outputs and targets (runs, batch, ...)."""

    def per_run(metric: Metric) -> Metric:
        return MultioutputWrapper(metric, runs, output_dim=0, remove_nans=False)

    # Without compute groups, which compare states and so run each metric's first update twice.
    return MetricCollection(
        {"score": per_run(task.score()), "loss": per_run(MeanLoss(task.loss))}, compute_groups=False
    )
