"""Predicting the next token."""

import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric

from sharegap.data.dataset import Dataset
from sharegap.metrics.mean_loss import MeanLoss
from sharegap.tasks.task import Task, mean_probability


class LanguageModelingTask(Task):
    """Cross-entropy as the loss, perplexity as the score; outputs (batch, tokens), targets (batch,).

    Where the language's entropy is known, also the cross-entropy above it, which is 0 for the best possible model.
    """

    score_name = "perplexity"

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.output_shape = (dataset.classes,)
        self.entropy = dataset.entropy

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy in nats."""
        return F.cross_entropy(outputs, targets, reduction="none")

    def loss_over_targets(self, outputs: Tensor) -> Tensor:
        return -outputs.log_softmax(1).mean(1)

    def average(self, outputs: Tensor) -> Tensor:
        return mean_probability(outputs)

    def score(self) -> Metric:
        return _Perplexity(self.loss)

    def extra_metrics(self) -> dict[str, Metric]:
        if self.entropy is None:
            return {}
        entropy = self.entropy
        return {"nats above the entropy": MeanLoss(lambda outputs, targets: self.loss(outputs, targets) - entropy)}


class _Perplexity(MeanLoss):
    """From the logarithms, for a probability may be too small for its number."""

    def compute(self) -> Tensor:
        return super().compute().exp()
