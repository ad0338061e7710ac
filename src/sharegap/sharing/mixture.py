"""A learned mixture of Gaussians as the prior of all weights of a site."""

import math

import torch
from torch import Tensor, nn

from sharegap.errors import as_int
from sharegap.sharing.independent import Independent
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import CopiesInit, Init

MIN_DEVIATION = 0.05
"""Smallest standard deviation of a component, in units of the initial weights'."""


def negative_log_density(weight: Tensor, logits: Tensor, means: Tensor, deviations: Tensor) -> Tensor:
    """Return −Σ_w log Σ_j π_j N(w; μ_j, σ_j²) over all numbers of `weight`.

    Args:
        weight: Any shape.
        logits: (components,); π is their softmax.
        means: μ, (components,).
        deviations: σ > 0, (components,).
    """
    distance = (weight.reshape(-1, 1) - means) / deviations
    # In logarithms throughout: far from every component the density itself underflows to 0.
    density = logits.log_softmax(0) - deviations.log() - distance.square() / 2 - math.log(2 * math.pi) / 2
    return -density.logsumexp(1).sum()


class Mixture(Independent):
    """Cluster weights around a few learned values: soft weight-sharing (Nowlan & Hinton 1992).

    The penalty is the weights' negative log density under a Gaussian mixture, whose proportions, means and deviations
    are learned too. It ignores copies: any two numbers of the site may come to share a value.

    Args:
        site: Where the copies are used.
        shape: Shape of one copy.
        init: Initializer of one copy.
        copies_init: "independent" (default) or "same".
        components: Number of Gaussians, >= 1, default 5.

    Raises:
        UserError: If `components` is not an integer >= 1.

    Example:
        >>> weight = Mixture(Site("tasks", (3,)), (4, 2), nn.init.normal_, components=2)
        >>> weight().shape, weight.means.shape, weight.penalty().shape
        (torch.Size([3, 4, 2]), torch.Size([2]), torch.Size([]))
    """

    min_deviation: Tensor

    def __init__(
        self,
        site: Site,
        shape: tuple[int, ...],
        init: Init,
        copies_init: CopiesInit = "independent",
        components: int = 5,
    ) -> None:
        super().__init__(site, shape, init, copies_init)
        components = as_int("components", components)
        # Weights that start at 0 have no scale; the bound keeps the logarithm below finite.
        spread = self.value.detach().square().mean().sqrt().clamp_min(1e-3)
        # A component that closes in on a single weight would have a density without bound.
        self.register_buffer("min_deviation", MIN_DEVIATION * spread)
        self.logits = nn.Parameter(torch.zeros(components))
        # ±√3 spreads: the range of a uniform distribution with the weights' standard deviation.
        self.means = nn.Parameter(spread * torch.linspace(-1, 1, components) * math.sqrt(3))
        self.log_deviations = nn.Parameter((spread / 2).log().expand(components).clone())

    def penalty(self) -> Tensor:
        deviations = self.min_deviation + self.log_deviations.exp()
        return negative_log_density(self.value, self.logits, self.means, deviations)
