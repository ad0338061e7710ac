"""What is known of each run of a fleet so far, as buffers: they are part of every checkpoint."""

import math

import torch
from torch import Tensor, nn

CURVE = ("train_loss", "train_score", "validation_loss", "validation_score")


class RunState(nn.Module):
    """Which runs are active, when each was best and matched, and its training curve.

    A run ends by itself when it diverges (its clean training loss is not finite) or a regularizer stops it;
    the others go on. All tensors are (runs,) but for `curve`, (evaluations, runs, 4), NaN where not measured.
    """

    active: Tensor
    diverged: Tensor
    best_score: Tensor
    """In the direction in which more is better."""
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
        for name, tensor in {
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
        }.items():
            self.register_buffer(name, tensor)

    def record(self, evaluation: int, step: int, figures: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Takes in one evaluation; returns which runs are now at their best, and which have just matched.

        `figures` holds a tensor (runs,) for each name in CURVE that was measured.
        """
        measured = torch.stack([figures.get(name, torch.full_like(self.best_score, math.nan)) for name in CURVE], -1)
        self.curve[evaluation] = torch.where(self.active.unsqueeze(-1), measured, math.nan)
        self.curve_step[evaluation] = step
        self.final_step[self.active] = step
        train_loss, _, _, validation_score = measured.unbind(-1)
        healthy = self.active & train_loss.isfinite()
        self.diverged |= self.active & ~healthy
        self.active &= healthy

        score = self.direction * validation_score
        best = healthy & (score > self.best_score)
        self.best_score = torch.where(best, score, self.best_score)
        self.best_step[best] = step
        self.evaluations_since_best = torch.where(best, 0, self.evaluations_since_best + 1)

        matched = healthy & (self.matched_step < 0) & (train_loss <= self.target_loss)
        self.matched_step[matched] = step
        return best, matched
