"""Verification: whether the two parts of a sample show the same thing."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import BinaryAUROC
from torchmetrics.utilities import dim_zero_cat

from sharegap.tasks.task import Task

MARGIN = 1.0
EPSILON = 1e-12
"""Added to squared distances, because the square root has no gradient at 0."""


class VerificationTask(Task):
    """Contrastive loss (Hadsell, Chopra & LeCun 2006), and accuracy at a threshold chosen on validation samples.

    Outputs are the embeddings of a pair, (batch, 2, features); targets (batch,) are 1 for the same and 0 for
    different. With the Euclidean distance d, the loss is ½ d² for the same and ½ max(0, margin − d)² for different.
    """

    score_name = "verification accuracy"

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        distances = pair_distance(outputs)
        return torch.where(targets == 1, distances.square(), (MARGIN - distances).clamp_min(0).square()) / 2

    def loss_over_targets(self, outputs: Tensor) -> Tensor:
        distances = pair_distance(outputs)
        return (distances.square() + (MARGIN - distances).clamp_min(0).square()) / 4

    def average(self, outputs: Tensor) -> Tensor:
        """Return two points on a line per pair, at the members' mean distance: (batch, 2, 1)."""
        distances = torch.stack([pair_distance(member) for member in outputs]).mean(0)
        # As embeddings again, so that the loss and the score take them as those of a single network.
        return torch.stack([distances, torch.zeros_like(distances)], 1).unsqueeze(2)

    def score(self) -> Metric:
        return VerificationAccuracy()

    def scores(self) -> dict[str, Callable[[], Metric]]:
        """Return the ROC AUC of the similarity, which needs no threshold."""
        return {"ROC AUC": _PairAUROC}

    def extra_metrics(self) -> dict[str, Metric]:
        return {"ROC AUC": _PairAUROC()}

    def calibrate(self, validation: Any) -> dict[str, Tensor]:
        """Return the threshold of the highest accuracy on the validation samples, as `threshold`."""
        return {"threshold": validation.best_threshold()}


def pair_distance(pairs: Tensor) -> Tensor:
    """Return the Euclidean distance of each pair of embeddings, (batch, 2, features) -> (batch,)."""
    return (pairs[:, 0] - pairs[:, 1]).square().sum(1).add(EPSILON).sqrt()


def pair_similarity(pairs: Tensor) -> Tensor:
    """Return 1 / (1 + distance), (batch,) in (0, 1], to which the threshold applies."""
    return 1 / (1 + pair_distance(pairs))


def _cumulative_share(mask: Tensor) -> Tensor:
    """The share of the true numbers of `mask` up to each place, (samples,); 0 where none is true."""
    counts = mask.cumsum(0)
    return torch.where(counts[-1] > 0, counts / counts[-1], 0)


class VerificationAccuracy(Metric):
    """The fraction of pairs that are classified correctly as the same or different.

    Example:
        >>> metric = VerificationAccuracy()
        >>> metric.update(torch.tensor([[[0.0], [0.1]], [[0.0], [0.9]]]), torch.tensor([1, 0]))
        >>> metric.compute()
        tensor(1.)
        >>> metric.compute(threshold=torch.tensor(0.95))
        tensor(0.5000)
    """

    higher_is_better = True
    full_state_update = False
    similarity: list[Tensor]
    same: list[Tensor]

    def __init__(self, **options: Any) -> None:
        # Without a cache, for the result depends on the threshold too.
        super().__init__(compute_with_cache=False, **options)
        self.add_state("similarity", [], dist_reduce_fx="cat")
        self.add_state("same", [], dist_reduce_fx="cat")

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        self.similarity.append(pair_similarity(outputs))
        self.same.append(targets)

    def best_threshold(self) -> Tensor:
        """Return the threshold of the highest accuracy on these pairs."""
        similarity, order = dim_zero_cat(self.similarity).sort(descending=True)
        same = dim_zero_cat(self.same)[order] == 1
        # At each pair as the last one that counts as the same. Without an operation whose output's size depends on the
        # numbers, so that all runs of a fleet are computed at once.
        true_positive_rate, false_positive_rate = _cumulative_share(same), _cumulative_share(~same)
        positive = same.float().mean()
        accuracy = true_positive_rate * positive + (1 - false_positive_rate) * (1 - positive)
        is_last_of_equals = F.pad(similarity[1:] - similarity[:-1] != 0, (0, 1), value=True)
        accuracy = torch.where(is_last_of_equals, accuracy, -torch.inf)
        # Or at none of them: the threshold 1.
        accuracy = torch.cat([1 - positive.view(1), accuracy])
        return torch.cat([torch.ones_like(similarity[:1]), similarity]).gather(0, accuracy.argmax().view(1))[0]

    def compute(self, threshold: Tensor | None = None) -> Tensor:
        """Return the accuracy.

        Args:
            threshold: pairs of at least this similarity count as the same; by default the best threshold.
        """
        if threshold is None:
            threshold = self.best_threshold()
        predicted = dim_zero_cat(self.similarity) >= threshold
        return (predicted == (dim_zero_cat(self.same) == 1)).float().mean()


class _PairAUROC(BinaryAUROC):
    def update(self, preds: Tensor, target: Tensor) -> None:
        super().update(pair_similarity(preds), target)
