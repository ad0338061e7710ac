"""What is known of each run of a fleet so far, as buffers: they are part of every checkpoint."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

CURVE = (("train", "loss"), ("train", "score"), ("validation", "loss"), ("validation", "score"))
"""What an evaluation during training measures: splits and metrics."""


class RunState(nn.Module):
    """Which runs are active, when each was best and reached the target loss, and its training curve.

    A run ends by itself when it diverges (its clean training loss is not finite) or a regularizer stops it; the others
    go on. All tensors are (runs,) except `curve`, (evaluations, runs, 4), which is NaN where nothing was measured.

    Args:
        runs: how many.
        evaluations: during the whole training.
        target_loss: the clean training loss at which the loss-matched weights are taken.
        higher_is_better: of the validation score.
    """

    active: Tensor
    diverged: Tensor
    best_score: Tensor
    """In the direction in which higher is better."""
    best_step: Tensor
    evaluations_since_best: Tensor
    matched_step: Tensor
    final_step: Tensor
    seconds: Tensor
    curve: Tensor
    curve_step: Tensor

    def __init__(self, runs: int, evaluations: int, target_loss: float, higher_is_better: bool) -> None:
        super().__init__()
        self.target_loss, self.direction = target_loss, 1 if higher_is_better else -1
        buffers = {
            "active": torch.ones(runs, dtype=torch.bool),
            "diverged": torch.zeros(runs, dtype=torch.bool),
            "best_score": torch.full((runs,), -math.inf),
            "best_step": torch.full((runs,), -1),
            "evaluations_since_best": torch.zeros(runs),
            "matched_step": torch.full((runs,), -1),
            "final_step": torch.zeros(runs, dtype=torch.int64),
            "seconds": torch.zeros((), dtype=torch.float64),
            "curve": torch.full((evaluations, runs, len(CURVE)), math.nan),
            "curve_step": torch.zeros(evaluations, dtype=torch.int64),
        }
        for name, tensor in buffers.items():
            self.register_buffer(name, tensor)

    def update(self, evaluation: int, step: int, measured: Mapping[tuple[str, str], Tensor]) -> tuple[Tensor, Tensor]:
        """Take in one evaluation.

        Args:
            evaluation: its number, from 0.
            step: the optimizer's steps so far.
            measured: (runs,) by split and metric; what CURVE names and is not there counts as NaN.

        Returns:
            Which runs are now at their best, and which have just reached the target loss, both (runs,).
        """
        missing = torch.full_like(self.best_score, math.nan)
        values = torch.stack([measured.get(labels, missing) for labels in CURVE], -1)
        self.curve[evaluation] = torch.where(self.active.unsqueeze(-1), values, math.nan)
        self.curve_step[evaluation] = step
        self.final_step[self.active] = step
        train_loss, _, _, validation_score = values.unbind(-1)
        healthy = self.active & train_loss.isfinite()
        self.diverged |= self.active & ~healthy
        self.active &= healthy

        score = self.direction * validation_score
        is_best = healthy & (score > self.best_score)
        self.best_score = torch.where(is_best, score, self.best_score)
        self.best_step[is_best] = step
        self.evaluations_since_best = torch.where(is_best, 0, self.evaluations_since_best + 1)

        is_matched = healthy & (self.matched_step < 0) & (train_loss <= self.target_loss)
        self.matched_step[is_matched] = step
        return is_best, is_matched
