"""Classification with one class per sample."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy, MulticlassAUROC

from sharegap.data.dataset import Dataset
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
            "balanced accuracy": lambda: MulticlassAccuracy(self.classes, average="macro", validate_args=False),
            "ROC AUC": lambda: _AUROC(self.classes, validate_args=False),
            "log loss": lambda: MeanLoss(self.loss),
        }


class _AUROC(MulticlassAUROC):
    """Of logits: torchmetrics would take those of a batch for probabilities if they happen to lie in [0, 1]."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        super().update(preds.softmax(1), target)
