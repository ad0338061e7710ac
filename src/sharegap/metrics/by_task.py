"""Metrics over tasks, where each sample belongs to one of them."""

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from sharegap.metrics.r2 import MeanR2
from sharegap.metrics.task_accuracy import MeanTaskAccuracy


class TaskR2(MeanR2):
    """Average R² over tasks, each relative to the mean and the variance of its own samples.

    Outputs and targets are (batch, 1), tasks (batch,). A task whose samples do not vary, such as a single one, has no
    R² and is left out.

    Args:
        num_tasks: how many tasks to average over.
        first: the first of these tasks.

    Example:
        >>> metric = TaskR2(num_tasks=2)
        >>> targets, tasks = torch.tensor([[1.0], [2.0], [8.0], [9.0]]), torch.tensor([0, 0, 1, 1])
        >>> metric.update(torch.tensor([[1.5], [1.5], [8.0], [9.0]]), targets, tasks)
        >>> metric.compute().item()
        0.5
    """

    def __init__(self, num_tasks: int, first: int = 0) -> None:
        super().__init__(num_tasks, first)

    def update(self, outputs: Tensor, targets: Tensor, tasks: Tensor) -> None:  # type: ignore[override]
        # As one target per task, of which all but one are missing.
        is_of_task = tasks[:, None] == torch.arange(self.columns.stop, device=tasks.device)
        super().update(outputs.expand(is_of_task.shape), torch.where(is_of_task, targets, torch.nan))


class TaskNMSE(TaskR2):
    """Average mean squared error / variance over tasks, each weighted by its samples.

    Both are taken within a task. It is 1 − `TaskR2` where tasks are equally large.

    Example:
        >>> metric = TaskNMSE(num_tasks=2)
        >>> targets, tasks = torch.tensor([[1.0], [2.0], [8.0], [9.0]]), torch.tensor([0, 0, 1, 1])
        >>> metric.update(torch.tensor([[1.5], [1.5], [8.0], [9.0]]), targets, tasks)
        >>> metric.compute().item()
        0.5
    """

    higher_is_better = False

    def compute(self) -> Tensor:
        r2, varies = self.r2_by_target()
        weights = self.samples * varies
        return ((1 - r2) * weights).sum() / weights.sum()


class TaskAccuracy(MeanTaskAccuracy):
    """Average accuracy over tasks; one without samples is left out.

    Outputs are (batch, classes), targets and tasks (batch,).

    Args:
        num_tasks: how many tasks to average over.
        first: the first of these tasks.

    Example:
        >>> metric = TaskAccuracy(num_tasks=2)
        >>> metric.update(torch.eye(2)[[0, 0, 1]], torch.tensor([0, 1, 1]), tasks=torch.tensor([0, 0, 1]))
        >>> metric.compute()
        tensor(0.7500)
    """

    def __init__(self, num_tasks: int, first: int = 0) -> None:
        super().__init__(num_tasks, first)

    def update(self, outputs: Tensor, targets: Tensor, tasks: Tensor) -> None:  # type: ignore[override]
        is_of_task = tasks[:, None] == torch.arange(self.columns.start, self.columns.stop, device=tasks.device)
        is_correct = outputs.argmax(1) == targets
        self.correct += (is_correct[:, None] & is_of_task).sum(0)
        self.present += is_of_task.sum(0)


class TaskAUROC(Metric):
    """Average the area under the ROC curve over tasks, and of more than two classes over one against the rest.

    Outputs are (batch, classes), targets and tasks (batch,). A task whose samples are all of one class, or none, has
    no such area and is left out; the mean is NaN if there is no other.

    Args:
        num_tasks: how many tasks to average over.
        first: the first of these tasks.

    Example:
        >>> metric = TaskAUROC(num_tasks=2)
        >>> outputs = torch.tensor([[0.0, 0.1], [0.0, 0.8], [0.0, 0.4], [0.0, 0.3]])
        >>> metric.update(outputs, torch.tensor([0, 1, 1, 0]), tasks=torch.tensor([0, 0, 1, 1]))
        >>> metric.compute().item()
        1.0
    """

    higher_is_better = True
    full_state_update = False
    outputs: list[Tensor]
    targets: list[Tensor]
    tasks: list[Tensor]

    def __init__(self, num_tasks: int, first: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.columns = slice(first, first + num_tasks)
        for name in ("outputs", "targets", "tasks"):
            self.add_state(name, [], dist_reduce_fx="cat")

    def update(self, outputs: Tensor, targets: Tensor, tasks: Tensor) -> None:
        self.outputs.append(outputs)
        self.targets.append(targets)
        self.tasks.append(tasks)

    def compute(self) -> Tensor:
        outputs, targets, tasks = map(dim_zero_cat, (self.outputs, self.targets, self.tasks))
        numbers = torch.arange(self.columns.start, self.columns.stop, device=tasks.device)
        num_classes = outputs.shape[1]
        areas = []
        # Of two classes, both have the same area.
        for index in range(num_classes if num_classes > 2 else 1):
            # Log odds, which order samples as probabilities do, and do not saturate at 1.
            others = torch.cat([outputs[:, :index], outputs[:, index + 1 :]], 1)
            odds = outputs[:, index] - others.logsumexp(1)
            areas.append(_area_by_task(odds, targets == index, tasks, numbers))
        return torch.stack(areas).nanmean(0).nanmean().float()


def _area_by_task(odds: Tensor, is_positive: Tensor, tasks: Tensor, numbers: Tensor) -> Tensor:
    """The area under the ROC curve of the tasks `numbers`: the share of pairs in order, ties count one half."""
    order = odds.argsort()
    order = order.gather(0, tasks.gather(0, order).argsort(stable=True))
    sorted_odds, sorted_tasks = odds.gather(0, order), tasks.gather(0, order)
    starts = torch.cat([torch.ones_like(is_positive[:1]), _differ(sorted_odds) | _differ(sorted_tasks)])
    places = torch.arange(len(odds), device=odds.device)
    # Equal odds of a task share the mean of their places.
    first = torch.where(starts, places, 0).cummax(0).values
    ends = torch.cat([starts[1:], torch.ones_like(starts[:1])])
    last = torch.where(ends, places, len(odds)).flip(0).cummin(0).values.flip(0)
    ranks = torch.zeros_like(odds, dtype=torch.float64).scatter(0, order, (first + last).double() / 2)
    is_of_task = tasks == numbers[:, None]
    is_positive_of_task = is_of_task & is_positive
    positives = is_positive_of_task.sum(1)
    # Places count from the first sample of all, and not of the task.
    before = (tasks < numbers[:, None]).sum(1)
    sums = torch.where(is_positive_of_task, ranks, 0).sum(1) - positives * before
    # Mann & Whitney's U, over all pairs of a positive and a negative sample.
    pairs = positives * (is_of_task.sum(1) - positives)
    area = (sums - positives * (positives - 1) / 2) / pairs.clamp_min(1)
    return torch.where(pairs > 0, area, torch.nan)


def _differ(values: Tensor) -> Tensor:
    """Whether each but the first differs from the one before."""
    return values[1:] != values[:-1]
