"""Soft sharing with exact ends: copies whose prior correlation is λ/(1+λ)."""

import torch
from torch import Tensor, nn

from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, SharingStrategy, draw_seed, init_copies


def correlation(strength: Tensor) -> Tensor:
    """Return ρ = λ/(1+λ), the prior correlation of two copies; 1 at λ = ∞.

    Example:
        >>> correlation(torch.tensor([0.0, 1.0, torch.inf]))
        tensor([0.0000, 0.5000, 1.0000])
    """
    return 1 / (1 + 1 / strength)


class Soft(SharingStrategy):
    """Share softly: w_c = √ρ · z₀ + √(1−ρ) · z_c, where z₀ is shared and ρ = λ/(1+λ).

    λ = 0 is `Independent` and λ = ∞ is `Hard`, in start and in dynamics, for SGD and Adam alike: the optimizer acts on
    z. Every z is drawn from the layer's initial distribution, so at every λ a copy starts with the layer's variance.
    The own parts z_c are divided by 1 + λ/T after each of T steps.

    It is a Gaussian prior whose copies have correlation ρ, sampled and then optimized (Matthews et al. 2017). l2 on z
    is the regularizer of Evgeniou & Pontil 2004 with λ as the ratio of shared to own variance; compare the residual
    pathway priors of Finzi et al. 2021.

    Args:
        site: Where the copies are used.
        shape: Shape of one copy.
        init: Initializer of one copy.

    Example:
        >>> weight = Soft(Site("tasks", (2,)), (1,), nn.init.normal_)
        >>> weight.set_strength(3)  # λ in [0, inf], else 1
        >>> weight.load_state_dict({"shared": Tensor([2.0]), "own": Tensor([[0.0], [2.0]])})
        <All keys matched successfully>
        >>> weight().flatten().tolist()  # √¾ · 2 + √¼ · z_c
        [1.732..., 2.732...]
    """

    approaches_hard = True

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init) -> None:
        super().__init__()
        self.strength.fill_(1.0)
        seed = draw_seed()
        self.shared = nn.Parameter(init_copies(1, shape, init, "same", seed)[0])
        self.own = nn.Parameter(init_copies(site.copies, shape, init, "independent", seed))

    def scales(self) -> tuple[Tensor, Tensor]:
        """Return √ρ and √(1−ρ)."""
        # 1 − ρ as 1/(1 + λ): in single precision the difference is 0 from a λ of 10⁸ on.
        return correlation(self.strength).sqrt(), (1 / (1 + self.strength)).sqrt()

    def forward(self) -> Tensor:
        shared_scale, own_scale = self.scales()
        return shared_scale * self.shared + own_scale * self.own

    def set_copies(self, copies: Tensor) -> None:
        shared_scale, own_scale = self.scales()
        # Of all parts with these copies the most probable ones under the prior, which are those of least norm.
        precision = own_scale.square() + len(copies) * shared_scale.square()
        self.shared.copy_(shared_scale * copies.sum(0) / precision)
        own = (copies - shared_scale * self.shared) / own_scale
        self.own.copy_(torch.where(own_scale > 0, own, 0))

    @property
    def unique_parameters(self) -> int:
        return self.own.numel()  # what the function has: with ρ < 1, z₀ adds nothing that the z_c could not

    def pull(self, lr: Tensor, steps: int) -> None:
        self.own.div_(1 + self.strength / steps)


class SoftDeviation(Soft):
    """Share softly: w_c = m + d_c, which starts as `Soft` and trains m and d_c at the whole learning rate each.

    λ = ∞ is `Hard`. But no λ is `Independent`: a copy moves up to twice as far in a step, by m and by d_c. The
    deviations d_c are divided by 1 + λ/T after each of T steps.

    Args:
        site: Where the copies are used.
        shape: Shape of one copy.
        init: Initializer of one copy.

    Example:
        >>> weight = SoftDeviation(Site("tasks", (2,)), (1,), nn.init.ones_)
        >>> weight.set_strength(torch.inf)  # λ in (0, inf], else 1
        >>> weight.own.flatten().tolist(), weight().round(decimals=6).flatten().tolist()
        ([0.0, 0.0], [1.0, 1.0])
    """

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init) -> None:
        super().__init__(site, shape, init)
        self._scale(*self.scales())

    def set_strength(self, strength: float) -> None:
        if strength == self.strength:
            return  # at λ = ∞ the ratio below would be 0 / 0
        shared_before, own_before = self.scales()
        super().set_strength(strength)
        shared_scale, own_scale = self.scales()
        self._scale(shared_scale / shared_before, own_scale / own_before)

    @torch.no_grad()
    def _scale(self, shared: Tensor, own: Tensor) -> None:
        self.shared.mul_(shared)
        self.own.mul_(own)

    def forward(self) -> Tensor:
        return self.shared + self.own

    def set_copies(self, copies: Tensor) -> None:
        self.shared.copy_(copies.mean(0))
        self.own.copy_(torch.where(self.strength < torch.inf, copies - self.shared, 0))
