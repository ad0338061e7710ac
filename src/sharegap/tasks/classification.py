"""Classification: its loss, and accuracy as its score."""

import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy

from sharegap.data.dataset import Dataset
from sharegap.tasks.task import Task, mean_probability


class ClassificationTask(Task):
    """Cross-entropy as the loss and accuracy as the score; outputs (batch, classes), targets (batch,)."""

    score_name = "accuracy"

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.output_shape = (dataset.classes,)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy in nats."""
        return F.cross_entropy(outputs, targets, reduction="none")

    def loss_over_targets(self, outputs: Tensor) -> Tensor:
        return -outputs.log_softmax(1).mean(1)

    def average(self, outputs: Tensor) -> Tensor:
        return mean_probability(outputs)

    def score(self) -> Metric:
        """The share of samples that are classified rightly."""
        return MulticlassAccuracy(self.output_shape[0], average="micro", validate_args=False)
