"""Several classifications of the same input at once."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric

from sharegap.data.dataset import Dataset
from sharegap.tasks.task import Task, mean_over_present, mean_probability

MISSING = -1


class MultitaskClassificationTask(Task):
    """Mean cross-entropy over tasks as the loss, mean accuracy over tasks as the score, and each task's own.

    Outputs (batch, tasks, classes), targets (batch, tasks), of which those that are -1 are missing.
    """

    score_name = "mean accuracy"

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.names = dataset.tasks
        self.output_shape = (len(dataset.tasks), dataset.classes)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy in nats, the mean over the tasks whose target is present."""
        losses = F.cross_entropy(outputs.transpose(1, 2), targets, reduction="none", ignore_index=MISSING)
        return mean_over_present(losses, targets != MISSING)

    def loss_over_targets(self, outputs: Tensor) -> Tensor:
        """Over all tasks, for what any class might be is known of a missing target too."""
        return -outputs.log_softmax(2).mean((1, 2))

    def average(self, outputs: Tensor) -> Tensor:
        return mean_probability(outputs)

    def score(self) -> Metric:
        """The mean over tasks of the share of samples that are classified rightly."""
        return _Accuracy(self.output_shape[0])

    def extra_metrics(self) -> dict[str, Metric]:
        return {f"accuracy of {name}": _Accuracy(1, task) for task, name in enumerate(self.names)}


class _Accuracy(Metric):
    """The mean over `tasks` tasks from `first` of the share of present targets that are told rightly.

    A task without any is left out; NaN where none has any.
    """

    higher_is_better = True
    full_state_update = False
    right: Tensor
    present: Tensor

    def __init__(self, tasks: int, first: int = 0) -> None:
        super().__init__()
        self.chosen = slice(first, first + tasks)
        for name in ("right", "present"):
            self.add_state(name, torch.zeros(tasks, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        told, targets = (each[:, self.chosen] for each in (outputs.argmax(2), targets))
        self.right += (told == targets).sum(0)
        self.present += (targets != MISSING).sum(0)

    def compute(self) -> Tensor:
        share = self.right / self.present.clamp_min(1)
        return (share.sum() / (self.present > 0).sum()).float()
