"""Noise on the inputs (Bishop 1995)."""

import torch
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.regularizers.regularizer import NoiseLayer, Regularizer


class InputNoiseRegularizer(Regularizer):
    """Gaussian noise on what enters the network: the standardized inputs, or the embeddings of tokens.

    To first order it is a penalty on the outputs' slope (Bishop 1995): helps where small changes of the input
    change no label. Strength: σ ≥ 0, in units of the data's standard deviation.
    """

    @staticmethod
    def check(strength: float) -> None:
        if not 0 <= strength < float("inf"):
            raise UserError(f"the standard deviation of the input noise is {strength}: it must be 0 or more and finite")

    def entry(self) -> nn.Module:
        return GaussianNoise(self.strength)


class GaussianNoise(NoiseLayer):
    """x + σ · N(0, 1); `sigma` is a scalar tensor."""

    sigma: Tensor

    def __init__(self, sigma: Tensor) -> None:
        super().__init__()
        self.register_buffer("sigma", sigma.clone())

    def draw(self, out: Tensor, generator: torch.Generator | None) -> Tensor:
        return out.normal_(generator=generator)

    def apply_noise(self, x: Tensor, noise: Tensor) -> Tensor:
        return x + self.sigma * noise
