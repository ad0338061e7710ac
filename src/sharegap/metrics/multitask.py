"""Several classifications of the same input at once."""

import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy

from sharegap.data import Dataset
from sharegap.metrics.task import Task, mean_probability


class MultiTask(Task):
    """Mean cross-entropy over tasks as the loss, mean accuracy over tasks as the score, and each task's own.

    Outputs (batch, tasks, classes), targets (batch, tasks).
    """

    score_name = "mean accuracy"

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.names = dataset.tasks
        self.output_shape = (len(dataset.tasks), dataset.classes)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy in nats, the mean over tasks."""
        return F.cross_entropy(outputs.transpose(1, 2), targets, reduction="none").mean(1)

    def loss_over_targets(self, outputs: Tensor) -> Tensor:
        return -outputs.log_softmax(2).mean((1, 2))

    def average(self, outputs: Tensor) -> Tensor:
        return mean_probability(outputs)

    def score(self) -> Metric:
        """The mean over tasks of the share of samples that are classified rightly."""
        return _Accuracy(self.output_shape[1], slice(None))

    def further(self) -> dict[str, Metric]:
        return {f"accuracy of {name}": _Accuracy(self.output_shape[1], task) for task, name in enumerate(self.names)}


class _Accuracy(MulticlassAccuracy):
    """Over the targets of one task, or of all: they have equally many, so it is the mean of their accuracies."""

    def __init__(self, classes: int, task: int | slice) -> None:
        super().__init__(classes, average="micro", validate_args=False)
        self.task = task

    def update(self, preds: Tensor, target: Tensor) -> None:
        chosen = preds[:, self.task]
        super().update(chosen.reshape(-1, chosen.shape[-1]), target[:, self.task].reshape(-1))
