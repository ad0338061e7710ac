"""Classification: its loss, and accuracy as its score."""

import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy


class Classification:
    """Cross-entropy as the loss and accuracy as the score, over outputs (batch, classes), targets (batch,)."""

    score_name = "accuracy"

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy in nats of each sample, (batch,)."""
        return F.cross_entropy(outputs, targets, reduction="none")

    def score(self) -> Metric:
        """The share of samples that are classified rightly."""
        return MulticlassAccuracy(self.classes, average="micro", validate_args=False)
