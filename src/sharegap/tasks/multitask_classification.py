"""Several classifications of the same input."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric

from sharegap.data.dataset import Dataset
from sharegap.metrics.mean_loss import MeanLoss
from sharegap.metrics.task_accuracy import MeanTaskAccuracy
from sharegap.tasks.task import Task, mean_over_present, mean_probability

MISSING_CLASS = -1
"""The class number of a missing target."""


class MultitaskClassificationTask(Task):
    """Mean cross-entropy over tasks as the loss, mean accuracy over tasks as the score; each task's is reported too.

    Outputs are logits (batch, tasks, classes); targets are class numbers (batch, tasks), −1 where missing.
    """

    score_name = "mean accuracy"

    def __init__(self, dataset: Dataset, score: str | Metric | None = None) -> None:
        super().__init__(dataset, score)
        self.names = dataset.tasks
        self.output_shape = (len(dataset.tasks), dataset.classes)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return each sample's mean cross-entropy in nats over its present targets, (batch,)."""
        # PyTorch's cross-entropy expects the classes in the second dimension.
        losses = F.cross_entropy(outputs.transpose(1, 2), targets, reduction="none", ignore_index=MISSING_CLASS)
        return mean_over_present(losses, targets != MISSING_CLASS)

    def loss_over_targets(self, outputs: Tensor) -> Tensor:
        """Return the mean over all tasks; a missing target has the same possible classes as a present one."""
        return -outputs.log_softmax(2).mean((1, 2))

    def average(self, outputs: Tensor) -> Tensor:
        return mean_probability(outputs)

    def score(self) -> Metric:
        """Make the mean over tasks of the accuracy."""
        return MeanTaskAccuracy(self.output_shape[0], ignore_index=MISSING_CLASS)

    def scores(self) -> dict[str, Callable[[], Metric]]:
        """Return the mean loss in nats."""
        return {"log loss": lambda: MeanLoss(self.loss)}

    def extra_metrics(self) -> dict[str, Metric]:
        metrics: dict[str, Metric] = {}
        for task, name in enumerate(self.names):
            metrics[f"accuracy of {name}"] = MeanTaskAccuracy(1, first=task, ignore_index=MISSING_CLASS)
        return metrics
