"""Classification with one class per sample."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy

from sharegap.data.dataset import Dataset
from sharegap.metrics.by_task import TaskAccuracy, TaskAUROC
from sharegap.metrics.mean_loss import MeanLoss
from sharegap.tasks.task import Task, mean_probability


class ClassificationTask(Task):
    """Cross-entropy as the loss, accuracy as the score.

    Outputs are logits (batch, classes). Targets are class numbers (batch,), or in training also class probabilities
    (batch, classes).
    """

    score_name = "accuracy"

    def __init__(self, dataset: Dataset, score: str | Metric | None = None) -> None:
        super().__init__(dataset, score)
        self.output_shape = (dataset.classes,)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the cross-entropy of each sample in nats, (batch,)."""
        return F.cross_entropy(outputs, targets, reduction="none")

    def loss_over_targets(self, outputs: Tensor) -> Tensor:
        return -outputs.log_softmax(1).mean(1)

    def average(self, outputs: Tensor) -> Tensor:
        return mean_probability(outputs)

    def score(self) -> Metric:
        """Make the fraction of samples that are classified correctly."""
        return MulticlassAccuracy(self.classes, average="micro", validate_args=False)

    def scores(self) -> dict[str, Callable[[], Metric]]:
        """Return balanced accuracy, the mean of one-against-rest ROC AUCs, and the mean loss in nats."""
        return {
            "balanced accuracy": lambda: _BalancedAccuracy(self.classes),
            "ROC AUC": lambda: _AUROC(num_tasks=1),
            "log loss": lambda: MeanLoss(self.loss),
        }


class _AUROC(TaskAUROC):
    """Of all samples as one task; a class without samples is left out."""

    def update(self, outputs: Tensor, targets: Tensor) -> None:  # type: ignore[override]
        super().update(outputs, targets, torch.zeros_like(targets))


class _BalancedAccuracy(TaskAccuracy):
    """The accuracy of each class as if it were a task; one without samples is left out."""

    def update(self, outputs: Tensor, targets: Tensor) -> None:  # type: ignore[override]
        super().update(outputs, targets, targets)
