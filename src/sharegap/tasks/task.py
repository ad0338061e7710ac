"""What each kind of task must bring."""

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor
from torchmetrics import Metric

from sharegap.data.dataset import Dataset


def mean_probability(logits: Tensor) -> Tensor:
    """Logarithms of the mean over members of the probabilities: (members, ..., classes) -> (..., classes)."""
    return logits.log_softmax(-1).logsumexp(0) - math.log(len(logits))


def mean_over_present(losses: Tensor, present: Tensor) -> Tensor:
    """The mean over the targets of each sample that are `present`, both (batch, targets): (batch,); 0 without any."""
    return torch.where(present, losses, 0).mean(1) * (present.shape[1] / present.sum(1).clamp_min(1))


class Task:
    """A kind of task: what a network returns for it, the loss per sample, and a score with a direction.

    Outputs are (batch, *output_shape), with an empty shape where the task compares features of any number; targets
    are rows of the data set's `y`.
    """

    score_name: ClassVar[str]

    def __init__(self, dataset: Dataset) -> None:
        self.output_shape: tuple[int, ...] = ()
        self.classes = dataset.classes

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each sample, (batch,)."""
        raise NotImplementedError

    def loss_over_targets(self, outputs: Tensor) -> Tensor:
        """The mean loss of each sample over all targets that it might have, (batch,); for classes only."""
        raise NotImplementedError

    def average(self, outputs: Tensor) -> Tensor:
        """One prediction (batch, *output_shape) of several, (members, batch, *output_shape): their mean."""
        return outputs.mean(0)

    def score(self) -> Metric:
        """What ranks; its `higher_is_better` is the direction."""
        raise NotImplementedError

    @property
    def higher_is_better(self) -> bool:
        return bool(self.score().higher_is_better)

    def extra_metrics(self) -> dict[str, Metric]:
        """What else is measured, by the names to show."""
        return {}

    def calibrate(self, scores: Sequence[Metric], validation: Metric) -> None:
        """What a run's `scores` take from its validation samples' before they are computed; by default nothing."""
