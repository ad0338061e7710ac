"""Verification: whether the two parts of a sample show the same."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import BinaryAUROC
from torchmetrics.functional.classification import binary_roc
from torchmetrics.utilities import dim_zero_cat

from sharegap.tasks.task import Task

MARGIN = 1.0
NEAREST = 1e-12
"""Added to squared distances: the root has no gradient at zero."""


class VerificationTask(Task):
    """Contrastive loss (Hadsell, Chopra & LeCun 2006) and accuracy at a threshold that validation chooses.

    Outputs (batch, 2, features), the embeddings of a pair; targets (batch,), 1 where both show the same, else 0.
    The loss is ½ d² for the same and ½ max(0, margin − d)² for others, d the Euclidean distance.
    """

    score_name = "verification accuracy"

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        apart = distance(outputs)
        return torch.where(targets == 1, apart.square(), (MARGIN - apart).clamp_min(0).square()) / 2

    def loss_over_targets(self, outputs: Tensor) -> Tensor:
        apart = distance(outputs)
        return (apart.square() + (MARGIN - apart).clamp_min(0).square()) / 4

    def average(self, outputs: Tensor) -> Tensor:
        """A pair of points on a line, as far apart as the members see the pair on average."""
        apart = torch.stack([distance(member) for member in outputs]).mean(0)
        return torch.stack([apart, torch.zeros_like(apart)], 1).unsqueeze(2)

    def score(self) -> Metric:
        return VerificationAccuracy()

    def extra_metrics(self) -> dict[str, Metric]:
        return {"ROC AUC": _PairAUROC()}

    def calibrate(self, scores: Sequence[Metric], validation: Metric) -> None:
        assert isinstance(validation, VerificationAccuracy)
        threshold = validation.best_threshold()
        for score in scores:
            assert isinstance(score, VerificationAccuracy)
            score.threshold = threshold


def distance(pairs: Tensor) -> Tensor:
    """Euclidean distance between the two embeddings of each pair: (batch, 2, features) -> (batch,)."""
    return (pairs[:, 0] - pairs[:, 1]).square().sum(1).add(NEAREST).sqrt()


def likeness(pairs: Tensor) -> Tensor:
    """1 / (1 + distance), (batch,) in (0, 1]: what a threshold is set on."""
    return 1 / (1 + distance(pairs))


class VerificationAccuracy(Metric):
    """The share of pairs that are told rightly when those of a likeness of `threshold` or more count as the same."""

    higher_is_better = True
    full_state_update = False
    likeness: list[Tensor]
    same: list[Tensor]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.threshold: Tensor | None = None
        self.add_state("likeness", [], dist_reduce_fx="cat")
        self.add_state("same", [], dist_reduce_fx="cat")

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        self.likeness.append(likeness(outputs))
        self.same.append(targets)

    def best_threshold(self) -> Tensor:
        """The threshold of the highest accuracy on these pairs."""
        alike, same = dim_zero_cat(self.likeness), dim_zero_cat(self.same)
        false, true, thresholds = binary_roc(alike, same, validate_args=False)
        positive = same.float().mean()
        return thresholds[(true * positive + (1 - false) * (1 - positive)).argmax()]

    def compute(self) -> Tensor:
        """The accuracy; where no threshold was given, at the best one."""
        threshold = self.best_threshold() if self.threshold is None else self.threshold
        told = dim_zero_cat(self.likeness) >= threshold
        return (told == (dim_zero_cat(self.same) == 1)).float().mean()


class _PairAUROC(BinaryAUROC):
    def update(self, preds: Tensor, target: Tensor) -> None:
        super().update(likeness(preds), target)
