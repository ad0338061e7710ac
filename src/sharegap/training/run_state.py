"""What is known of each run of a fleet so far, as buffers: they are part of every checkpoint."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

CURVE = tuple((split, metric) for split in ("train", "validation", "test") for metric in ("loss", "score"))
"""What an evaluation during training measures: splits and metrics. Nothing is chosen by the test split."""


class RunState(nn.Module):
    """Which runs are active, when each was best, and its training curve.

    A run ends by itself when it diverges (its clean training loss is not finite) or a regularizer stops it; the others
    go on. All tensors are (runs,) where nothing else is said; `curve`, (evaluations, runs, 6), is NaN where nothing was
    measured.

    Args:
        runs: how many.
        evaluations: during the whole training.
        higher_is_better: of the validation score.
    """

    step: Tensor
    """How many steps were taken, a scalar."""
    active: Tensor
    diverged: Tensor
    best_score: Tensor
    """In the direction in which higher is better."""
    best_step: Tensor
    evaluations_since_best: Tensor
    final_step: Tensor
    seconds: Tensor
    curve: Tensor
    curve_step: Tensor

    def __init__(self, runs: int, evaluations: int, higher_is_better: bool) -> None:
        super().__init__()
        self.direction = 1 if higher_is_better else -1
        buffers = {
            "step": torch.zeros((), dtype=torch.int64),
            "active": torch.ones(runs, dtype=torch.bool),
            "diverged": torch.zeros(runs, dtype=torch.bool),
            "best_score": torch.full((runs,), -math.inf),
            "best_step": torch.full((runs,), -1),
            "evaluations_since_best": torch.zeros(runs),
            "final_step": torch.zeros(runs, dtype=torch.int64),
            "seconds": torch.zeros((), dtype=torch.float64),
            "curve": torch.full((evaluations, runs, len(CURVE)), math.nan),
            "curve_step": torch.zeros(evaluations, dtype=torch.int64),
        }
        for name, tensor in buffers.items():
            self.register_buffer(name, tensor)

    def update(self, evaluation: int, measured: Mapping[tuple[str, str], Tensor]) -> Tensor:
        """Take in one evaluation.

        Args:
            evaluation: its number, from 0.
            measured: (runs,) by split and metric; what CURVE names and is not there counts as NaN.

        Returns:
            Which runs are now at their best, (runs,).
        """
        missing = torch.full_like(self.best_score, math.nan)
        values = torch.stack([measured.get(labels, missing) for labels in CURVE], -1)
        self.curve[evaluation] = torch.where(self.active.unsqueeze(-1), values, math.nan)
        self.curve_step[evaluation] = self.step
        self.final_step[self.active] = self.step
        healthy = self.active & measured["train", "loss"].isfinite()
        self.diverged |= self.active & ~healthy
        self.active &= healthy

        score = self.direction * values[:, CURVE.index(("validation", "score"))]
        is_best = healthy & (score > self.best_score)
        self.best_score = torch.where(is_best, score, self.best_score)
        self.best_step[is_best] = self.step
        self.evaluations_since_best = torch.where(is_best, 0, self.evaluations_since_best + 1)
        return is_best
