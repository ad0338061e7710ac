"""The base class of tasks: what each kind of prediction problem must define."""

import math
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from sharegap.data.dataset import Dataset
from sharegap.errors import UserError, unknown_name


class Task:
    """Define a kind of prediction problem: the shape of outputs, the loss, and the score that ranks methods.

    Outputs are (batch, *output_shape); targets are rows of the data set's `y`. An empty `output_shape` means that the
    task compares embeddings of any size.

    Args:
        dataset: gives the numbers of classes, tasks and features.
        score: what ranks methods and selects their strengths: a name of `scores`, or a metric of torchmetrics that is
            updated with outputs and targets; by default `score`.

    Raises:
        UserError: for a score that the task does not have, or one that does not say whether higher is better.

    Example:
        >>> from sharegap.tasks import ClassificationTask
        >>> x, y = torch.zeros(4, 1, 8), torch.tensor([0, 1, 0, 1])
        >>> task = ClassificationTask(Dataset(x, y, x_test=x, y_test=y, classes=2))
        >>> task.loss(torch.zeros(4, 2), y)
        tensor([0.6931, 0.6931, 0.6931, 0.6931])
        >>> ClassificationTask(Dataset(x, y, x_test=x, y_test=y, classes=2), score="log loss").higher_is_better
        False
    """

    score_name: str

    def __init__(self, dataset: Dataset, score: str | Metric | None = None) -> None:
        self.output_shape: tuple[int, ...] = ()
        self.classes = dataset.classes
        self._make_chosen: Callable[[], Metric] | None = None
        if isinstance(score, Metric):
            if score.higher_is_better is None:
                raise UserError(f"dataset.task.score must say whether higher is better, got {type(score).__name__}")
            self._make_chosen = lambda: deepcopy(score)
            self.score_name = type(score).__name__
        elif score is not None and score != self.score_name:
            names = [self.score_name, *self.scores()]
            if score not in names:
                raise UserError(f"dataset.task.score: {unknown_name('score of this task', score, names)}")
            self._make_chosen = self.scores()[score]
            self.score_name = score

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
        """Make the metric that ranks methods unless another is chosen; its `higher_is_better` is the direction."""
        raise NotImplementedError

    def scores(self) -> dict[str, Callable[[], Metric]]:
        """Return what makes each further score that may be chosen, by its name."""
        return {}

    @property
    def has_default_score(self) -> bool:
        """Whether no other score than `score` is chosen."""
        return self._make_chosen is None

    def make_score(self) -> Metric:
        """Make the metric that ranks methods: the chosen one, else `score`."""
        return self.score() if self._make_chosen is None else self._make_chosen()

    @property
    def higher_is_better(self) -> bool:
        return bool(self.make_score().higher_is_better)

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
