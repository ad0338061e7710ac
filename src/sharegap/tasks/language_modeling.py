"""Prediction of the next token."""

from collections.abc import Callable

from torch import Tensor
from torchmetrics import Metric

from sharegap.data.dataset import Dataset
from sharegap.metrics.mean_loss import MeanLoss
from sharegap.tasks.classification import ClassificationTask


class LanguageModelingTask(ClassificationTask):
    """Classification of the next token, with perplexity as the score.

    If the entropy of the language is known, the cross-entropy in excess of it is reported too: 0 for the best
    possible model.
    """

    score_name = "perplexity"

    def __init__(self, dataset: Dataset, score: str | Metric | None = None) -> None:
        super().__init__(dataset, score)
        self.entropy = dataset.entropy

    def score(self) -> Metric:
        """Make exp(mean cross-entropy)."""
        return _Perplexity(self.loss)

    def scores(self) -> dict[str, Callable[[], Metric]]:
        """Return accuracy, and the mean loss in nats."""
        return {"accuracy": super().score, "log loss": lambda: MeanLoss(self.loss)}

    def extra_metrics(self) -> dict[str, Metric]:
        if self.entropy is None:
            return {}
        entropy = self.entropy
        return {"nats above the entropy": MeanLoss(lambda outputs, targets: self.loss(outputs, targets) - entropy)}


class _Perplexity(MeanLoss):
    """exp(mean loss); torchmetrics' takes logarithms of probabilities, which can underflow to 0."""

    def compute(self) -> Tensor:
        return super().compute().exp()
