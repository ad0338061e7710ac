"""Dropout (Srivastava et al. 2014)."""

import torch
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.regularizers.regularizer import NoiseLayer, Regularizer


class DropoutRegularizer(Regularizer):
    """Each hidden unit is dropped with probability p in training, the rest scaled by 1/(1 − p).

    Helps wide layers whose units co-adapt; in a convolution, neighbouring positions of a channel stand in for
    one another, so it helps less there (Tompson et al. 2015). Strength: p in [0, 1).
    """

    @staticmethod
    def check(strength: float) -> None:
        if not 0 <= strength < 1:
            raise UserError(f"the dropout probability p is {strength}: it must be in [0, 1)")

    def hidden(self) -> nn.Module:
        return DropoutLayer(self.strength)


class DropoutLayer(NoiseLayer):
    """Inverted dropout of single units; `p` is a scalar tensor."""

    p: Tensor

    def __init__(self, p: Tensor) -> None:
        super().__init__()
        self.register_buffer("p", p.clone())

    def draw(self, out: Tensor, generator: torch.Generator | None) -> Tensor:
        return out.uniform_(generator=generator)

    def apply_noise(self, x: Tensor, noise: Tensor) -> Tensor:
        return x * ((noise >= self.p) / (1 - self.p))
