"""Accuracy of several classification tasks at once."""

import torch
from torch import Tensor
from torchmetrics import Metric


class MeanTaskAccuracy(Metric):
    """Average over tasks the fraction of targets that are predicted correctly.

    Outputs are (batch, tasks, classes), targets (batch, tasks). A task without any target is left out of the mean,
    which is NaN if there are no targets at all.

    Args:
        num_tasks: how many tasks to average over.
        first: the first of these tasks.
        ignore_index: the class number of a missing target.

    Example:
        >>> metric = MeanTaskAccuracy(num_tasks=2)
        >>> metric.update(torch.eye(2).expand(1, 2, 2), torch.tensor([[0, 0]]))
        >>> metric.compute()
        tensor(0.5000)
    """

    higher_is_better = True
    full_state_update = False
    correct: Tensor
    present: Tensor

    def __init__(self, num_tasks: int, first: int = 0, ignore_index: int = -1) -> None:
        super().__init__()
        self.columns, self.ignore_index = slice(first, first + num_tasks), ignore_index
        for name in ("correct", "present"):
            self.add_state(name, torch.zeros(num_tasks, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        predicted, targets = outputs.argmax(2)[:, self.columns], targets[:, self.columns]
        self.correct += (predicted == targets).sum(0)
        self.present += (targets != self.ignore_index).sum(0)

    def compute(self) -> Tensor:
        # A task without targets adds 0 to the sum and is not counted.
        accuracy = self.correct / self.present.clamp_min(1)
        return (accuracy.sum() / (self.present > 0).sum()).float()
