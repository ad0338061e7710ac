"""How far each run goes in each step: warm-up, cosine decay and clipped gradients."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sharegap.training.stacking import per_run


def learning_rate_factors(steps: int, warmup_steps: float = 0, final_lr: float = 1) -> Tensor:
    """Return by what the learning rate is multiplied in each step, (steps,).

    It rises linearly, then falls along a cosine (Loshchilov & Hutter 2017).

    Args:
        steps: of the training, >= 1.
        warmup_steps: steps before the first at the whole rate, >= 0.
        final_lr: the factor to which the cosine falls by the end, in [0, 1]; at 1 it does not fall.

    Example:
        >>> learning_rate_factors(5, warmup_steps=1, final_lr=0)
        tensor([0.5000, 1.0000, 0.8536, 0.5000, 0.1464], dtype=torch.float64)
    """
    step = torch.arange(steps, dtype=torch.float64)
    rise = ((step + 1) / (warmup_steps + 1)).clamp_max(1)
    progress = ((step - warmup_steps) / max(steps - warmup_steps, 1)).clamp_min(0)
    return rise * (final_lr + (1 - final_lr) * (1 + (math.pi * progress).cos()) / 2)


def clip_runs(gradients: Sequence[Tensor | None], max_norms: Tensor) -> list[Tensor | None]:
    """Shorten the gradients of each run to its norm, as `torch.nn.utils.clip_grad_norm_` does those of one.

    Args:
        gradients: of all parameters, each (runs, ...).
        max_norms: of each run, (runs,).
    """
    if all(gradient is None for gradient in gradients):
        return list(gradients)
    squares = [gradient.flatten(1).square().sum(1) for gradient in gradients if gradient is not None]
    # A norm that is not finite makes the gradients of its own run NaN, and no other's.
    shares = (max_norms / (torch.stack(squares).sum(0).sqrt() + 1e-6)).clamp_max(1)
    return [None if gradient is None else gradient * per_run(shares, gradient) for gradient in gradients]


class Schedule(nn.Module):
    """Hold what the options of each run's training say of its steps; without any of them it changes nothing.

    Args:
        trainings: of each run, its section `training`; all have the same options.
    """

    factors: Tensor | None
    """By what the learning rate is multiplied, (steps, runs)."""
    clip_norms: Tensor | None
    """(runs,)."""

    def __init__(self, trainings: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        factors = clip_norms = None
        if {"warmup_steps", "final_lr"} & trainings[0].keys():
            rates = []
            for training in trainings:
                warmup_steps, final_lr = training.get("warmup_steps", 0), training.get("final_lr", 1)
                rates.append(learning_rate_factors(training["steps"], warmup_steps, final_lr))
            factors = torch.stack(rates, 1)
        if "clip_norm" in trainings[0]:
            clip_norms = torch.tensor([training["clip_norm"] for training in trainings])
        # The config says them, so that a checkpoint holds what is trained only.
        self.register_buffer("factors", factors, persistent=False)
        self.register_buffer("clip_norms", clip_norms, persistent=False)

    def scale(self, lr_scale: Tensor, step: Tensor) -> Tensor:
        """Return each run's learning rate in a step, relative to the largest: (runs,).

        Args:
            lr_scale: the same without a schedule, (runs,).
            step: number of the step from 0, a scalar.
        """
        return lr_scale if self.factors is None else lr_scale * self.factors.index_select(0, step.view(1))[0]

    def clip(self, gradients: list[Tensor | None], members: Sequence[Sequence[int]]) -> list[Tensor | None]:
        """Return the gradients, each run's own shortened to its norm.

        Args:
            gradients: of all parameters, each (runs, ...).
            members: the places of the gradients of each member of an ensemble, which is clipped as if it were alone.
        """
        if self.clip_norms is None:
            return gradients
        clipped = list(gradients)
        for places in members:
            parts = clip_runs([gradients[place] for place in places], self.clip_norms)
            for place, part in zip(places, parts, strict=True):
                clipped[place] = part
        return clipped
