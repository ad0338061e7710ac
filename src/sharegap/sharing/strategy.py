"""What every sharing strategy is: the owner of the weights of one site, who hands out all copies."""

import math
from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.sharing.site import Site

Init = Callable[[Tensor], object]
"""Fills the tensor of ONE copy in place, e.g. `torch.nn.init.orthogonal_`."""

Start = Literal["same", "independent"]


class SharingStrategy(nn.Module):
    """The weights of one site: `strategy()` is a tensor (copies, *shape).

    A layer asks for the copies and does not know how they are related. A strategy with a strength λ pulls
    the copies together through `penalty()`, which the training objective adds λ times, or through `pull()`,
    which follows each step of the optimizer where `pulls` says so.
    """

    pulls = False
    mixes = False
    """Whether `mix` does anything: then no copy can be computed without the others."""

    def forward(self) -> Tensor:
        """All copies, (copies, *shape)."""
        raise NotImplementedError

    def mix(self, activations: Tensor) -> Tensor:
        """What the copies make of each other's activations, (batch, copies, ...); by default nothing."""
        return activations

    def penalty(self) -> Tensor | None:
        """The scalar that λ multiplies in the loss; None where the strategy has no λ."""
        return None

    def pull(self, amount: Tensor) -> None:
        """Moves the weights in place after a step of the optimizer; `amount` is a scalar, learning rate · λ."""


SharingFactory = Callable[[Site, tuple[int, ...], Init], SharingStrategy]
"""Makes the weights of a site from (site, shape, init): a strategy class, its options filled in."""


def torch_init(fan_in: int) -> Init:
    """Fills as PyTorch starts its linear, convolutional and recurrent layers: U(±1/√fan_in)."""
    bound = 1 / math.sqrt(fan_in)
    return partial(nn.init.uniform_, a=-bound, b=bound)


def initial_copies(copies: int, shape: tuple[int, ...], init: Init, start: Start) -> Tensor:
    """Freshly drawn weights (copies, *shape): one draw for all (`same`) or one each (`independent`)."""
    if start not in ("same", "independent"):
        raise UserError(f"copies start 'same' or 'independent', not {start!r}")
    weight = torch.empty(copies, *shape)
    if start == "same":
        init(weight[0])
        weight[1:] = weight[0].detach()
    else:
        for copy in weight:
            init(copy)
    return weight.detach()


def check_strength(strength: float) -> float:
    """λ as given; raises UserError where it is negative, infinite or not a number."""
    if not 0 <= strength < math.inf:
        raise UserError(
            f"the sharing strength λ is {strength}: it must be 0 or more and finite (λ = ∞ is sharing=hard)"
        )
    return strength
