"""The base class of tasks: what each kind of prediction problem must define."""

import math
from typing import Any, ClassVar

import torch
from torch import Tensor
from torchmetrics import Metric

from sharegap.data.dataset import Dataset


class Task:
    """Define a kind of prediction problem: the shape of outputs, the loss, and the score that ranks methods.

    Outputs are (batch, *output_shape); targets are rows of the data set's `y`. An empty `output_shape` means that the
    task compares embeddings of any size.

    Args:
        dataset: gives the numbers of classes, tasks and features.

    Example:
        >>> from sharegap.tasks import ClassificationTask
        >>> x, y = torch.zeros(4, 1, 8), torch.tensor([0, 1, 0, 1])
        >>> task = ClassificationTask(Dataset(x, y, x_test=x, y_test=y, classes=2))
        >>> task.loss(torch.zeros(4, 2), y)
        tensor([0.6931, 0.6931, 0.6931, 0.6931])
    """

    score_name: ClassVar[str]

    def __init__(self, dataset: Dataset) -> None:
        self.output_shape: tuple[int, ...] = ()
        self.classes = dataset.classes

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each sample, (batch,).

        Args:
            outputs: (batch, *output_shape).
            targets: (batch, ...), rows of the data set's `y`.
        """
        raise NotImplementedError

    def loss_over_targets(self, outputs: Tensor) -> Tensor:
        """Return each sample's loss averaged over all possible targets, (batch,); for classes only."""
        raise NotImplementedError

    def average(self, outputs: Tensor) -> Tensor:
        """Return an ensemble's prediction, by default the mean: (members, batch, ...) -> (batch, ...)."""
        return outputs.mean(0)

    def score(self) -> Metric:
        """Make the metric that ranks methods; its `higher_is_better` is the direction."""
        raise NotImplementedError

    @property
    def higher_is_better(self) -> bool:
        return bool(self.score().higher_is_better)

    def extra_metrics(self) -> dict[str, Metric]:
        """Make the metrics that are reported beside score and loss, by the names to show."""
        return {}

    def tasks_of(self, x: Tensor) -> Tensor | None:
        """Return to which of many tasks each sample belongs, (batch,); None where samples have no task."""
        return None

    def metrics_by_task(self) -> dict[str, Metric]:
        """Make further metrics, by the names to show, that are updated with `tasks_of` the samples, too."""
        return {}

    def calibrate(self, validation: Any) -> dict[str, Tensor]:
        """Choose on validation samples what the score depends on, such as a decision threshold.

        Args:
            validation: a metric from `score()`, updated with the validation samples of all processes.

        Returns:
            Arguments for the `compute` of all of the run's scores; by default none.
        """
        return {}


def mean_probability(logits: Tensor) -> Tensor:
    """Return the logarithm of the members' mean probability, (members, ..., classes) -> (..., classes)."""
    # In logarithms throughout: small probabilities would underflow to 0.
    return logits.log_softmax(-1).logsumexp(0) - math.log(len(logits))


def mean_over_present(losses: Tensor, present: Tensor) -> Tensor:
    """Return each sample's mean loss over its `present` targets, (batch, targets) -> (batch,); 0 without any."""
    # Where all targets are present the factor is 1 and the result exactly the plain mean.
    return torch.where(present, losses, 0).mean(1) * (present.shape[1] / present.sum(1).clamp_min(1))
