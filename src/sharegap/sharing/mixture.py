"""A learned mixture of Gaussians as the prior of all weights of a site."""

import math

import torch
from torch import Tensor, nn

from sharegap.errors import as_int
from sharegap.sharing.independent import Independent
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, Start

NARROWEST = 0.05
"""The least standard deviation of a component, in units of the initial weights': one that closes in on a single
weight would have a density without bound."""


def negative_log_density(weight: Tensor, logits: Tensor, means: Tensor, deviations: Tensor) -> Tensor:
    """−Σ_w log Σ_j π_j N(w; μ_j, σ_j²) over all numbers of `weight`, π the softmax of `logits` (components,)."""
    distance = (weight.reshape(-1, 1) - means) / deviations
    density = logits.log_softmax(0) - deviations.log() - distance.square() / 2 - math.log(2 * math.pi) / 2
    return -density.logsumexp(1).sum()


class Mixture(Independent):
    """Weights gather around a few learned values: the original soft weight-sharing (Nowlan & Hinton 1992).

    The penalty is the weights' negative log density under a mixture of Gaussians whose parts, centres and widths
    are learned with them. It knows nothing of copies: any two numbers of the site may come to share a value.
    """

    narrowest: Tensor

    def __init__(
        self, site: Site, shape: tuple[int, ...], init: Init, start: Start = "independent", components: int = 5
    ) -> None:
        super().__init__(site, shape, init, start)
        components = as_int("the number of components", components)
        drawn = self.value.detach()
        spread = drawn.square().mean().sqrt().clamp_min(1e-3)
        self.register_buffer("narrowest", NARROWEST * spread)
        self.logits = nn.Parameter(torch.zeros(components))
        self.means = nn.Parameter(spread * torch.linspace(-1, 1, components) * math.sqrt(3))
        self.log_deviations = nn.Parameter((spread / 2).log().expand(components).clone())

    def penalty(self) -> Tensor:
        return negative_log_density(self.value, self.logits, self.means, self.narrowest + self.log_deviations.exp())
