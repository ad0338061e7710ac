"""Prediction of the next token."""

from collections.abc import Callable

from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy

from sharegap.data.dataset import Dataset
from sharegap.metrics.mean_loss import MeanLoss
from sharegap.tasks.classification import ClassificationTask


class LanguageModelingTask(ClassificationTask):
    """Classification of the next token, with perplexity as the score.

    Targets are the tokens that follow windows (batch,), or those that follow each token of them (batch, context): then
    outputs are (batch, context, tokens), and a sample's loss is the mean over its window.

    If the entropy of the language is known, the cross-entropy in excess of it is reported too: 0 for the best
    possible model.
    """

    score_name = "perplexity"

    def __init__(self, dataset: Dataset, score: str | Metric | None = None) -> None:
        super().__init__(dataset, score)
        self.entropy = dataset.entropy
        self.output_shape = (*dataset.y.shape[1:], dataset.classes)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        if outputs.dim() == 2:
            return super().loss(outputs, targets)
        # PyTorch's cross-entropy expects the classes in the second dimension.
        return super().loss(outputs.transpose(1, 2), targets).mean(1)

    def loss_over_targets(self, outputs: Tensor) -> Tensor:
        return -outputs.log_softmax(-1).flatten(1).mean(1)

    def score(self) -> Metric:
        """Make exp(mean cross-entropy)."""
        return _Perplexity(self.loss)

    def scores(self) -> dict[str, Callable[[], Metric]]:
        """Return accuracy, and the mean loss in nats."""
        return {
            "accuracy": lambda: _TokenAccuracy(self.classes, average="micro", validate_args=False),
            "log loss": lambda: MeanLoss(self.loss),
        }

    def extra_metrics(self) -> dict[str, Metric]:
        if self.entropy is None:
            return {}
        entropy = self.entropy
        return {"nats above the entropy": MeanLoss(lambda outputs, targets: self.loss(outputs, targets) - entropy)}


class _TokenAccuracy(MulticlassAccuracy):
    """Of each target by itself; torchmetrics expects the classes in the second dimension."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        super().update(preds.flatten(0, -2), target.flatten())


class _Perplexity(MeanLoss):
    """exp(mean loss); torchmetrics' takes logarithms of probabilities, which can underflow to 0."""

    def compute(self) -> Tensor:
        return super().compute().exp()
