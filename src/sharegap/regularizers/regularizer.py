"""What every regularizer is, and the noise that many runs can draw each from a generator of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class TaskInfo:
    """What a regularizer may know of the data.

    Args:
        classes: how many values a target takes; 0 for real numbers.
        augmentation: what changes no label, and how far it may go, e.g. `shift: 2`; see `Augmentation`.
    """

    classes: int
    augmentation: Mapping[str, float] = field(default_factory=dict)


class Regularizer(nn.Module):
    """One change to the training of a network. It overrides the hooks that it needs; the others do nothing.

    `strength` is a buffer, so that a fleet can hold one value per run. `off` is the value at which the
    regularizer changes nothing, bit for bit.
    """

    off: ClassVar[float] = 0.0
    scored_at: ClassVar[Literal["final", "best_val"]] = "final"
    """The snapshot that a method with this regularizer is scored at."""

    strength: Tensor

    def __init__(self, strength: float) -> None:
        super().__init__()
        self.check(strength)
        self.register_buffer("strength", torch.tensor(float(strength)))

    @staticmethod
    def check(strength: float) -> None:
        """Raises UserError where `strength` is out of range."""
        raise NotImplementedError

    def inputs(self, task_info: TaskInfo) -> nn.Module | None:
        """A new module for the samples as they come, if there is one; used in training only."""
        return None

    def entry(self) -> nn.Module | None:
        """A new module for the real numbers that enter the network, if there is one."""
        return None

    def hidden(self) -> nn.Module | None:
        """A new module to put after each hidden activation, if there is one."""
        return None

    def targets(self, task_info: TaskInfo) -> nn.Module | None:
        """A new module for the targets, if there is one; used in training only."""
        return None

    def loss(self, losses: Tensor, over_targets: Callable[[], Tensor]) -> Tensor:
        """The loss of each sample, from that of its target and from the mean over all targets it might have."""
        return losses

    def penalty(self, network: nn.Module) -> Tensor | None:
        """A scalar that is added to the loss, if there is one."""
        return None

    def stops(self, evaluations_since_best: Tensor) -> Tensor | None:
        """Whether training ends now, elementwise over runs, if the regularizer decides that."""
        return None


class NoiseLayer(nn.Module):
    """A layer that is random in training: `draw` makes its noise, `apply_noise` uses it.

    On its own it draws from PyTorch's default generator at each call, as any random layer. A fleet, whose runs
    draw each from a generator of its own, puts the noise of all runs into the buffer `noise` beforehand.
    """

    noise: Tensor | None

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("noise", None, persistent=False)

    def noise_shape(self, x: Tensor) -> torch.Size:
        """The shape of the noise for an input, the batch first."""
        return x.shape

    def draw(self, out: Tensor, generator: torch.Generator | None) -> Tensor:
        """Fills `out`, which has the shape of one run's noise, in place."""
        raise NotImplementedError

    def apply_noise(self, x: Tensor, noise: Tensor) -> Tensor:
        """The layer's output in training."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        if self.noise is not None:
            return self.apply_noise(x, self.noise)
        dtype = x.dtype if x.is_floating_point() else None
        return self.apply_noise(x, self.draw(torch.empty(self.noise_shape(x), dtype=dtype, device=x.device), None))
