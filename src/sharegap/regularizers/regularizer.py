"""What every regularizer is, and the noise that many runs can draw each from a generator of its own."""

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn


class Regularizer(nn.Module):
    """One change to the training of a network. It overrides the hooks that it needs; the others do nothing.

    `strength` is a buffer, so that a fleet can hold one value per run. `off` is the value at which the
    regularizer changes nothing, bit for bit.
    """

    off: ClassVar[float] = 0.0
    scored_at: ClassVar[Literal["final", "best"]] = "final"
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

    def hidden(self) -> nn.Module | None:
        """A new module to put after each hidden activation, if there is one."""
        return None

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

    def draw(self, out: Tensor, generator: torch.Generator | None) -> Tensor:
        """Fills `out`, which has the shape of one run's input to this layer, in place."""
        raise NotImplementedError

    def apply_noise(self, x: Tensor, noise: Tensor) -> Tensor:
        """The layer's output in training."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        return self.apply_noise(x, self.draw(torch.empty_like(x), None) if self.noise is None else self.noise)
